"""SmolLM2 with two streams: a frozen causal context, and canvases with low-rank adapters.

Imports torch alone. The context stream runs without gradient and leaves its keys and values; the
canvas stream reads them under any visibility mask. One set of base weights serves both.
"""

# B rows, T context tokens, N canvas tokens, D width, H heads, K key/value heads, V vocabulary

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.training.shape import LlamaShape

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
KeysValues = list[tuple[Tensor, Tensor]]
Adapters = dict[str, tuple[Tensor, Tensor]]


@dataclass(frozen=True, slots=True)
class AdapterConfig:
    """Low-rank adapters (arXiv:2106.09685): ``y = W x + scale * B A x``."""

    rank: int = 64
    scale: float = 2.0


class TwoStream(nn.Module):
    """Frozen base, trainable adapters on every projection, trainable rows of the special tokens."""

    def __init__(
        self,
        base: Mapping[str, Tensor],
        shape: LlamaShape,
        adapter: AdapterConfig,
        num_special_rows: int,
        dtype: torch.dtype = torch.bfloat16,
    ) -> None:
        super().__init__()
        self.shape, self.adapter, self.dtype = shape, adapter, dtype
        self.embedding = base["model.embed_tokens.weight"].to(dtype)
        self.final_norm = base["model.norm.weight"].to(dtype)
        self.layers = [Layer.of(base, index, dtype) for index in range(shape.num_layers)]
        self.canvas_block = canvas_block
        self.special_rows = nn.Parameter(
            base["model.embed_tokens.weight"][:num_special_rows].float().clone()
        )
        self.lora = nn.ParameterDict()
        for index in range(shape.num_layers):
            for name, (width_in, width_out) in projection_widths(shape).items():
                down = torch.randn(adapter.rank, width_in) / width_in**0.5
                self.lora[f"{index}_{name}_a"] = nn.Parameter(down)
                self.lora[f"{index}_{name}_b"] = nn.Parameter(torch.zeros(width_out, adapter.rank))

    def to_device(self, device: torch.device) -> TwoStream:
        """Move parameters and frozen weights."""
        self.to(device)
        self.embedding = self.embedding.to(device)
        self.final_norm = self.final_norm.to(device)
        self.layers = [layer.to(device) for layer in self.layers]
        return self

    def compile(self) -> None:
        """Fuse the canvas stream's blocks (a quarter faster on a CPU, half a minute to start)."""
        self.canvas_block = torch.compile(canvas_block, dynamic=True)

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings (B, N, D) of ids (B, N); special rows are the trained ones."""
        num_special = self.special_rows.shape[0]
        plain = F.embedding(ids, self.embedding)
        special = F.embedding(ids.clamp(max=num_special - 1), self.special_rows.to(self.dtype))
        return torch.where((ids < num_special).unsqueeze(-1), special, plain)

    def head(self, hidden: Tensor) -> Tensor:
        """Logits (…, V) of final hidden states (…, D); the head is tied to the embedding."""
        plain = F.linear(hidden, self.embedding)
        special = F.linear(hidden, self.special_rows.to(self.dtype))
        return torch.cat([special, plain[..., self.special_rows.shape[0] :]], dim=-1)

    @torch.no_grad()
    def context(self, ids: Tensor, positions: Tensor, bias: Tensor | None) -> KeysValues:
        """Keys and values, per layer (B, K, T, head_width), of a context seen by the base alone.

        ``bias`` (B, 1, T, T) additive, or None for plain causal attention.
        """
        hidden = self.embed(ids)
        angles = rope_angles(positions, self.shape, self.dtype)
        cache: KeysValues = []
        for layer in self.layers:
            keys_values = _keys_values(layer, self.shape, hidden, angles, None)
            cache.append(keys_values)
            if layer is not self.layers[-1]:
                hidden = _block(layer, self.shape, hidden, angles, bias, keys_values, None)
        return cache

    def canvas(self, ids: Tensor, positions: Tensor, bias: Tensor, past: KeysValues) -> Tensor:
        """Final hidden states (B, N, D) of canvas tokens through base and adapters.

        ``bias`` (B, 1, N, T + N) additive over the context's and then the canvas's tokens.
        """
        hidden = self.embed(ids)
        angles = rope_angles(positions, self.shape, self.dtype)
        for index, layer in enumerate(self.layers):
            hidden = self.canvas_block(
                layer, self.shape, hidden, angles, bias, past[index], self.adapters(index)
            )
        return F.rms_norm(hidden, (self.shape.width,), self.final_norm, self.shape.norm_epsilon)

    def adapters(self, index: int) -> Adapters:
        """Layer ``index``'s (A, scaled B) of every projection, in the streams' type."""
        scale = self.adapter.scale
        return {
            name: (
                self.lora[f"{index}_{name}_a"].to(self.dtype),
                (scale * self.lora[f"{index}_{name}_b"]).to(self.dtype),
            )
            for name in PROJECTIONS
        }


@dataclass(slots=True)
class Layer:
    """Frozen tensors of one transformer block; ``weights`` by projection."""

    weights: dict[str, Tensor]
    input_norm: Tensor
    ffn_norm: Tensor

    @staticmethod
    def of(base: Mapping[str, Tensor], index: int, dtype: torch.dtype) -> Layer:
        """The tensors of layer ``index``, by Hugging Face names."""
        prefix = f"model.layers.{index}"
        weights = {
            name: base[f"{prefix}.{'self_attn' if name in ATTENTION else 'mlp'}.{name}.weight"].to(
                dtype
            )
            for name in PROJECTIONS
        }
        norms = (
            base[f"{prefix}.{name}.weight"].to(dtype)
            for name in ("input_layernorm", "post_attention_layernorm")
        )
        return Layer(weights, *norms)

    def to(self, device: torch.device) -> Layer:
        """The same tensors on ``device``."""
        weights = {name: weight.to(device) for name, weight in self.weights.items()}
        return Layer(weights, self.input_norm.to(device), self.ffn_norm.to(device))


def _keys_values(
    layer: Layer,
    shape: LlamaShape,
    hidden: Tensor,
    angles: tuple[Tensor, Tensor],
    adapters: Adapters | None,
) -> tuple[Tensor, Tensor]:
    normed = _norm(hidden, layer.input_norm, shape)
    key = _heads(_project(layer, "k_proj", normed, adapters), shape)
    return _rotate(key, *angles), _heads(_project(layer, "v_proj", normed, adapters), shape)


def _block(
    layer: Layer,
    shape: LlamaShape,
    hidden: Tensor,
    angles: tuple[Tensor, Tensor],
    bias: Tensor | None,
    keys_values: tuple[Tensor, Tensor],
    adapters: Adapters | None,
) -> Tensor:
    """One transformer block; ``keys_values`` are all that the queries may see."""
    normed = _norm(hidden, layer.input_norm, shape)
    query = _rotate(_heads(_project(layer, "q_proj", normed, adapters), shape), *angles)
    key, value = (states.repeat_interleave(shape.num_groups, dim=1) for states in keys_values)
    attended = F.scaled_dot_product_attention(
        query, key, value, attn_mask=bias, is_causal=bias is None
    )
    attended = attended.transpose(1, 2).reshape(hidden.shape[0], hidden.shape[1], -1)
    hidden = hidden + _project(layer, "o_proj", attended, adapters)
    normed = _norm(hidden, layer.ffn_norm, shape)
    gate = F.silu(_project(layer, "gate_proj", normed, adapters))
    mixed = gate * _project(layer, "up_proj", normed, adapters)
    return hidden + _project(layer, "down_proj", mixed, adapters)


def canvas_block(
    layer: Layer,
    shape: LlamaShape,
    hidden: Tensor,
    angles: tuple[Tensor, Tensor],
    bias: Tensor,
    past: tuple[Tensor, Tensor],
    adapters: Adapters,
) -> Tensor:
    """One block of the canvas stream: sees the context's keys and values, then its own."""
    key, value = _keys_values(layer, shape, hidden, angles, adapters)
    seen = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
    return _block(layer, shape, hidden, angles, bias, seen, adapters)


