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
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.canvas import Ids
from engine.denoisers.context_cache import common_prefix
from engine.reading.layout import ContextTokens, Flags, Nearness

# So many tokens before the cursor and behind its line are always read.
NUM_BEFORE, NUM_BEHIND = 64, 32
# The same tokens in the same order, to be taken for the same place.
NUM_MATCHING = 8
# A window's end goes as far out as so many tokens in a row are known.
MIN_KNOWN = 24
# Of a text that repeats itself, the places that are compared.
_MAX_PLACES = 4
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class Run:
    """Tokens ``start`` to ``end - 1``, to be taken from ``source`` on."""

    start: int
    end: int
    source: int


@dataclass(frozen=True, slots=True)
class Blend:
    """A context, and where each of its tokens (T,) is taken from; NOWHERE: it is read.

    ``is_behind``: the rest is read behind what both contexts begin with, nothing is moved.
    """

    tokens: ContextTokens
    places: Ids
    is_behind: bool

    @property
    def read(self) -> Ids:
        """Positions of the tokens that are read."""
        return np.flatnonzero(self.places == NOWHERE)

    @property
    def taken(self) -> Iterator[Run]:
        """What is taken, as long as both texts go on together."""
        places = self.places
        steps = np.where(places == NOWHERE, NOWHERE, places - np.arange(len(places)) + len(places))
        cuts = [0, *(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(places)]
        for start, end in itertools.pairwise(cuts):
            if places[start] != NOWHERE:
                yield Run(start, end, int(places[start]))


def blend_of(tokens: ContextTokens, known: Ids, nearness: Nearness, can_move: bool = True) -> Blend:
    """How ``tokens`` (T,) are had from the context ``known`` (U,).

    Near ones are read in any case, unless all stand behind what both begin with. New ones at the
    window's ends are left out: the window is narrowed to what is known of it. ``can_move``: whether
    a token can be taken from another position.
    """
    places = _places(tokens.ids, known)
    is_kept = ~_is_new_end(places != NOWHERE, nearness)
    num_before = int(is_kept[: tokens.end_of_prefix].sum())
    narrowed = ContextTokens(tokens.ids[is_kept], num_before)
    same = np.arange(len(narrowed.ids))
    num_kept = common_prefix(narrowed.ids, known)
    behind = Blend(narrowed, np.where(same < num_kept, same, NOWHERE), True)
    places[nearness.is_near] = NOWHERE
    moved = Blend(narrowed, places[is_kept], False)
    is_better = can_move and len(moved.read) < len(behind.read)
    return moved if is_better else behind


def _is_new_end(is_known: Flags, nearness: Nearness) -> Flags:
    """Which tokens (T,) are far and new, from the window's ends inwards: both are at ``pre``."""
    pre, is_far = nearness.pre, nearness.is_far
    num_behind, num_before = int(is_far[:pre].sum()), int(is_far[pre:].sum())
    is_end = np.zeros(len(is_known), np.bool_)
    is_end[pre - _num_new(is_known[pre - num_behind : pre][::-1]) : pre] = True
    is_end[pre + 1 : pre + 1 + _num_new(is_known[pre + 1 : pre + 1 + num_before])] = True
    return is_end


def _num_new(is_known: Flags) -> int:
    """How many there are before the first that are known; all or none of a few."""
    if len(is_known) < MIN_KNOWN:
        return 0 if 2 * int(is_known.sum()) >= len(is_known) else len(is_known)
    is_start = sliding_window_view(is_known, MIN_KNOWN).all(axis=-1)
    return int(np.argmax(is_start)) if is_start.any() else len(is_known)


def _places(ids: Ids, known: Ids) -> Ids:
    """Where in ``known`` each of ``ids`` (T,) stands among the same neighbours, or NOWHERE."""
    places = np.full(len(ids), NOWHERE, np.int64)
    by_words: dict[bytes, list[int]] = {}
    for place, words in enumerate(_words(known)):
        by_words.setdefault(words, []).append(place)
    all_words, at = _words(ids), common_prefix(ids, known)
    places[:at] = np.arange(at)
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
