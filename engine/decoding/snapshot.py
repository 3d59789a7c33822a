"""A canvas after a step, as the plain values that a trace keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.canvas import Canvas
from engine.decoding.commit import Floats
from engine.decoding.spelling import Spelling
from engine.decoding.writer import Place
from engine.step import State, Step


@dataclass(frozen=True, slots=True)
class Changes:
    """Places of a step: committed ones within the current blocks, masked ones within the holes."""

    committed: Sequence[Place]
    remasked: Sequence[Place]


@dataclass(frozen=True, slots=True)
class Counts:
    """Steps and passes so far, milliseconds since the run began."""

    steps: int
    forwards: int
    elapsed_ms: float


def snapshot(
    canvas: Canvas, done_p: Sequence[Floats], spelling: Spelling, changes: Changes, counts: Counts
) -> Step:
    """The canvas as it stands; a committed place that was masked again is not listed.

    ``done_p`` by hole: the probabilities of its finished blocks.
    """
    holes = canvas.holes
    ids = [np.concatenate([hole.done, hole.ids]).tolist() for hole in holes]
    is_open = [[False] * len(hole.done) + hole.is_masked.tolist() for hole in holes]
    kept = [
        (hole, len(holes[hole].done) + place)
        for hole, place in changes.committed
        if place < len(holes[hole]) and not holes[hole].is_masked[place]
    ]
    return Step(
        index=counts.steps,
        ids=tuple(map(tuple, ids)),
        states=tuple(
            tuple(State.MASKED if flag else State.COMMITTED for flag in flags) for flags in is_open
        ),
        p=tuple(
            (*done.tolist(), *hole.p.tolist()) for done, hole in zip(done_p, holes, strict=True)
        ),
        texts=tuple(
            tuple(
                "" if flag else spelling.piece(token).decode("utf-8", "replace")
                for token, flag in zip(row, flags, strict=True)
            )
            for row, flags in zip(ids, is_open, strict=True)
        ),
        committed=tuple(kept),
        remasked=tuple(changes.remasked),
        forwards=counts.forwards,
        elapsed_ms=counts.elapsed_ms,
    )
