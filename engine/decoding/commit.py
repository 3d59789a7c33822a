"""Which positions to commit at one step.

Knows probabilities; knows nothing of models, text or canvases.
"""

# M masked positions, L positions of a block

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CommitConfig:
    """When a position is sure enough: ``threshold`` is its least probability.

    Fast-dLLM's rule (arXiv:2505.22618). What else was tried is in docs/log.md: rules that bound the
    joint uncertainty of what is committed together wrote worse texts in as many passes.
    """

    threshold: float = 0.9

    def __post_init__(self) -> None:
        if not 0.0 < self.threshold <= 1.0:
            raise ValueError(f"threshold={self.threshold} is not in (0, 1]")


def select_commits(p: Floats, is_eligible: Flags, num_at_least: int, config: CommitConfig) -> Flags:
    """Flags (M,) of the positions to commit: at least ``max(1, num_at_least)`` eligible ones.

    p >= threshold; the most probable ones fill up to ``num_at_least``, so that the loop ends.
    Nothing when no position is eligible.
    """
    chosen = is_eligible & (p >= config.threshold)
    missing = max(1, num_at_least) - int(chosen.sum())
    if missing > 0:
        candidates = np.flatnonzero(is_eligible & ~chosen)
        best = candidates[np.argsort(-p[candidates], kind="stable")[:missing]]
        chosen[best] = True
    return chosen


def may_end(p: Floats, is_masked: Flags, index: int, support: float) -> bool:
    """Whether <eom> may be committed at ``index``: what is still masked before it must be known.

    p (L,) of the best guesses: every masked position before has at least ``support``.
    """
    before = is_masked[:index]
    return bool(np.all(p[:index][before] >= support))
