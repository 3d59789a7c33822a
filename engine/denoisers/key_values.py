"""Keys and values of all contexts on one device, a slot for each token.

A pass names by index the slots that it sees and those that it fills. So contexts share what they
have in common, no step copies one into a batch from outside, and a recorded pass serves any of them
(the slot mapping of paged attention, arXiv:2309.06180, with pages of one token).
"""

# S slots, K key/value heads, D head width, R rows, N tokens, C cached tokens, T tokens of a context

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from engine.canvas import Ids

# Zeros that stand where a row sees nothing, and where goes what nobody keeps.
EMPTY, WASTE = 0, 1
NUM_RESERVED = 2
NUM_FIRST_SLOTS = 4096


class Cache:
    """A context's slots (T,). They stay as they are for as long as it lives."""

    __slots__ = ("_left", "slots")

    def __init__(self, slots: Ids, left: deque[Ids]) -> None:
        self.slots, self._left = slots, left

    def __del__(self) -> None:
        # May run in the middle of anything: only leaves a note.
        self._left.append(self.slots)


class KeyValues:
    """``layers``: each one's keys and values (S, K, D), made when it first has some.

    ``hold`` may be called by any thread, everything else by the one that runs passes.
    """

    def __init__(self) -> None:
        self.layers: list[list[torch.Tensor]] = []
        self._num_holders = np.zeros(NUM_FIRST_SLOTS, np.int32)
        self._num_holders[:NUM_RESERVED] = 1
        self._left: deque[Ids] = deque()
        self._lock = threading.Lock()

    @property
    def num_slots(self) -> int:
        """Slots there are; all tensors are new when it has changed."""
        return len(self._num_holders)

    @property
    def num_held(self) -> int:
        """Slots that a cache holds."""
        with self._lock:
            self._collect()
            return int((self._num_holders > 0).sum()) - NUM_RESERVED

    def hold(self, slots: Ids) -> Cache:
        """A cache of slots that were just filled, or that another cache holds."""
        with self._lock:
            self._num_holders[slots] += 1
        return Cache(slots, self._left)

    def take(self, num_slots: int) -> Ids:
        """Slots (N,) that nobody holds; they must be held before the next ones are taken.

        Makes more when there are too few. Raises torch.OutOfMemoryError, and has then lost nothing.
        """
        with self._lock:
            self._collect()
            free = np.flatnonzero(self._num_holders == 0)
            if len(free) < num_slots:
                self._grow(max(2 * self.num_slots, self.num_slots + num_slots))
                free = np.flatnonzero(self._num_holders == 0)
        return free[:num_slots]

    def move(self, device: torch.device, dtype: torch.dtype) -> None:
        """Go on elsewhere with what is kept."""
        self.layers = [[part.to(device, dtype) for part in pair] for pair in self.layers]

    def seen(self, layer: int, slots: torch.Tensor, new: Sequence[torch.Tensor]) -> list[Any]:
        """Keys and values (R, K, C + N, D) of ``slots`` (C, R) with ``new`` (R, K, N, D) behind."""
        num_cached, num_rows = slots.shape
        whole = []
        for pool, own in zip(self.layers[layer], new, strict=True):
            num_heads, num_tokens, width = own.shape[1:]
            # Tokens first: so what is kept is copied once, and what is new stands behind it.
            both = own.new_empty(num_cached + num_tokens, num_rows, num_heads, width)
            kept = both[:num_cached].view(-1, num_heads, width)
            torch.index_select(pool, 0, slots.view(-1), out=kept)
            both[num_cached:] = own.permute(2, 0, 1, 3)
            whole.append(both.permute(1, 2, 0, 3))
        return whole

    def fill(self, layer: int, slots: torch.Tensor, new: Sequence[torch.Tensor]) -> None:
        """Keep ``new`` keys and values (R, K, N, D) in ``slots`` (R, N)."""
        if layer == len(self.layers):
            sizes = [(self.num_slots, own.shape[1], own.shape[3]) for own in new]
            made = [own.new_zeros(size) for own, size in zip(new, sizes, strict=True)]
            self.layers.append(made)
        for pool, own in zip(self.layers[layer], new, strict=True):
            pool.index_copy_(0, slots.view(-1), own.transpose(1, 2).flatten(0, 1))

    def _collect(self) -> None:
        while self._left:
            self._num_holders[self._left.popleft()] -= 1

    def _grow(self, num_slots: int) -> None:
        for pair in self.layers:
            for index, old in enumerate(pair):
                if len(old) < num_slots:
                    pair[index] = old.new_zeros(num_slots, *old.shape[1:])
                    pair[index][: len(old)] = old
        more = np.zeros(num_slots - self.num_slots, np.int32)
        self._num_holders = np.concatenate([self._num_holders, more])


class SlotCache(DynamicCache):
    """What stock layers take for a cache: ``seen`` (C, R) stands before what they compute.

    ``filled`` (R, N): where that is kept, None if it is not.
    """

    def __init__(
        self, key_values: KeyValues, seen: torch.Tensor, filled: torch.Tensor | None
    ) -> None:
        super().__init__()
        self._key_values, self._seen, self._filled = key_values, seen, filled

    def update(
        self,
        key_states: torch.Tensor,
        value_states: torch.Tensor,
        layer_idx: int,
        **_: Any,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Keys and values (R, K, C + N, D) that the layer attends to."""
        new = (key_states, value_states)
        if self._filled is not None:
            self._key_values.fill(layer_idx, self._filled, new)
        if len(self._seen):
            key_states, value_states = self._key_values.seen(layer_idx, self._seen, new)
        return key_states, value_states
