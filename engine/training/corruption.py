"""Which canvas positions of a training pass are masked.

Two noisy passes of one group complement each other, so that every token is supervised once
(LLaDA2.0, complementary masking); a share of the pairs starts fully masked, as inference does.
Rates grow over a warm-up (Stable-DiffCoder), clipped so that at least one position is masked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CorruptionConfig:
    """``full_share`` of the pairs are fully masked; the others draw a rate in [low, high]."""

    full_share: float = 0.35
    low: float = 0.1
    high: float = 1.0


def corrupt(
    length: int, config: CorruptionConfig, warmth: float, random: np.random.Generator
) -> tuple[Mask, Mask]:
    """Masks (length,) of two noisy passes; ``warmth`` in [0, 1] scales the highest rate.

    A fully masked pass has no complement to learn from: its partner draws a rate of its own.
    """
    high = config.low + (config.high - config.low) * warmth
    if warmth >= 1.0 and random.random() < config.full_share:
        return np.ones(length, bool), _draw(length, random.uniform(config.low, high), random)
    first = _draw(length, random.uniform(config.low, high), random)
    second = ~first if not first.all() else _draw(length, high / 2, random)
    return first, second


def _draw(length: int, rate: float, random: np.random.Generator) -> Mask:
    mask = random.random(length) < rate
    if not mask.any():
        mask[random.integers(length)] = True
    return mask
