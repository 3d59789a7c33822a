"""Low-rank adapters on a frozen model: cheap to train, merged into its weights at the end.

LoRA (arXiv:2106.09685): a product's weight W (O, I) becomes W + U D with U (O, r) and D (r, I), of
which U starts at zero. What is frozen needs no gradient of its own, and layers below the first
adapter none at all, so a step costs two thirds of a full one, or less.
"""

# B sequences, L tokens, O output features, I input features, r rank

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.training.model import Block, Llama, split_product
from engine.training.shape import LlamaShape

PRODUCTS = ("qkv", "output", "gate_up", "down")  # of a block


@dataclass(frozen=True, slots=True)
class LowRankConfig:
    """``rank`` r of the adapters of the last ``num_layers`` (all when None).

    ``scale``: what U D counts; the learning rate is that of a full run when it is about 1.
    """

    rank: int = 16
    num_layers: int | None = 10
    scale: float = 2.0


class LowRankBlock(Block):
    """A block whose weights are frozen in ``dtype``, with adapters beside them or without."""

    def __init__(self, shape: LlamaShape, dtype: torch.dtype, config: LowRankConfig | None) -> None:
        super().__init__(shape, dtype, is_rounded=False)
        self.config = config
        for name, weight in list(self.named_parameters()):
            delattr(self, name)
            self.register_buffer(name, weight.detach().to(dtype), persistent=False)
            if config is not None and name in PRODUCTS:
                num_out, num_in = weight.shape
                down = torch.empty(config.rank, num_in).uniform_(-1, 1) * num_in**-0.5
                self.register_parameter(f"{name}_down", nn.Parameter(down))
                self.register_parameter(
                    f"{name}_up", nn.Parameter(torch.zeros(num_out, config.rank))
                )

    def product(self, name: str, states: Tensor, rounding: Tensor) -> Tensor:
        """States (B, L, I) times the frozen weight and its adapter; nothing is rounded."""
        del rounding
        frozen: Tensor = F.linear(states, getattr(self, name))
        if self.config is None:
            return frozen
        down, up = (self.get_parameter(f"{name}_{part}").to(self.dtype) for part in ("down", "up"))
        return frozen + self.config.scale * F.linear(F.linear(states, down), up)

    def changes(self) -> dict[str, Tensor]:
        """What each adapter adds to its weight (O, I), in float32."""
        if self.config is None:
            return {}
        return {
            name: self.config.scale
            * (self.get_parameter(f"{name}_up") @ self.get_parameter(f"{name}_down")).detach()
            for name in PRODUCTS
        }


class LowRankLlama(Llama):
    """Adapters on the last layers of a frozen model; its state is theirs alone."""

    def __init__(
        self,
        base: Mapping[str, Tensor],
        shape: LlamaShape,
        num_special_rows: int,
        dtype: torch.dtype,
        config: LowRankConfig,
    ) -> None:
        self.config = config
        super().__init__(base, shape, num_special_rows, dtype, is_rounded=False)
        for frozen in (self.special_rows, self.final_norm):
            frozen.requires_grad_(False)

    def block(self, index: int) -> Block:
        """An empty block for the layer of that index."""
        num_adapted = self.config.num_layers or self.shape.num_layers
        is_adapted = index >= self.shape.num_layers - num_adapted
        return LowRankBlock(self.shape, self.dtype, self.config if is_adapted else None)

    def tensors(self) -> dict[str, Tensor]:
        """None: the state is all that is trained, and ``merged`` makes weights of it."""
        return {}

    def merged(self, base: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors of ``base`` by their Hugging Face names, in float32, adapters merged in."""
        merged = dict(base)
        for index, block in enumerate(self.blocks):
            changes = block.changes() if isinstance(block, LowRankBlock) else {}
            for product, change in changes.items():
                for name, part in split_product(index, product, change, self.shape).items():
                    merged[name] = base[name] + part
        return merged
