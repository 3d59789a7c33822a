"""Tiny random checkpoints in the layout that each family is published in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

from engine.byte_pairs import byte_alphabet
from engine.denoisers.families.converted import LAYOUT_TOKENS

NUM_ROWS = 320
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "vocab_size": NUM_ROWS,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
_LLADA_OUTER = {
    "model.embed_tokens.weight": "model.transformer.wte.weight",
    "model.norm.weight": "model.transformer.ln_f.weight",
    "lm_head.weight": "model.transformer.ff_out.weight",
}
_LLADA_INNER = {
    "self_attn.q_proj": "q_proj",
    "self_attn.k_proj": "k_proj",
    "self_attn.v_proj": "v_proj",
    "self_attn.o_proj": "attn_out",
    "mlp.gate_proj": "ff_proj",
    "mlp.up_proj": "up_proj",
    "mlp.down_proj": "ff_out",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ff_norm",
}
_LLADA_CONFIG = {
    "model_type": "llada",
    "architectures": ["LLaDAModelLM"],
    "d_model": 32,
    "mlp_hidden_size": 48,
    "n_layers": 2,
    "n_heads": 4,
    "n_kv_heads": 4,
    "embedding_size": NUM_ROWS,
    "vocab_size": NUM_ROWS,
    "max_sequence_length": 512,
    "rope_theta": 500000.0,
    "rms_norm_eps": 1e-5,
    "weight_tying": False,
    "include_qkv_bias": False,
}


@dataclass(frozen=True)
class Tiny:
    """A family, the stock layers it is made of, its configuration and its special tokens."""

    family: str
    stock: str
    config: dict[str, Any]
    tokens: tuple[str, ...]
    is_shifted: bool
    rename: Callable[[str], str] = str


def _published(model_type: str) -> dict[str, Any]:
    """As folders say it: the angle beside the sizes, and code that must not be run."""
    return {
        **SIZES,
        "model_type": model_type,
        "rope_theta": 1000000.0,
        "rope_scaling": None,
        "auto_map": {"AutoModel": "modeling_that_is_not_there.Model"},
        "torch_dtype": "bfloat16",
    }


def llada_name(name: str) -> str:
    if name in _LLADA_OUTER:
        return _LLADA_OUTER[name]
    _, _, number, rest = name.split(".", 3)
    inner, _, kind = rest.rpartition(".")
    return f"model.transformer.blocks.{number}.{_LLADA_INNER[inner]}.{kind}"


_DREAM = ("<|beginoftext|>", "<|mask|>", "<|endoftext|>")
_SDAR = ("<|MASK|>", "<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>")
TINY = {
    tiny.family: tiny
    for tiny in (
        Tiny("dream", "qwen2", _published("Dream"), _DREAM, True),
        Tiny("dreamon", "qwen2", _published("Dream"), (*_DREAM, "<|expand|>"), True),
        Tiny("open-dcoder", "qwen2", _published("qwen2"), ("<M>", "<|endoftext|>"), True),
        Tiny("sdar", "qwen3", _published("sdar"), _SDAR, False),
        Tiny("llada", "llama", _LLADA_CONFIG, ("<|mdm_mask|>", "<|endoftext|>"), False, llada_name),
        *(
            Tiny(f"bidirectional-{stock}", stock, _published(f"a2d-{stock}"), _DREAM[1:], False)
            for stock in ("llama", "qwen2", "qwen3")
        ),
        *(
            Tiny(f"converted-{stock}", stock, _published(stock), LAYOUT_TOKENS, True)
            for stock in ("llama", "qwen2", "qwen3")
        ),
    )
}


def stock_model(tiny: Tiny) -> Any:
    """Random stock layers, always the same; LLaDA has as many key heads as query heads."""
    torch.manual_seed(0)
    sizes = {**SIZES, "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0}}
    if tiny.family == "llada":
        sizes |= {
            "num_key_value_heads": 4,
            "rms_norm_eps": 1e-5,
            "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0},
        }
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(tiny.stock, **sizes))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.3)
    return model.eval()


def write_checkpoint(folder: Path, tiny: Tiny, without: str = "") -> Path:
    """A folder as it would be fetched; ``without`` leaves one tensor out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(tiny.config))
    tensors = {
        tiny.rename(name): tensor.contiguous().clone()
        for name, tensor in stock_model(tiny).state_dict().items()
        if name != without
    }
    save_file(tensors, folder / "model.safetensors")
    write_tokenizer(folder, tiny.tokens)
    return folder


def write_tokenizer(folder: Path, tokens: tuple[str, ...]) -> None:
    """Bytes and a merge, as vocab.json and merges.txt; special tokens apart, as Dream has them."""
    vocabulary = {token: index for index, token in enumerate(byte_alphabet())}
    vocabulary["in"] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\ni n\n")
    added = {token: len(vocabulary) + index for index, token in enumerate(tokens)}
    (folder / "added_tokens.json").write_text(json.dumps(added))
