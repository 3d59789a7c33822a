"""Several canvases behind one context, batched: where each token stands and what it sees.

A sequence is a context, filled up to T, and R segments of S tokens behind it that see the context
and themselves, never each other: samples of one task while they are written, or their copies while
they are judged. The layout of ``engine.training.packing`` with slots of one size, so that keys and
values can be kept while a segment grows.
"""

# N sequences, T slots of context, R segments of S slots, Q queries, K = T + R * S slots

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Segments:
    """``lengths`` (N,) of the contexts; ``free`` segments see all of themselves, others causally.

    A segment's first slot is its starter, ``<mid>``.
    """

    lengths: Tensor
    num: int
    size: int
    free: bool

    @property
    def num_context(self) -> int:
        """Slots T of context."""
        return int(self.lengths.max())

    @property
    def num_slots(self) -> int:
        """Slots K of a sequence."""
        return self.num_context + self.num * self.size

    def context_slots(self) -> Tensor:
        """Slots (N, T) of the contexts."""
        return self._all(0, self.num_context)

    def canvas_slots(self) -> Tensor:
        """Slots (N, R * S) of all segments."""
        return self._all(self.num_context, self.num_slots)

    def slots(self, segments: Tensor, place: int) -> Tensor:
        """The slot of token ``place`` (0: the starter) of segments (N, Q)."""
        return self.num_context + segments * self.size + place

    def positions(self, slots: Tensor) -> Tensor:
        """Position ids (N, Q) of slots (N, Q)."""
        start = self.num_context
        behind = self.lengths[:, None] + (slots - start).remainder(self.size)
        return torch.where(slots < start, slots, behind)

    def mask(self, slots: Tensor) -> Tensor:
        """What queries in slots (N, Q) see of all slots: (N, 1, Q, K)."""
        start = self.num_context
        key = torch.arange(self.num_slots, device=slots.device)
        query, lengths = slots.unsqueeze(-1), self.lengths[:, None, None]
        context = (key < lengths) & (key <= query)
        same = (key - start).div(self.size, rounding_mode="floor") == (query - start).div(
            self.size, rounding_mode="floor"
        )
        own = (key >= start) & same & ((key <= query) | self.free)
        return (context | own).unsqueeze(1)

    def _all(self, start: int, end: int) -> Tensor:
        slots = torch.arange(start, end, device=self.lengths.device)
        return slots.expand(len(self.lengths), -1)
