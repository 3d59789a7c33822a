"""Packs stacked into tensors, built by worker processes. Imports torch and numpy alone."""

# B packs of L tokens, M targets among them

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from engine.training.packing import Epoch, Pack


@dataclass(frozen=True, slots=True)
class Batch:
    """``ids``, ``positions`` (B, L) and ``fields`` as ``engine.training.visibility`` names them.

    Of the targets: ``places`` among B * L, ids, ``weights`` and ``kinds`` (M,). M is a multiple of
    a chunk: what fills it up weighs nothing.
    """

    ids: Tensor
    positions: Tensor
    fields: dict[str, Tensor]
    places: Tensor
    targets: Tensor
    weights: Tensor
    kinds: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on ``device``."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> Batch:
        """The same in memory that a GPU can copy from (DataLoader calls it)."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        return Batch(
            ids=change(self.ids),
            positions=change(self.positions),
            fields={name: change(tensor) for name, tensor in self.fields.items()},
            places=change(self.places),
            targets=change(self.targets),
            weights=change(self.weights),
            kinds=change(self.kinds),
        )


class PackDataset(Dataset[Pack]):
    """The packs of an epoch by index, counted from ``first`` on; a run's ``warm_packs`` warm up."""

    def __init__(self, epoch: Epoch, first: int, warm_packs: int) -> None:
        self.epoch, self.first, self.warm_packs = epoch, first, warm_packs

    def __len__(self) -> int:
        return len(self.epoch)

    def __getitem__(self, index: int) -> Pack:
        warmth = min(1.0, (self.first + index) / max(self.warm_packs, 1))
        return self.epoch.build(index, warmth)


def batches(
    dataset: PackDataset,
    batch_packs: int,
    numbers: range,
    chunk: int,
    num_workers: int = 0,
    is_pinned: bool = False,
) -> Iterator[Batch]:
    """The packs of these numbers, ``batch_packs`` at a time; targets filled up to ``chunk``."""
    loader = DataLoader(
        dataset,
        batch_size=batch_packs,
        sampler=numbers,
        num_workers=num_workers,
        collate_fn=partial(stacked, chunk=chunk),
        pin_memory=is_pinned,
        prefetch_factor=2 if num_workers else None,
    )
    return iter(loader)


def stacked(packs: Sequence[Pack], chunk: int) -> Batch:
    """One batch of these packs, its targets filled up to a multiple of ``chunk``."""
    weights = np.concatenate([pack.weights for pack in packs])
    places = np.flatnonzero(weights > 0)
    filling = -len(places) % chunk
    places = np.append(places, np.zeros(filling, np.int64))

    def chosen(arrays: Sequence[NDArray[np.int64]]) -> Tensor:
        return torch.from_numpy(np.concatenate(arrays)[places])

    weights = weights[places]
    weights[len(places) - filling :] = 0
    fields = {
        name: torch.from_numpy(np.stack([pack.fields[name] for pack in packs]).astype(np.int32))
        for name in packs[0].fields
    }
    return Batch(
        torch.from_numpy(np.stack([pack.ids for pack in packs])),
        torch.from_numpy(np.stack([pack.positions for pack in packs])),
        fields,
        torch.from_numpy(places),
        chosen([pack.targets for pack in packs]),
        torch.from_numpy(weights),
        chosen([pack.kinds for pack in packs]),
    )
