"""Losses and shares that were right, summed up over batches by kind of target."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.training.batches import Batch
from engine.training.packing import CLEAN, CONTEXT, NOISY

KINDS = {"context": CONTEXT, "clean": CLEAN, "noisy": NOISY}


class Tally:
    """Sums stay on the device until they are asked for, so that nobody waits for it."""

    def __init__(self, device: torch.device) -> None:
        self._sums = torch.zeros(len(KINDS), 3, device=device)

    def add(self, batch: Batch, predicted: Tensor, nats: Tensor) -> None:
        """Count the targets of ``batch``: the best guesses for them and their nats (M,)."""
        is_right = predicted == batch.targets
        columns = torch.stack([torch.ones_like(nats), nats, is_right.float()], dim=1)
        weighted = columns * batch.weights.unsqueeze(1)
        self._sums += F.one_hot(batch.kinds, len(KINDS)).float().T @ weighted

    def means(self) -> dict[str, float]:
        """``<kind>`` nats a token and ``<kind>_right``, kinds without a target left out."""
        found: dict[str, float] = {}
        for name, number in KINDS.items():
            weight, nats, right = self._sums[number].tolist()
            if weight > 0:
                found |= {name: nats / weight, f"{name}_right": right / weight}
        return found
