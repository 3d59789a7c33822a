"""Kept keys and values of a batch of contexts with segments behind them.

Sampling passes a few tokens at a time through blocks that remember the others; contexts are read
once through the blocks that training leaves alone, and kept from step to step.
"""

# N sequences, T slots of context, K slots of a sequence, Q tokens of a pass, D width

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from engine.training.examples import Ids
from engine.training.model import Block, Llama, rope_angles
from engine.training.segments import Segments


@dataclass(frozen=True, slots=True)
class Layer:
    """Keys and values (N, kv_heads, K, head_width) of one block."""

    keys: Tensor
    values: Tensor

    def put(self, slots: Tensor, key: Tensor, value: Tensor) -> None:
        """Write those of slots (N, Q)."""
        rows = torch.arange(len(slots), device=slots.device).unsqueeze(-1)
        self.keys[rows, :, slots] = key.transpose(1, 2)
        self.values[rows, :, slots] = value.transpose(1, 2)


@torch.no_grad()
def pass_through(
    blocks: Iterable[Block],
    layers: Iterable[Layer],
    hidden: Tensor,
    slots: Tensor,
    places: Segments,
) -> Tensor:
    """Hidden states (N, Q, D) of tokens in ``slots`` (N, Q) after the blocks; fills the layers."""
    mask = places.mask(slots)
    for block, layer in zip(blocks, layers, strict=True):
        cosine, sine = rope_angles(places.positions(slots), block.shape)
        nothing = hidden.new_zeros(())
        query, key, value = block.project(hidden, cosine, sine, nothing)
        layer.put(slots, key, value)
        found = block.attend(query, layer.keys, layer.values, mask)
        hidden = block.finish(hidden, found, nothing)
    return hidden


def blocks_of(modules: Iterable[nn.Module]) -> list[Block]:
    """The blocks of a ``ModuleList``, which does not say what it holds."""
    return [module for module in modules if isinstance(module, Block)]


@dataclass(frozen=True, slots=True)
class _Context:
    """A context behind the frozen blocks: states (T, D), keys, values (layers, kv_heads, T, …)."""

    hidden: Tensor
    keys: Tensor
    values: Tensor


class Contexts:
    """Contexts by name, read through the first ``num_frozen`` blocks of a model."""

    def __init__(self, model: Llama, num_frozen: int, prompts: Mapping[str, Ids]) -> None:
        self._model, self._blocks = model, blocks_of(model.blocks)[:num_frozen]
        self._prompts = prompts
        self._read: dict[str, _Context] = {}

    def segments(self, names: Sequence[str], num: int, size: int, free: bool) -> Segments:
        """Where ``num`` segments of ``size`` slots stand behind each of these contexts."""
        lengths = [len(self._prompts[name]) for name in names]
        return Segments(torch.tensor(lengths, device=self._model.embedding.device), num, size, free)

    def batch(self, names: Sequence[str], places: Segments) -> tuple[Tensor, list[Layer]]:
        """States (N, T, D) behind the frozen blocks, whose layers have room for the segments."""
        self._read_new(names)
        contexts = [self._read[name] for name in names]
        hidden = self._empty(len(names), places.num_context, self._model.shape.width)
        layers = self.layers(places, len(self._blocks))
        for row, context in enumerate(contexts):
            size = len(context.hidden)
            hidden[row, :size] = context.hidden
            for number, layer in enumerate(layers):
                layer.keys[row, :, :size] = context.keys[number]
                layer.values[row, :, :size] = context.values[number]
        return hidden, layers

    def layers(self, places: Segments, count: int) -> list[Layer]:
        """Empty layers for ``count`` blocks."""
        shape = self._model.shape
        sizes = len(places.lengths), shape.num_kv_heads, places.num_slots, shape.head_width
        return [Layer(self._empty(*sizes), self._empty(*sizes)) for _ in range(count)]

    def _empty(self, *sizes: int) -> Tensor:
        # Zeros: what nobody sees is multiplied all the same, and must be a number.
        table = self._model.embedding
        return torch.zeros(*sizes, dtype=table.dtype, device=table.device)

    @torch.no_grad()
    def _read_new(self, names: Sequence[str]) -> None:
        for name in names:
            if name in self._read:
                continue
            places = self.segments([name], 0, 1, False)
            ids = torch.from_numpy(np.asarray(self._prompts[name])).to(places.lengths.device)
            layers = self.layers(places, len(self._blocks))
            embedded = self._model.embed(ids.unsqueeze(0))
            slots = places.context_slots()
            hidden = pass_through(self._blocks, layers, embedded, slots, places)
            empty = hidden.new_zeros(0)
            self._read[name] = _Context(
                hidden[0],
                torch.stack([layer.keys[0] for layer in layers]) if layers else empty,
                torch.stack([layer.values[0] for layer in layers]) if layers else empty,
            )
