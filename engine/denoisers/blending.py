"""Which tokens of a context were read before, at other places, and which have to be read.

Who moves through a file and types at once would wait for lines that were read a moment ago, only
behind others: suffix first, each cursor has another order. Their keys and values are taken from
there, turned to their new positions; what stands near the cursor is read anew and sees all of it
(CacheBlend, arXiv:2405.16444, which reads tokens where values differ most; EPIC, arXiv:2410.15332,
which reads the first of each piece). What that loses is in docs/log.md.
"""

# T tokens of a context, U tokens of a known one

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from engine.canvas import Ids
from engine.denoisers.context_cache import common_prefix
from engine.layout import ContextTokens, Flags, Nearness

# So many tokens before the cursor and behind its line are always read.
NUM_BEFORE, NUM_BEHIND = 64, 32
# The same tokens in the same order, to be taken for the same place.
NUM_MATCHING = 8
# Fewer in a row are read with those around them: each pass costs as much as some tokens.
MIN_TAKEN = 24
# Of a text that repeats itself, the places that are compared.
_MAX_PLACES = 4
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens ``start`` to ``end - 1``, to be taken from ``source`` on, or read where it is None."""

    start: int
    end: int
    source: int | None


@dataclass(frozen=True, slots=True)
class Blend:
    """A context, and how to put it together, in order.

    ``is_behind``: the rest is read behind what both contexts begin with, nothing is moved.
    """

    tokens: ContextTokens
    runs: tuple[Run, ...]
    is_behind: bool

    @property
    def num_read(self) -> int:
        """How many tokens are read."""
        return sum(run.end - run.start for run in self.runs if run.source is None)


def blend_of(tokens: ContextTokens, known: Ids, nearness: Nearness, can_move: bool = True) -> Blend:
    """How ``tokens`` (T,) are had from the context ``known`` (U,).

    Near ones are read in any case, unless all stand behind what both begin with. New ones at the
    window's ends are left out: the window is narrowed to what is known of it. ``can_move``: whether
    a token can be taken from another position.
    """
    places = _places(tokens.ids, known)
    is_kept = ~_is_new_end(places, nearness)
    num_before = int(is_kept[: tokens.end_of_prefix].sum())
    narrowed = ContextTokens(tokens.ids[is_kept], num_before)
    behind = Blend(narrowed, _behind(narrowed.ids, known), True)
    if not can_move:
        return behind
    places[nearness.is_near] = NOWHERE
    moved = Blend(narrowed, tuple(_runs(places[is_kept])), False)
    return min(behind, moved, key=lambda blend: blend.num_read)


def _is_new_end(places: Ids, nearness: Nearness) -> Flags:
    """Which tokens (T,) are far and new, from the window's ends inwards."""
    is_end, places = np.zeros(len(places), np.bool_), places.copy()
    # Both ends start here, whatever it was taken with.
    places[nearness.pre] = NOWHERE
    for run in _runs(places):
        if run.source is None and run.start <= nearness.pre < run.end:
            # A few that also stand somewhere else are no reason to keep the others.
            for end in slice(run.start, nearness.pre), slice(nearness.pre, run.end):
                is_new = places[end][nearness.is_far[end]] == NOWHERE
                is_end[end] = nearness.is_far[end] & (is_new.mean() > 0.5 if len(is_new) else False)
    return is_end


def _behind(ids: Ids, known: Ids) -> tuple[Run, ...]:
    """What both begin with, and the rest read behind it."""
    num_kept = common_prefix(ids, known)
    runs = Run(0, num_kept, 0), Run(num_kept, len(ids), None)
    return tuple(run for run in runs if run.start < run.end)


def _runs(places: Ids) -> Iterator[Run]:
    """Runs of tokens (T,) that stand at ``places``; each goes on as long as both texts do."""
    steps = np.where(places == NOWHERE, NOWHERE, places - np.arange(len(places)) + len(places))
    cuts = [0, *(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(places)]
    return _merged(
        Run(start, end, None if places[start] == NOWHERE else int(places[start]))
        for start, end in itertools.pairwise(cuts)
    )


def _merged(runs: Iterable[Run]) -> Iterator[Run]:
    """The same with short ones read, and what is read in a row as one."""
    reading: Run | None = None
    for run in runs:
        if run.source is not None and run.end - run.start >= MIN_TAKEN:
            if reading is not None:
                yield reading
            reading = None
            yield run
        else:
            reading = Run(run.start if reading is None else reading.start, run.end, None)
    if reading is not None:
        yield reading


def _places(ids: Ids, known: Ids) -> Ids:
    """Where in ``known`` each of ``ids`` (T,) stands among the same neighbours, or NOWHERE."""
    places = np.full(len(ids), NOWHERE, np.int64)
    by_words: dict[bytes, list[int]] = {}
    for place, words in enumerate(_words(known)):
        by_words.setdefault(words, []).append(place)
    all_words, at = _words(ids), 0
    while at < len(all_words):
        found = by_words.get(all_words[at], ())[-_MAX_PLACES:]
        lengths = [common_prefix(ids[at:], known[place:]) for place in found]
        if lengths:
            best = int(np.argmax(lengths))
            end = at + lengths[best]
            places[at:end] = np.arange(found[best], found[best] + lengths[best])
            at = end
        else:
            at += 1
    return places


def _words(ids: Ids) -> list[bytes]:
    """Every run of NUM_MATCHING ids, by its start."""
    size = ids.itemsize
    data = np.ascontiguousarray(ids).tobytes()
    ends = range(NUM_MATCHING * size, len(data) + 1, size)
    return [data[end - NUM_MATCHING * size : end] for end in ends]
