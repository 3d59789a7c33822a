"""Which positions to commit at one step, and which committed ones to doubt.

Knows probabilities and entropies; knows nothing of models, text or canvases.
"""

# M masked positions, L positions of a finished block

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CommitConfig:
    """When a position is sure enough.

    ``threshold``: least probability. ``entropy_bound`` in nats: joint uncertainty of what is
    committed together (EB-Sampler, arXiv:2505.24857). ``factor``: f of Fast-dLLM's factor rule
    (n + 1)(1 - p) < f (arXiv:2505.22618). ``settled_entropy``: mean entropy in nats under which
    an unchanged guess is taken whole.
    """

    threshold: float = 0.9
    entropy_bound: float = 0.1
    factor: float = 1.0
    settled_entropy: float = 0.005

    def __post_init__(self) -> None:
        if not 0.0 < self.threshold <= 1.0:
            raise ValueError(f"threshold={self.threshold} is not in (0, 1]")


def select_commits(
    p: Floats, entropy: Floats, is_eligible: Flags, num_at_least: int, config: CommitConfig
) -> Flags:
    """Flags (M,) of the positions to commit: at least ``max(1, num_at_least)`` eligible ones.

    p >= threshold, and within the entropy bound or the factor rule; the most probable ones fill up
    to ``num_at_least``, so that the loop ends. Nothing when no position is eligible.
    """
    is_sure = p >= config.threshold
    is_joint = within_entropy_bound(entropy, config.entropy_bound) | within_factor(p, config.factor)
    chosen = is_eligible & is_sure & is_joint
    missing = max(1, num_at_least) - int(chosen.sum())
    if missing > 0:
        candidates = np.flatnonzero(is_eligible & ~chosen)
        best = candidates[np.argsort(-p[candidates], kind="stable")[:missing]]
        chosen[best] = True
    return chosen


def within_entropy_bound(entropy: Floats, bound: float) -> Flags:
    """The longest prefix, by entropy, whose sum less its largest member stays under the bound."""
    order = np.argsort(entropy, kind="stable")
    ascending = entropy[order]
    flags = np.zeros(len(entropy), np.bool_)
    flags[order] = np.cumsum(ascending) - ascending <= bound
    return flags


def within_factor(p: Floats, factor: float) -> Flags:
    """The n most probable positions, n the largest with (n + 1)(1 - p of the n-th) < factor."""
    order = np.argsort(-p, kind="stable")
    ranks = np.arange(1, len(p) + 1)
    passing = np.flatnonzero((ranks + 1) * (1.0 - p[order]) < factor)
    flags = np.zeros(len(p), np.bool_)
    if len(passing):
        flags[order[: passing[-1] + 1]] = True
    return flags


def may_end(p: Floats, is_masked: Flags, index: int, support: float) -> bool:
    """Whether <eom> may be committed at ``index``: what is still masked before it must be known.

    p (L,) of the best guesses: every masked position before has at least ``support``.
    """
    before = is_masked[:index]
    return bool(np.all(p[:index][before] >= support))


def select_doubts(p: Floats, p_best: Floats, floor: float = 0.3) -> NDArray[np.int64]:
    """Committed positions that lost their support, the weakest half of the block at most.

    ``p`` (L,): what the committed tokens have under the causal pass; ``p_best`` (L,): what the
    best token there has. Kept when p >= min(floor, p_best / 2).
    """
    is_weak = p < np.minimum(floor, 0.5 * p_best)
    weak = np.flatnonzero(is_weak)
    return np.sort(weak[np.argsort(p[weak], kind="stable")][: max(1, len(p) // 2)])
