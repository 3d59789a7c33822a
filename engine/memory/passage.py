"""Token ids of texts in which to look for what stood behind the same tokens before.

Knows ids; knows nothing of canvases, models or what a match is worth.
"""

# T tokens of a passage, V vocabulary, K known tokens, C matches

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.canvas import Ids
from engine.decoding.commit import Flags
from engine.decoding.lookup import UNKNOWN

MAX_MATCH = 24


@dataclass(frozen=True, slots=True)
class Passage:
    """Texts one behind the other: ``ids`` (T,), with ``UNKNOWN`` before, between and behind them.

    ``line_ends`` (T,): for each position the nearest one from there on that ends its line.
    ``counts`` (V,): how often each id of the vocabulary stands there.
    """

    ids: Ids
    line_ends: Ids
    counts: Ids

    @staticmethod
    def of(texts: Sequence[Ids], is_line_end: Flags) -> Passage:
        """Join ``texts``; ``is_line_end`` says of each id of the vocabulary whether it ends one."""
        gap = np.array([UNKNOWN], np.int64)
        ids = np.concatenate([gap, *(piece for text in texts for piece in (text, gap))])
        is_end = (ids == UNKNOWN) | is_line_end[ids]
        ends = np.where(is_end, np.arange(len(ids)), len(ids) - 1)
        counts = np.bincount(ids[ids != UNKNOWN], minlength=len(is_line_end))
        return Passage(ids, np.minimum.accumulate(ends[::-1])[::-1], counts)

    def matches(self, known: Ids) -> tuple[Ids, Ids]:
        """Where (C,) ids stand behind the last of ``known`` (K,), and how many tokens agree (C,).

        At least one does; more than ``MAX_MATCH`` are not counted.
        """
        if not len(known) or known[-1] == UNKNOWN:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        places = np.flatnonzero(self.ids[:-1] == known[-1]) + 1
        places = places[self.ids[places] != UNKNOWN]
        return places, self._lengths(places, known)

    def agreeing(self, places: Ids, following: Ids) -> Ids:
        """How many ids from each of ``places`` (C,) on are those of ``following``."""
        lengths = np.zeros(len(places), np.int64)
        alive = np.arange(len(places))
        for ahead, token in enumerate(following.tolist()):
            at = places[alive] + ahead
            alive = alive[self.ids[np.minimum(at, len(self.ids) - 1)] == token]
            if not len(alive):
                break
            lengths[alive] += 1
        return lengths

    def _lengths(self, places: Ids, known: Ids) -> Ids:
        lengths = np.ones(len(places), np.int64)
        alive = np.arange(len(places))
        for back in range(2, min(MAX_MATCH, len(known)) + 1):
            # Before the first token stands a gap, which no known token equals.
            at = np.maximum(places[alive] - back, 0)
            alive = alive[self.ids[at] == known[-back]]
            if not len(alive):
                break
            lengths[alive] += 1
        return lengths
