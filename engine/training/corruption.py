"""Which canvas positions of the noisy copies of a group are masked.

Two copies. Of most groups one is masked whole, as the first step of inference is, and one from a
random place on in each hole, as it is once a beginning is verified; of the others they complement
each other, so that every token is supervised (LLaDA2.0, complementary masking). Rates grow over a
warm-up (Stable-DiffCoder); each copy has at least one masked position.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
NUM_COPIES = 2
COMPLEMENT_SHARE = 0.35  # of the groups
LEAST_RATE = 0.1


def corrupt(lengths: Sequence[int], warmth: float, random: np.random.Generator) -> list[Mask]:
    """Masks (sum of ``lengths``,) of the copies; ``warmth`` in [0, 1] scales the highest rate."""
    size = sum(lengths)
    high = LEAST_RATE + (1.0 - LEAST_RATE) * warmth
    if warmth < 1.0:
        return [_draw(size, rate, random) for rate in random.uniform(LEAST_RATE, high, NUM_COPIES)]
    if random.random() < COMPLEMENT_SHARE:
        first = _draw(size, random.uniform(LEAST_RATE, high), random)
        return [first, ~first if not first.all() else _draw(size, high / 2, random)]
    return [np.ones(size, bool), _behind_beginnings(lengths, random)]


def _behind_beginnings(lengths: Sequence[int], random: np.random.Generator) -> Mask:
    masks = [np.arange(length) >= random.integers(length) for length in lengths]
    return np.concatenate(masks)


def _draw(length: int, rate: float, random: np.random.Generator) -> Mask:
    mask = random.random(length) < rate
    if not mask.any():
        mask[random.integers(length)] = True
    return mask
