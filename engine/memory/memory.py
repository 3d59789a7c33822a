"""A small model with a large memory: what the user's files say of the token that comes next.

For one request. Looks for what is being written in the whole file, beyond the model's window, and
in other files, and adds what stood there to the model's probabilities (``evidence``).
"""

# T tokens of a passage, K known tokens, C places, V vocabulary

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.canvas import Ids
from engine.decoding.commit import Flags
from engine.decoding.lookup import UNKNOWN
from engine.decoding.posterior import IMPOSSIBLE
from engine.denoisers.protocol import Logits
from engine.loose_ends.loose_ends import LooseEnds
from engine.memory.begun_word import BegunWord
from engine.memory.evidence import (
    OTHER_FILES,
    OWN_FILE,
    SHARPNESS,
    EvidenceWeights,
    Places,
    Weights,
)
from engine.memory.line_tails import LineTails
from engine.memory.passage import MAX_MATCH, Passage

MAX_PLACES = 32
MAX_FOLLOWING = 16
WINDOW = 48
"""Tokens before and behind a place that say what it is like."""
_MOST_LIKE = 1.5
_RANKS = 4.0
_GRAINS = 256
_MAX_CLOSED = 128


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a single-line hole.

    ``before`` (K,): all tokens before it. ``next_line``: those from its line's end on, the line
    break first. ``behind``: those of the lines below. ``rest``: what stays behind the hole on its
    line.
    """

    before: Ids
    next_line: Ids
    behind: Ids
    rest: bytes = b""


class _Shelf:
    """A passage, how like the hole's surroundings any stretch of it is, and what that is worth."""

    def __init__(
        self, passage: Passage, weights: EvidenceWeights, around: Surroundings, rarity: Weights
    ) -> None:
        self.passage, self.weights = passage, weights
        self._next_line = around.next_line[:MAX_FOLLOWING]
        self._before = _Likeness(passage, around.before[-WINDOW:], rarity)
        self._behind = _Likeness(passage, around.behind[:WINDOW], rarity)

    def look(self, places: Ids, lengths: Ids) -> Places:
        """What is known of matches of ``lengths`` at ``places`` (C,)."""
        ends = self.passage.line_ends[places]
        return Places(
            lengths,
            self.passage.agreeing(ends, self._next_line),
            self._before.between(np.maximum(places - WINDOW, 0), places),
            self._behind.between(ends, np.minimum(ends + WINDOW, len(self.passage.ids))),
        )


