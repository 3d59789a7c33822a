"""What followed the last time: code repeats itself, so its context is the cheapest author.

Finds the longest match of the tokens before a place in the text around it, and what stood behind.
Knows ids; knows nothing of canvases or models.
"""

# T tokens of the text, K tokens before the place

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.canvas import Ids

UNKNOWN = -1
MAX_MATCH = 16


class Lookup:
    """Searches ``text`` (T,), in which ``UNKNOWN`` stands for what is not written yet."""

    def __init__(self, text: Ids) -> None:
        self._text = text

    def continuations(self, known: Ids, at: int, min_match: int = 1) -> Iterator[tuple[Ids, int]]:
        """What stood behind the matches of the end of ``known`` (K,), and how long each match is.

        The longest first, of equal ones the nearest to position ``at`` of the text; each goes on to
        the next unknown token. Matches of fewer than ``min_match`` tokens are left out.
        """
        lengths = self._match_lengths(known)
        starts = np.flatnonzero((lengths >= min_match) & (self._text != UNKNOWN))
        order = np.lexsort((np.abs(starts - at), -lengths[starts]))
        for start in starts[order].tolist():
            behind = self._text[start:]
            unknown = np.flatnonzero(behind == UNKNOWN)
            yield (behind[: unknown[0]] if len(unknown) else behind), int(lengths[start])

    def _match_lengths(self, known: Ids) -> Ids:
        """For each position (T,) how many tokens before it end as ``known`` ends."""
        text = self._text
        lengths = np.zeros(len(text), np.int64)
        is_alive = np.ones(len(text), np.bool_)
        for back in range(1, min(MAX_MATCH, len(known), len(text)) + 1):
            if known[-back] == UNKNOWN:
                break
            is_alive[:back] = False
            is_alive[back:] &= text[:-back] == known[-back]
            lengths += is_alive
        return lengths
