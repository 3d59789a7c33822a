"""Packs stacked into batches of tensors, built by worker processes. Imports torch and numpy alone."""

# B packs of L tokens, M targets among them

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from engine.training.loss import CHUNK
from engine.training.packing import Epoch, Pack


@dataclass(frozen=True, slots=True)
class Batch:
    """ids, positions (B, L) and the fields of visibility; of the targets: where among B * L, ids,
    weights and kinds (M,). M is a multiple of a chunk: what fills it up weighs nothing.
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

        def move(tensor: Tensor) -> Tensor:
            return tensor.to(device, non_blocking=True)

        fields = {name: move(tensor) for name, tensor in self.fields.items()}
        moved = (move(getattr(self, name)) for name in ("places", "targets", "weights", "kinds"))
        return Batch(move(self.ids), move(self.positions), fields, *moved)

    def pin_memory(self) -> Batch:
        """The same in memory that a GPU can copy from (DataLoader calls it)."""
        fields = {name: tensor.pin_memory() for name, tensor in self.fields.items()}
        names = ("places", "targets", "weights", "kinds")
        pinned = (getattr(self, name).pin_memory() for name in names)
        return Batch(self.ids.pin_memory(), self.positions.pin_memory(), fields, *pinned)


class PackDataset(Dataset[Pack]):
    """The packs of an epoch by index; those before ``warm_packs`` (counted over the run) warm up."""

    def __init__(self, epoch: Epoch, first: int, warm_packs: int) -> None:
        self.epoch, self.first, self.warm_packs = epoch, first, warm_packs

    def __len__(self) -> int:
        return len(self.epoch)

    def __getitem__(self, index: int) -> Pack:
        warmth = min(1.0, (self.first + index) / max(self.warm_packs, 1))
        return self.epoch.build(index, warmth)


def batches(
    dataset: PackDataset, batch_packs: int, skipped: int, num_workers: int, is_pinned: bool
) -> Iterator[Batch]:
    """Whole batches of an epoch, ``skipped`` packs left out at its beginning."""
    loader = DataLoader(
        dataset,
        batch_size=batch_packs,
        sampler=range(skipped, len(dataset)),
        num_workers=num_workers,
        collate_fn=partial(stacked, chunk=CHUNK),
        drop_last=True,
        pin_memory=is_pinned,
        prefetch_factor=2 if num_workers else None,
    )
    return iter(loader)


def stacked(packs: Sequence[Pack], chunk: int) -> Batch:
    """One batch of these packs."""
    weights = np.concatenate([pack.weights for pack in packs])
    places = np.flatnonzero(weights > 0)
    filling = -len(places) % chunk
    places = np.append(places, np.zeros(filling, np.int64))

    def chosen(arrays: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays)[places]

    chosen_weights = weights[places]
    chosen_weights[len(places) - filling :] = 0
    fields = {
        name: torch.from_numpy(np.stack([pack.fields[name] for pack in packs]).astype(np.int32))
        for name in packs[0].fields
    }
    return Batch(
        torch.from_numpy(np.stack([pack.ids for pack in packs])),
        torch.from_numpy(np.stack([pack.positions for pack in packs])),
        fields,
        torch.from_numpy(places),
        torch.from_numpy(chosen([pack.targets for pack in packs])),
        torch.from_numpy(chosen_weights),
        torch.from_numpy(chosen([pack.kinds for pack in packs])),
    )
