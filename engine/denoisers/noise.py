"""What a model that was trained on noise is shown where others are shown a mask."""

from __future__ import annotations

import numpy as np

from engine.canvas import Ids


def noised(ids: Ids, mask_id: int, vocab_size: int) -> Ids:
    """A copy of ``ids`` (N,) with a random token for each mask.

    It follows from the length and the number of masks, so the same text gets the same noise, and
    each step of a text other noise.
    """
    is_masked = ids == mask_id
    random = np.random.default_rng([len(ids), int(is_masked.sum())])
    noise = random.integers(vocab_size, size=len(ids))
    return np.where(is_masked, noise, ids)
