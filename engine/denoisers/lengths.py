"""How long a hole is, by what a model without an end token is surest of at its first step.

A few lengths are tried; the mean of the best probabilities over all masked positions, divided by
what any text of that length gets (CAL, arXiv 2602.00476), is compared.
"""

from __future__ import annotations

import math

import numpy as np

from engine.canvas import Canvas
from engine.step import State

CANDIDATES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


def expected_confidence(length: int) -> float:
    """What a first step is sure of at a length, whatever the text: fitted on Dream-Coder-7B."""
    return math.exp(-1.77 * length) + 0.56 * math.exp(-0.06 * length) + 0.24


def surest(confidences: dict[int, float]) -> int:
    """The length (key) with the most confidence for its size; the shorter one of equals."""
    return min(confidences, key=lambda length: (-_score(confidences, length), length))


def _score(confidences: dict[int, float], length: int) -> float:
    return confidences[length] / expected_confidence(length)


def candidates(num_positions: int, num_known: int) -> list[int]:
    """Lengths to try for a hole of ``num_positions``, of which the first ``num_known`` are set."""
    tried = [size for size in CANDIDATES if num_known <= size < num_positions]
    return [*tried, num_positions]


def num_known(canvas: Canvas, number: int, eom_id: int) -> int:
    """Positions of a hole up to its last committed token that is no end."""
    hole = canvas.holes[number]
    known = np.flatnonzero((hole.states == State.COMMITTED) & (hole.ids != eom_id))
    return int(known[-1]) + 1 if len(known) else 0


def cut(canvas: Canvas, sizes: list[int]) -> Canvas:
    """A copy whose holes have the given lengths."""
    copy = canvas.copy()
    for hole, size in zip(copy.holes, sizes, strict=True):
        hole.truncate(size)
    return copy
