"""The part of an unsure text that is sure: up to the first doubtful token, cut at a word or line.

A short text that is right is worth more than silence, and than a long one that begins well.
"""

# N tokens of a text

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from engine.decoding.commit import Floats
from engine.decoding.spelling import num_whole_words

_WORD = re.compile(r"\w\w")
MAX_CUTS = 6


def sure_cuts(pieces: Sequence[bytes], p: Floats, least: float) -> Iterator[tuple[str, float]]:
    """Beginnings of a text that are right with a chance of ``least``, and that chance.

    ``pieces`` are the bytes of the N tokens, ``p`` (N,) their calibrated probabilities given what
    stands before. The longest first, at most ``MAX_CUTS``; each ends where a word does, behind the
    first line where a line does, and holds a word of its own.
    """
    chances = np.cumprod(p)
    num_sure = int((chances >= least).sum())
    seen: set[int] = set()
    for num_tokens in range(min(num_sure, len(pieces) - 1), 0, -1):
        kept = num_whole_words(pieces[:num_tokens], pieces[num_tokens])
        if kept in seen or len(seen) == MAX_CUTS:
            continue
        seen.add(kept)
        text = b"".join(pieces[:kept]).decode("utf-8", "ignore")
        is_whole = "\n" not in text or pieces[kept].startswith(b"\n")
        if is_whole and _WORD.search(text):
            yield text, float(chances[kept - 1])
