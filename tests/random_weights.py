"""Random weights of any shape, for tests of runtimes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.training.shape import LlamaShape


def random_weights(
    shape: LlamaShape, random: np.random.Generator
) -> dict[str, NDArray[np.float32]]:
    """Tensors by Hugging Face names, as ``engine.training.export.export`` takes them."""

    def draw(*sizes: int) -> NDArray[np.float32]:
        return random.standard_normal(sizes, np.float32) * np.float32(sizes[-1] ** -0.5)

    heads, kv_heads = shape.num_heads * shape.head_width, shape.num_kv_heads * shape.head_width
    projections = {
        "self_attn.q_proj": (heads, shape.width),
        "self_attn.k_proj": (kv_heads, shape.width),
        "self_attn.v_proj": (kv_heads, shape.width),
        "self_attn.o_proj": (shape.width, heads),
        "mlp.gate_proj": (shape.ffn_width, shape.width),
        "mlp.up_proj": (shape.ffn_width, shape.width),
        "mlp.down_proj": (shape.width, shape.ffn_width),
    }
    weights = {
        "model.embed_tokens.weight": draw(shape.vocab_size, shape.width),
        "model.norm.weight": 1 + draw(shape.width),
    }
    for layer in range(shape.num_layers):
        for norm in ("input_layernorm", "post_attention_layernorm"):
            weights[f"model.layers.{layer}.{norm}.weight"] = 1 + draw(shape.width)
        for name, (width_out, width_in) in projections.items():
            weights[f"model.layers.{layer}.{name}.weight"] = draw(width_out, width_in)
    return weights
