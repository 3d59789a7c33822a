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

from engine.canvas import Ids
from engine.denoisers.context_cache import common_prefix
from engine.layout import Flags

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


def runs_of(ids: Ids, known: Ids, is_near: Flags) -> list[Run]:
    """How to put together the context ``ids`` (T,) from ``known`` (U,), in order.

    ``is_near`` (T,): what is read in any case.
    """
    places = _places(ids, known)
    places[is_near] = NOWHERE
    # A run goes on as long as both texts do.
    steps = np.where(places == NOWHERE, NOWHERE, places - np.arange(len(ids)) + len(ids))
    cuts = [0, *(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(ids)]
    runs = [
        Run(start, end, None if places[start] == NOWHERE else int(places[start]))
        for start, end in itertools.pairwise(cuts)
    ]
    return list(_merged(runs))


def num_read(runs: list[Run]) -> int:
    """How many tokens of a plan are read."""
    return sum(run.end - run.start for run in runs if run.source is None)


def _merged(runs: list[Run]) -> Iterator[Run]:
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
