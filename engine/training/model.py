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
KeysValues = list[tuple[Tensor, Tensor]]


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
        self.layers = [_Layer.of(base, index, dtype) for index in range(shape.num_layers)]
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

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings (B, N, D) of ids (B, N); special rows are the trained ones."""
        num_special = self.special_rows.shape[0]
        plain = F.embedding(ids, self.embedding)
        special = F.embedding(ids.clamp(max=num_special - 1), self.special_rows.to(self.dtype))
        return torch.where((ids < num_special).unsqueeze(-1), special, plain)

    def head(self, hidden: Tensor) -> Tensor:
        """Logits (M, V) of final hidden states (M, D); the head is tied to the embedding."""
        plain = F.linear(hidden, self.embedding)
        special = F.linear(hidden, self.special_rows.to(self.dtype))
        return torch.cat([special, plain[:, self.special_rows.shape[0] :]], dim=-1)

    @torch.no_grad()
    def context(self, ids: Tensor, positions: Tensor, visible: Tensor | None) -> KeysValues:
        """Keys and values, per layer (B, K, T, head_width), of a context seen by the base alone.

        ``visible`` (B, 1, T, T) bool, or None for plain causal attention.
        """
        hidden = self.embed(ids)
        angles = rope_angles(positions, self.shape, self.dtype)
        cache: KeysValues = []
        for index, layer in enumerate(self.layers):
            is_last = index == len(self.layers) - 1
            hidden, keys_values = self._block(index, layer, hidden, angles, visible, None, is_last)
            cache.append(keys_values)
        return cache

    def canvas(
        self, ids: Tensor, positions: Tensor, visible: Tensor, past: KeysValues
    ) -> Tensor:
        """Final hidden states (B, N, D) of canvas tokens through base and adapters.

        ``visible`` (B, 1, N, T + N) bool over the context's and then the canvas's tokens.
        """
        hidden = self.embed(ids)
        angles = rope_angles(positions, self.shape, self.dtype)
        for index, layer in enumerate(self.layers):
            hidden, _ = self._block(index, layer, hidden, angles, visible, past[index], False)
        return F.rms_norm(hidden, (self.shape.width,), self.final_norm, self.shape.norm_epsilon)

    def _block(
        self,
        index: int,
        layer: _Layer,
        hidden: Tensor,
        angles: tuple[Tensor, Tensor],
        visible: Tensor | None,
        past: tuple[Tensor, Tensor] | None,
        keys_values_only: bool,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        shape, adapted = self.shape, past is not None
        rows, length, _ = hidden.shape
        normed = F.rms_norm(hidden, (shape.width,), layer.input_norm, shape.norm_epsilon)
        query, key, value = self._project(index, layer.qkv, ("q_proj", "k_proj", "v_proj"), normed, adapted)
        query = _rotate(query.view(rows, length, -1, shape.head_width).transpose(1, 2), *angles)
        key = _rotate(key.view(rows, length, -1, shape.head_width).transpose(1, 2), *angles)
        value = value.view(rows, length, -1, shape.head_width).transpose(1, 2)
        fresh = (key, value)
        if keys_values_only:
            return hidden, fresh
        if past is not None:
            key, value = torch.cat([past[0], key], dim=2), torch.cat([past[1], value], dim=2)
        groups = shape.num_heads // shape.num_kv_heads
        attended = F.scaled_dot_product_attention(
            query,
            key.repeat_interleave(groups, dim=1),
            value.repeat_interleave(groups, dim=1),
            attn_mask=visible,
            is_causal=visible is None,
        )
        attended = attended.transpose(1, 2).reshape(rows, length, -1)
        hidden = hidden + self._project(index, (layer.o,), ("o_proj",), attended, adapted)[0]
        normed = F.rms_norm(hidden, (shape.width,), layer.ffn_norm, shape.norm_epsilon)
        gate, up = self._project(index, layer.gate_up, ("gate_proj", "up_proj"), normed, adapted)
        mixed = F.silu(gate) * up
        return hidden + self._project(index, (layer.down,), ("down_proj",), mixed, adapted)[0], fresh

    def _project(
        self,
        index: int,
        weights: tuple[Tensor, ...],
        names: tuple[str, ...],
        inputs: Tensor,
        adapted: bool,
    ) -> list[Tensor]:
        plain = [F.linear(inputs, weight) for weight in weights]
        if not adapted:
            return plain
        rank = self.adapter.rank
        downs = torch.cat([self.lora[f"{index}_{name}_a"] for name in names]).to(self.dtype)
        inner = F.linear(inputs, downs)
        ups = [(self.adapter.scale * self.lora[f"{index}_{name}_b"]).to(self.dtype) for name in names]
        return [
            output + F.linear(inner[..., i * rank : (i + 1) * rank], up)
            for i, (output, up) in enumerate(zip(plain, ups, strict=True))
        ]


@dataclass(slots=True)
class _Layer:
    """Frozen tensors of one transformer block."""

    qkv: tuple[Tensor, ...]
    o: Tensor
    gate_up: tuple[Tensor, ...]
    down: Tensor
    input_norm: Tensor
    ffn_norm: Tensor

    @staticmethod
    def of(base: Mapping[str, Tensor], index: int, dtype: torch.dtype) -> _Layer:
        prefix = f"model.layers.{index}"

        def get(name: str) -> Tensor:
            return base[f"{prefix}.{name}.weight"].to(dtype)

        return _Layer(
            qkv=tuple(get(f"self_attn.{name}") for name in ("q_proj", "k_proj", "v_proj")),
            o=get("self_attn.o_proj"),
            gate_up=(get("mlp.gate_proj"), get("mlp.up_proj")),
            down=get("mlp.down_proj"),
            input_norm=get("input_layernorm"),
            ffn_norm=get("post_attention_layernorm"),
        )

    def to(self, device: torch.device) -> _Layer:
        return _Layer(
            tuple(weight.to(device) for weight in self.qkv),
            self.o.to(device),
            tuple(weight.to(device) for weight in self.gate_up),
            self.down.to(device),
            self.input_norm.to(device),
            self.ffn_norm.to(device),
        )


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
