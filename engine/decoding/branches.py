"""Where a verified text could have gone otherwise: its runners-up, as starts of candidates.

Greedy decoding takes the best token at each place; the most probable text may begin with a second
best one. A branch keeps the text before such a place, puts the runner-up there, and has the old
text behind it as its draft, so that following it costs a pass or two.
"""

# N tokens of a branch's start

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.canvas import Canvas, Ids
from engine.decoding.commit import Floats
from engine.decoding.writer import Place

LEAST_P = 1e-6


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The second best token at a place, its probability, and that of the one that stands there."""

    token: int
    p: float
    p_chosen: float


@dataclass(frozen=True, slots=True)
class Branch:
    """The cursor's hole begins with ``tokens`` (N,), ``p`` (N,), the last one a runner-up.

    ``drafts`` by hole: what stands behind the start, and all of the further holes.
    """

    tokens: Ids
    p: Floats
    drafts: tuple[Ids, ...]

    @property
    def likelihood(self) -> float:
        """The probability of the start."""
        return float(np.prod(self.p))

    def given(self, p: float) -> Branch:
        """The same where something is known that has the probability ``p`` (above 0)."""
        last = np.minimum(self.p[-1:] / np.float32(max(p, LEAST_P)), 1.0)
        return replace(self, p=np.append(self.p[:-1], last))


class RunnersUp:
    """Keeps the runner-up of every verified place of a canvas, counted over its blocks."""

    def __init__(self) -> None:
        self._known: dict[Place, RunnerUp] = {}

    def note(self, hole: int, index: int, runner_up: RunnerUp) -> None:
        """The runner-up of a place that was just verified; an older one is forgotten."""
        self._known[hole, index] = runner_up

    def branches(self, canvas: Canvas, num_wanted: int) -> list[Branch]:
        """The ``num_wanted`` nearest runners-up of the cursor's hole, the nearest first.

        None of a hole that was continued behind a border.
        """
        found = [
            (runner_up.p_chosen / max(runner_up.p, 1e-9), index, runner_up)
            for index, runner_up in self._of_cursor(canvas)
        ]
        found.sort(key=lambda each: each[:2])
        return [_branch(canvas, index, runner_up) for _, index, runner_up in found[:num_wanted]]

    def detours(self, canvas: Canvas) -> list[Branch]:
        """Every runner-up of the cursor's hole: the likeliest starts of other texts.

        None of a hole that was continued behind a border.
        """
        return [_branch(canvas, index, other) for index, other in self._of_cursor(canvas)]

    def _of_cursor(self, canvas: Canvas) -> Iterator[tuple[int, RunnerUp]]:
        hole = canvas.holes[canvas.cursor_hole]
        for (number, index), runner_up in self._known.items():
            if number == canvas.cursor_hole and index < len(hole) and not len(hole.done):
                yield index, runner_up


def _branch(canvas: Canvas, index: int, runner_up: RunnerUp) -> Branch:
    hole = canvas.holes[canvas.cursor_hole]
    drafts = [other.ids.copy() for other in canvas.holes]
    drafts[canvas.cursor_hole] = hole.ids[index + 1 :].copy()
    return Branch(
        np.append(hole.ids[:index], runner_up.token),
        np.append(hole.p[:index], np.float32(runner_up.p)),
        tuple(drafts),
    )