class Memory:
    """What ``own`` (the file without the hole) and ``others`` know of the hole in ``around``.

    ``pieces``: the bytes of each id; ``is_line_end``: whether it ends a line, as ``eom_id`` does.
    ``loose``: names that wait for the line. ``begun``: the word that is being typed.
    """

    def __init__(
        self,
        own: Passage,
        others: Passage,
        around: Surroundings,
        pieces: tuple[bytes, ...],
        is_line_end: Flags,
        eom_id: int,
        loose: LooseEnds | None = None,
        begun: BegunWord | None = None,
    ) -> None:
        self._around, self._loose, self._begun = around, loose, begun
        self._tails = LineTails(around.rest, pieces) if around.rest else None
        self._is_line_end, self._eom_id = is_line_end, eom_id
        rarity = _rarity([own, others])
        self._shelves = [
            _Shelf(own, OWN_FILE, around, rarity),
            _Shelf(others, OTHER_FILES, around, rarity),
        ]

    def recall(self, logits: Logits, written: Ids) -> None:
        """Add to ``logits`` (V,), in place, what is known of the token behind ``written`` (K,).

        Impossible tokens stay so.
        """
        found = self.evidence(logits, written)
        tokens = np.concatenate([tokens for tokens, _ in found])
        if len(tokens):
            highest = logits.max()
            total = np.exp(logits - highest).sum(dtype=np.float64)
            distinct, index = np.unique(tokens, return_inverse=True)
            weights = [
                np.exp(shelf.weights.of_places(places))
                for shelf, (_, places) in zip(self._shelves, found, strict=True)
            ]
            added = np.bincount(index, weights=np.concatenate(weights))
            p = np.exp(logits[distinct] - highest, dtype=np.float64) + total * added
            logits[distinct] = (np.log(p) + highest).astype(np.float32)
        logits *= np.float32(SHARPNESS)
        if self._begun is not None:
            self._begun.recall(logits, written)
        if self._loose is not None:
            self._loose.recall(logits, written)

    def evidence(self, logits: Logits, written: Ids) -> list[tuple[Ids, Places]]:
        """What stood (C,) at the best places of the own file, and of other files, and the places.

        Without tokens that are impossible in ``logits`` (V,).
        """
        known = np.concatenate([self._around.before[-MAX_MATCH:], written])
        return [self._places(shelf, known, logits) for shelf in self._shelves]

    def continuations(self, written: Ids) -> list[Ids]:
        """How the lines go on at the places that look most like ``written`` (K,), the best first.

        Each up to its line's end, and without what stays behind the hole. A name that is missing
        stands before all others.
        """
        if self._loose is not None and len(begun := self._loose.draft(written)):
            return [begun]
        known = np.concatenate([self._around.before[-MAX_MATCH:], written])
        found: list[tuple[float, Ids]] = []
        for shelf in self._shelves:
            places, lengths = shelf.passage.matches(known)
            longest = lengths >= _least(lengths, MAX_PLACES)
            places = places[longest]
            added = shelf.weights.of_places(shelf.look(places, lengths[longest]))
            for best in np.argsort(-added, kind="stable")[:MAX_PLACES].tolist():
                line = self._rest_of_line(shelf.passage, int(places[best]))
                found.append((float(added[best]), line))
        if not found and self._begun is not None and len(begun := self._begun.draft(written)):
            return [begun]
        return [line for _, line in sorted(found, key=lambda each: -each[0])]

    def _rest_of_line(self, passage: Passage, place: int) -> Ids:
        end = int(passage.line_ends[place])
        tail = None if self._tails is None else self._tails.tail(passage, place)
        is_cut = tail is not None and tail.start >= place and not tail.within + tail.num_blank
        return passage.ids[place : tail.start if tail is not None and is_cut else end]

    def _places(self, shelf: _Shelf, known: Ids, logits: Logits) -> tuple[Ids, Places]:
        """What stood (C,) at the best places of a shelf, and the places."""
        places, lengths = shelf.passage.matches(known)
        if self._around.rest:
            nearest = np.argsort(-lengths, kind="stable")[:_MAX_CLOSED]
            places, lengths = places[nearest], lengths[nearest]
        tokens = self._following(shelf.passage, places)
        possible = np.flatnonzero((tokens != UNKNOWN) & (logits[tokens] > IMPOSSIBLE / 2))
        places, lengths, tokens = places[possible], lengths[possible], tokens[possible]
        longest = lengths >= _least(lengths, MAX_PLACES)
        places, lengths, tokens = places[longest], lengths[longest], tokens[longest]
        found = shelf.look(places, lengths)
        rank = _RANKS * found.agreeing + found.before + found.behind
        best = np.lexsort((-rank, -lengths))[:MAX_PLACES]
        return tokens[best], found.at(best)

    def _following(self, passage: Passage, places: Ids) -> Ids:
        """What stands at ``places`` (C,) as the hole would say it, ``UNKNOWN`` if it cannot."""
        if self._around.rest:
            found = [self._before_rest(passage, place) for place in places.tolist()]
            return np.array(found, np.int64)
        tokens = passage.ids[places]
        return np.where(self._is_line_end[tokens], self._eom_id, tokens)

    def _before_rest(self, passage: Passage, place: int) -> int:
        """What stands at ``place`` of a line that ends as the hole's does; else ``UNKNOWN``.

        The hole ends before what stays behind it on its line.
        """
        tail = None if self._tails is None else self._tails.tail(passage, place)
        if tail is None or place > tail.start:
            return UNKNOWN
        if place < tail.start:
            return int(passage.ids[place])
        return UNKNOWN if tail.within else self._eom_id


def _least(lengths: Ids, limit: int) -> int:
    """The length that the ``limit`` longest of ``lengths`` (C,) have at least."""
    if len(lengths) <= limit:
        return 0
    return int(np.partition(lengths, len(lengths) - limit)[len(lengths) - limit])


class _Likeness:
    """How much of ``window`` stands in a stretch of a passage, rare tokens counting more."""

    def __init__(self, passage: Passage, window: Ids, rarity: Weights) -> None:
        wanted = np.zeros(len(rarity) + 1, np.int32)
        wanted[window] = np.round(rarity[window] * _GRAINS)
        self._total = max(int(wanted[window].sum()), 1)
        self._sums = np.zeros(len(passage.ids) + 1, np.int32)
        np.cumsum(wanted[passage.ids], out=self._sums[1:])

    def between(self, starts: Ids, ends: Ids) -> Weights:
        return np.minimum((self._sums[ends] - self._sums[starts]) / self._total, _MOST_LIKE)


def _rarity(passages: list[Passage]) -> Weights:
    """How rare each id (V,) is in the passages: the logarithm of its inverse share."""
    counts = np.sum([passage.counts for passage in passages], axis=0)
    return np.asarray(np.maximum(np.log(max(counts.sum(), 1) / (1.0 + counts)), 0.0))
