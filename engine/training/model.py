"""SmolLM2 as one stream: contexts, canvases and their copies in packed sequences, all trained.

Imports torch alone; ``visibility`` says who sees whom. Late in a run the layers are rounded to the
four bits that ship, with straight-through gradients, so that what is trained is what runs.
"""

# B sequences, L tokens, D width, V vocabulary, O output features, I input features

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.training.shape import LlamaShape
from engine.training.visibility import Mask, attend

BLOCK = 32  # weights that share a scale and an offset, see engine.training.quantise
# Products that read the same input are one: query, key and value; gate and up.
_MERGED = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "output": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
_NORMS = {"attention_norm": "input_layernorm", "feed_forward_norm": "post_attention_layernorm"}


class Block(nn.Module):
    """One transformer block; parameters are float32, products run in ``dtype``.

    ``is_rounded``: whether ``rounding`` has a say.
    """

    qkv: Tensor
    output: Tensor
    gate_up: Tensor
    down: Tensor
    attention_norm: Tensor
    feed_forward_norm: Tensor

    def __init__(self, shape: LlamaShape, dtype: torch.dtype, is_rounded: bool = True) -> None:
        super().__init__()
        self.shape, self.dtype, self.is_rounded = shape, dtype, is_rounded
        for name, projections in _MERGED.items():
            sizes = [projection_widths(shape)[one.split(".")[1]] for one in projections]
            weight = torch.empty(sum(size[1] for size in sizes), sizes[0][0])
            self.register_parameter(name, nn.Parameter(weight))
        for name in _NORMS:
            self.register_parameter(name, nn.Parameter(torch.empty(shape.width)))

    def forward(
        self, hidden: Tensor, cosine: Tensor, sine: Tensor, rounding: Tensor, mask: Mask
    ) -> Tensor:
        """Hidden states (B, L, D); ``rounding`` () is 0 for full weights and 1 for rounded ones."""
        query, key, value = self.project(hidden, cosine, sine, rounding)
        return self.finish(hidden, self.attend(query, key, value, mask), rounding)

    def project(
        self, hidden: Tensor, cosine: Tensor, sine: Tensor, rounding: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Query (B, heads, L, head_width), key and value (B, kv_heads, L, head_width), turned."""
        batch, length, _ = hidden.shape
        heads, kv_heads, width = (
            self.shape.num_heads, self.shape.num_kv_heads, self.shape.head_width
        )  # fmt: skip
        mixed = self.product("qkv", self._norm(hidden, self.attention_norm), rounding)
        mixed = mixed.view(batch, length, heads + 2 * kv_heads, width).transpose(1, 2)
        query, key, value = torch.split(mixed, [heads, kv_heads, kv_heads], dim=1)
        return rotate(query, cosine, sine), rotate(key, cosine, sine), value

    def attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Mask) -> Tensor:
        """What the queries of ``project`` (B, heads, L, …) find in K keys (B, kv_heads, K, …)."""
        groups = self.shape.num_groups
        key, value = (states.repeat_interleave(groups, dim=1) for states in (key, value))
        return attend(query, key, value, mask).transpose(1, 2).flatten(2)

    def finish(self, hidden: Tensor, attended: Tensor, rounding: Tensor) -> Tensor:
        """The block's outcome (B, L, D) from what its queries found (B, L, heads x width)."""
        hidden = hidden + self.product("output", attended, rounding)
        mixed = self.product("gate_up", self._norm(hidden, self.feed_forward_norm), rounding)
        gate, up = mixed.chunk(2, dim=-1)
        return hidden + self.product("down", F.silu(gate) * up, rounding)

    def _norm(self, hidden: Tensor, weight: Tensor) -> Tensor:
        return F.rms_norm(
            hidden, (self.shape.width,), weight.to(self.dtype), self.shape.norm_epsilon
        )

    def product(self, name: str, states: Tensor, rounding: Tensor) -> Tensor:
        """States (B, L, I) times the weight of that name."""
        weight: Tensor = getattr(self, name)
        if not self.is_rounded:
            return F.linear(states, weight.to(self.dtype))
        rounded = weight + rounding * (four_bit_values(weight) - weight).detach()
        return F.linear(states, rounded.to(self.dtype))


class Llama(nn.Module):
    """Trained blocks, norms and special rows around a frozen table of embeddings.

    ``is_rounded``: whether its layers ship in four bits.
    """

    embedding: Tensor
    rounding: Tensor

    def __init__(
        self,
        base: Mapping[str, Tensor],
        shape: LlamaShape,
        num_special_rows: int,
        dtype: torch.dtype = torch.bfloat16,
        is_rounded: bool = True,
    ) -> None:
        super().__init__()
        self.shape, self.dtype, self.is_rounded = shape, dtype, is_rounded
        table = base["model.embed_tokens.weight"]
        self.register_buffer("embedding", table.to(dtype), persistent=False)
        self.special_rows = nn.Parameter(table[:num_special_rows].float().clone())
        self.final_norm = nn.Parameter(base["model.norm.weight"].float().clone())
        self.register_buffer("rounding", torch.zeros(()), persistent=False)
        self.blocks = nn.ModuleList(self.block(index) for index in range(shape.num_layers))
        with torch.no_grad():
            for index, block in enumerate(self.blocks):
                for name, value in _merged(base, index).items():
                    getattr(block, name).copy_(value)

    def block(self, index: int) -> Block:
        """An empty block for the layer of that index."""
        del index
        return Block(self.shape, self.dtype, self.is_rounded)

    def forward(self, ids: Tensor, positions: Tensor, mask: Mask) -> Tensor:
        """Final hidden states (B, L, D) of ids and positions (B, L)."""
        hidden = self.embed(ids)
        cosine, sine = rope_angles(positions, self.shape)
        for block in self.blocks:
            hidden = block(hidden, cosine, sine, self.rounding, mask)
        weight = self.final_norm.to(self.dtype)
        return F.rms_norm(hidden, (self.shape.width,), weight, self.shape.norm_epsilon)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings (B, L, D) of ids (B, L); special rows are the trained ones."""
        num_special = self.special_rows.shape[0]
        # A product, whose gradient is one too: most ids are not special and would queue for a row.
        chosen = F.one_hot(ids.clamp(max=num_special), num_special + 1)[..., :num_special]
        special = chosen.to(self.dtype) @ self.special_rows.to(self.dtype)
        plain = F.embedding(ids, self.embedding) * (ids >= num_special).unsqueeze(-1)
        return plain + special

    def compile(self) -> None:
        """Fuse each block; all share one compilation."""
        for block in self.blocks:
            block.compile(dynamic=False)

    def tensors(self) -> dict[str, Tensor]:
        """Trained float32 tensors by their Hugging Face names, layers as they ship.

        The embedding is not among them: its special rows are ``special_rows`` (S, D).
        """
        found = {"model.norm.weight": self.final_norm.detach()}
        for index, block in enumerate(self.blocks):
            for name in _MERGED:
                merged = block.get_parameter(name).detach()
                merged = four_bit_values(merged) if self.is_rounded else merged
                found |= split_product(index, name, merged, self.shape)
            for name, norm in _NORMS.items():
                found[f"model.layers.{index}.{norm}.weight"] = block.get_parameter(name).detach()
        return found


def split_product(index: int, name: str, weight: Tensor, shape: LlamaShape) -> dict[str, Tensor]:
    """The weight (O, I) of a layer's product as the projections that it merges, by their names."""
    projections = _MERGED[name]
    sizes = [projection_widths(shape)[one.split(".")[1]][1] for one in projections]
    parts = torch.split(weight, sizes)
    return {
        f"model.layers.{index}.{one}.weight": part
        for one, part in zip(projections, parts, strict=True)
    }


def four_bit_values(weight: Tensor) -> Tensor:
    """Each block of 32 of (O, I) rounded to 16 steps between its extremes, as files keep them."""
    blocks = weight.view(weight.shape[0], -1, BLOCK)
    low = blocks.amin(dim=-1, keepdim=True)
    step = ((blocks.amax(dim=-1, keepdim=True) - low) / 15).half().float()
    low = low.half().float()
    codes = ((blocks - low) / step.clamp(min=1e-8)).round().clamp(0, 15)
    return (codes * step + low).view_as(weight)


def projection_widths(shape: LlamaShape) -> dict[str, tuple[int, int]]:
    """Input and output width of each projection."""
    heads, kv_heads = shape.num_heads * shape.head_width, shape.num_kv_heads * shape.head_width
    return {
        "q_proj": (shape.width, heads),
        "k_proj": (shape.width, kv_heads),
        "v_proj": (shape.width, kv_heads),
        "o_proj": (heads, shape.width),
        "gate_proj": (shape.width, shape.ffn_width),
        "up_proj": (shape.width, shape.ffn_width),
        "down_proj": (shape.ffn_width, shape.width),
    }


def rope_angles(positions: Tensor, shape: LlamaShape) -> tuple[Tensor, Tensor]:
    """Cosine and sine (B, 1, L, head_width) of the rotary embedding (arXiv:2104.09864)."""
    half = torch.arange(0, shape.head_width, 2, device=positions.device).float() / shape.head_width
    angles = positions.unsqueeze(-1).float() * shape.rope_theta ** (-half)
    angles = torch.cat([angles, angles], dim=-1).unsqueeze(1)
    return angles.cos(), angles.sin()


def rotate(states: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """States (B, H, L, head_width) turned by their positions' angles."""
    first, second = states.chunk(2, dim=-1)
    turned = states * cosine + torch.cat([-second, first], dim=-1) * sine
    return turned.to(states.dtype)


def _merged(base: Mapping[str, Tensor], index: int) -> dict[str, Tensor]:
    prefix = f"model.layers.{index}"
    weights = {
        name: torch.cat([base[f"{prefix}.{one}.weight"].float() for one in projections])
        for name, projections in _MERGED.items()
    }
    return weights | {name: base[f"{prefix}.{norm}.weight"] for name, norm in _NORMS.items()}
