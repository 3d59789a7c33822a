"""LLaDA-8B and LLaDA-1.5: Llama's layers under other names, bidirectional, not shifted."""

from __future__ import annotations

import re
from typing import Any

from engine.denoisers.families.family import Arrangement, Config, Family, LengthControl

_OUTER = {
    "model.transformer.wte.weight": "model.embed_tokens.weight",
    "model.transformer.ln_f.weight": "model.norm.weight",
    "model.transformer.ff_out.weight": "lm_head.weight",
}
_INNER = {
    "q_proj": "self_attn.q_proj",
    "k_proj": "self_attn.k_proj",
    "v_proj": "self_attn.v_proj",
    "attn_out": "self_attn.o_proj",
    "ff_proj": "mlp.gate_proj",
    "up_proj": "mlp.up_proj",
    "ff_out": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ff_norm": "post_attention_layernorm",
}
_BLOCK = re.compile(r"model\.transformer\.blocks\.(\d+)\.(\w+)\.(weight|bias)")


def layer_config(config: Config) -> dict[str, Any]:
    """The same sizes under Llama's names. Raises KeyError naming what is missing."""
    return {
        "vocab_size": config.get("embedding_size") or config["vocab_size"],
        "hidden_size": config["d_model"],
        "intermediate_size": config["mlp_hidden_size"],
        "num_hidden_layers": config["n_layers"],
        "num_attention_heads": config["n_heads"],
        "num_key_value_heads": config.get("n_kv_heads") or config["n_heads"],
        "max_position_embeddings": config["max_sequence_length"],
        "rms_norm_eps": config.get("rms_norm_eps", 1e-5),
        "rope_parameters": {"rope_type": "default", "rope_theta": config["rope_theta"]},
        "attention_bias": bool(config.get("include_qkv_bias", False)),
        "tie_word_embeddings": bool(config.get("weight_tying", False)),
    }


def rename(name: str) -> str:
    """A tensor's name in Llama; the name itself when it has none."""
    if match := _BLOCK.fullmatch(name):
        inner = _INNER.get(match[2], match[2])
        return f"model.layers.{match[1]}.{inner}.{match[3]}"
    return _OUTER.get(name, name)


LLADA = Family(
    name="llada",
    title="LLaDA, LLaDA-1.5",
    stock="llama",
    arrangement=Arrangement.IN_PLACE,
    is_shifted=False,
    length=LengthControl.CONFIDENCE,
    mask_tokens=("<|mdm_mask|>",),
    end_tokens=("<|endoftext|>",),
    sampler="lowest confidence masked again, a token a step, temperature 0",
    source="arXiv 2502.09992, 2505.19223",
    layer_config=layer_config,
    rename=rename,
)