def _project(layer: Layer, name: str, inputs: Tensor, adapters: Adapters | None) -> Tensor:
    outputs = F.linear(inputs, layer.weights[name])
    if adapters is None:
        return outputs
    down, up = adapters[name]
    return outputs + F.linear(F.linear(inputs, down), up)


def _norm(hidden: Tensor, weight: Tensor, shape: LlamaShape) -> Tensor:
    return F.rms_norm(hidden, (shape.width,), weight, shape.norm_epsilon)


def _heads(states: Tensor, shape: LlamaShape) -> Tensor:
    return states.view(*states.shape[:2], -1, shape.head_width).transpose(1, 2)


def projection_widths(shape: LlamaShape) -> dict[str, tuple[int, int]]:
    """Input and output width of each adapted projection."""
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


def rope_angles(positions: Tensor, shape: LlamaShape, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Cosine and sine (B, 1, N, head_width) of the rotary embedding (arXiv:2104.09864)."""
    half = torch.arange(0, shape.head_width, 2, device=positions.device).float() / shape.head_width
    angles = positions.unsqueeze(-1).float() * shape.rope_theta ** (-half)
    angles = torch.cat([angles, angles], dim=-1).unsqueeze(1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def _rotate(states: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    first, second = states.chunk(2, dim=-1)
    return states * cosine + torch.cat([-second, first], dim=-1) * sine
