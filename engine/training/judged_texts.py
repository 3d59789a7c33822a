"""Texts that a user took or turned down, as sequences of ids that end in the text.

The layout is the canvas's: what stands behind, what stands before, the rest of the cursor's line,
then the text from left to right; all of it is causal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.canvas import Ids
from engine.errors import BadInput
from engine.tokenizer import BPETokenizer

HELD_OUT_SHARE = 0.2
MIN_OF_A_KIND = 30  # accepted ones to learn from, and rejected ones
MAX_TEXT_TOKENS = 64


@dataclass(frozen=True, slots=True)
class JudgedText:
    """``text`` was proposed between ``before`` and ``after`` in the file called ``path``."""

    path: str
    before: str
    text: str
    after: str
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class JudgedSequence:
    """Ids (L,) of which the last ``num_targets`` are the text's."""

    ids: Ids
    num_targets: int
    is_accepted: bool

    @classmethod
    def of(cls, judged: JudgedText, tokenizer: BPETokenizer) -> JudgedSequence:
        """Split where the engine would: the token under the cursor belongs to the text."""
        start = tokenizer.healing_start(judged.before)
        before, text = judged.before[:start], judged.before[start:] + judged.text
        rest, _, after = judged.after.partition("\n")
        ids = [tokenizer.file_sep_id, *tokenizer.encode(judged.path + "\n")]
        ids += [tokenizer.suf_id, *tokenizer.encode(after)]
        ids += [tokenizer.pre_id, *tokenizer.encode(before)]
        ids += [tokenizer.rest_id, *tokenizer.encode(rest)] if rest.strip() else []
        targets = tokenizer.encode(text)[:MAX_TEXT_TOKENS]
        whole = np.array([*ids, tokenizer.mid_id, *targets], np.int64)
        return cls(whole, len(targets), judged.is_accepted)


def split_judged(
    texts: Iterable[JudgedText], tokenizer: BPETokenizer
) -> tuple[list[JudgedSequence], list[JudgedSequence]]:
    """Those to learn from and those to measure on; all of one place are in the same part.

    Raises BadInput when there are too few of either kind, with how many there are.
    """
    parts: tuple[list[JudgedSequence], list[JudgedSequence]] = ([], [])
    for judged in texts:
        if judged.text.strip():
            parts[_is_held_out(judged)].append(JudgedSequence.of(judged, tokenizer))
    training, held_out = parts
    accepted, rejected = _count(training)
    if min(accepted, rejected) < MIN_OF_A_KIND or min(_count(held_out)) == 0:
        raise BadInput(
            f"too few texts to learn from: {accepted} accepted and {rejected} rejected, and it "
            f"takes {MIN_OF_A_KIND} of each: set midfill.keepJudgedTexts and go on working"
        )
    return training, held_out


def _count(sequences: Sequence[JudgedSequence]) -> tuple[int, int]:
    accepted = sum(one.is_accepted for one in sequences)
    return accepted, len(sequences) - accepted


def _is_held_out(judged: JudgedText) -> bool:
    place = f"{judged.path}\0{judged.before[-200:]}".encode()
    return hashlib.sha256(place).digest()[0] < 256 * HELD_OUT_SHARE
