"""A Llama in plain torch, one text at a time: what exported graphs are compared with."""

# N tokens, D head width, V vocabulary

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.training.shape import LlamaShape

Floats = NDArray[np.float32]


def torch_logits(
    weights: Mapping[str, Floats],
    ids: NDArray[np.int64],
    limits: NDArray[np.int64],
    shape: LlamaShape,
) -> Floats:
    """Logits (N, V) of ids (N,), each of which sees those before its limit.

    ``weights`` by Hugging Face names, the head tied to the embedding.
    """
    tensors = {name: torch.from_numpy(values) for name, values in weights.items()}
    visible = torch.arange(len(ids)) < torch.from_numpy(limits)[:, None]
    table = tensors["model.embed_tokens.weight"]
    hidden = table[torch.from_numpy(ids)]

    def norm(name: str) -> Tensor:
        return F.rms_norm(hidden, (shape.width,), tensors[f"{name}.weight"], shape.norm_epsilon)

    for layer in range(shape.num_layers):
        prefix = f"model.layers.{layer}"
        of_layer = {
            name.split(".")[-2]: tensor
            for name, tensor in tensors.items()
            if name.startswith(f"{prefix}.")
        }
        normed = norm(f"{prefix}.input_layernorm")
        attended = _attention(normed, of_layer, visible, shape)
        hidden = hidden + F.linear(attended, of_layer["o_proj"])
        normed = norm(f"{prefix}.post_attention_layernorm")
        gate = F.silu(F.linear(normed, of_layer["gate_proj"]))
        mixed = gate * F.linear(normed, of_layer["up_proj"])
        hidden = hidden + F.linear(mixed, of_layer["down_proj"])
    logits: Floats = F.linear(norm("model.norm"), table).numpy()
    return logits


def _attention(
    normed: Tensor, weights: Mapping[str, Tensor], visible: Tensor, shape: LlamaShape
) -> Tensor:
    query, key, value = (
        F.linear(normed, weights[f"{part}_proj"])
        .unflatten(1, (-1, shape.head_width))
        .transpose(0, 1)
        for part in "qkv"
    )
    attended = F.scaled_dot_product_attention(
        _rotated(query, shape), _rotated(key, shape), value, attn_mask=visible, enable_gqa=True
    )
    return attended.transpose(0, 1).flatten(1)


def _rotated(states: Tensor, shape: LlamaShape) -> Tensor:
    """Rotary embedding (arXiv:2104.09864) of states (heads, N, D)."""
    half = torch.arange(0, shape.head_width, 2) / shape.head_width
    angles = torch.arange(states.shape[1])[:, None] * shape.rope_theta**-half
    cosine, sine = (
        torch.cat([angles, angles], dim=1).cos(),
        torch.cat([angles, angles], dim=1).sin(),
    )
    first, second = states.chunk(2, dim=-1)
    return states * cosine + torch.cat([-second, first], dim=-1) * sine
