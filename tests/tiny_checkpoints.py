"""Tiny random checkpoints in the layout that each family is published in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import transformers
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
_LLADA_SIZES = {
    "num_key_value_heads": 4,
    "rms_norm_eps": 1e-5,
    "rope_parameters": {"rope_type": "default", "rope_theta": 500000.0},
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


Tensors = dict[str, Any]


@dataclass(frozen=True)
class Tiny:
    """A family, the stock layers it is made of, its configuration and its special tokens."""

    family: str
    stock: str
    config: dict[str, Any]
    tokens: tuple[str, ...]
    is_shifted: bool
    published: Callable[[Tensors], Tensors] = dict
    sizes: Mapping[str, Any] = field(default_factory=dict)


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


def llada_tensors(tensors: Tensors) -> Tensors:
    return {_llada_name(name): tensor for name, tensor in tensors.items()}


def _llada_name(name: str) -> str:
    if name in _LLADA_OUTER:
        return _LLADA_OUTER[name]
    _, _, number, rest = name.split(".", 3)
    inner, _, kind = rest.rpartition(".")
    return f"model.transformer.blocks.{number}.{_LLADA_INNER[inner]}.{kind}"


_LLADA2_CONFIG = {
    **{name: size for name, size in SIZES.items() if not name.endswith("_token_id")},
    "model_type": "llada2_moe",
    "architectures": ["LLaDA2MoeModelLM"],
    "moe_intermediate_size": 16,
    "num_experts": 8,
    "num_experts_per_tok": 2,
    "num_shared_experts": 1,
    "n_group": 4,
    "topk_group": 2,
    "first_k_dense_replace": 1,
    "routed_scaling_factor": 2.5,
    "norm_topk_prob": True,
    "score_function": "sigmoid",
    "use_qk_norm": True,
    "use_qkv_bias": False,
    "use_bias": False,
    "partial_rotary_factor": 0.5,
    "rms_norm_eps": 1e-6,
    "rope_theta": 600000,
    "rope_scaling": None,
    "hidden_act": "silu",
    "pad_token_id": 258,
}
# The stock layers of the same sizes.
_GLM4_SIZES = {
    **SIZES,
    "moe_intermediate_size": 16,
    "n_routed_experts": 8,
    "num_experts_per_tok": 2,
    "n_shared_experts": 1,
    "n_group": 4,
    "topk_group": 2,
    "first_k_dense_replace": 1,
    "routed_scaling_factor": 2.5,
    "use_qk_norm": True,
    "rms_norm_eps": 1e-6,
    "num_mtp_layers": 0,
    "rope_parameters": {
        "rope_type": "default",
        "rope_theta": 600000,
        "partial_rotary_factor": 0.5,
    },
}


def llada2_tensors(tensors: Tensors) -> Tensors:
    """GLM-4's tensors as LLaDA2.x is published: q, k and v in one, those of each expert apart."""
    renamed: Tensors = {}
    for name, tensor in tensors.items():
        stem, _, last = name.rpartition(".")
        if "q_proj" in name:
            parts = [tensors[name.replace("q_proj", f"{part}_proj")] for part in "qkv"]
            whole = name.replace("self_attn.q_proj", "attention.query_key_value")
            renamed[whole] = torch.cat(parts)
        elif stem.endswith(".experts"):
            for number, each in enumerate(tensor):
                halves = each.chunk(2) if last == "gate_up_proj" else (each,)
                kinds = ("gate_proj", "up_proj") if last == "gate_up_proj" else (last,)
                for kind, half in zip(kinds, halves, strict=True):
                    renamed[f"{stem}.{number}.{kind}.weight"] = half
        elif "k_proj" not in name and "v_proj" not in name:
            for old, new in _LLADA2_NAMES:
                name = name.replace(old, new)
            renamed[name] = tensor
    return renamed


_LLADA2_NAMES = (
    ("embed_tokens", "word_embeddings"),
    ("self_attn.o_proj", "attention.dense"),
    ("self_attn.q_norm", "attention.query_layernorm"),
    ("self_attn.k_norm", "attention.key_layernorm"),
    ("e_score_correction_bias", "expert_bias"),
)
_LLADA2 = ("<|startoftext|>", "<|endoftext|>", "<|mask|>", "<role>", "</role>", "<|role_end|>")
_STABLE_DIFFCODER = (
    "<[begin\u2581of\u2581sentence]>",
    "<[end\u2581of\u2581sentence]>",
    "<[MASK_TOKEN]>",
    *(f"<[fim-{part}]>" for part in ("prefix", "suffix", "middle")),
)
# A window that hides some of a short prompt; one layer of either kind.
_GEMMA_SIZES = {
    "text_config": {
        "vocab_size": 400,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "layer_types": ["sliding_attention", "full_attention"],
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "global_head_dim": 16,
        "num_global_key_value_heads": 1,
        "sliding_window": 24,
        "max_position_embeddings": 512,
        "num_experts": 8,
        "top_k_experts": 2,
        "moe_intermediate_size": 16,
    },
    "vision_config": {
        "model_type": "gemma4_vision",
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "position_embedding_size": 16,
    },
    "canvas_length": 16,
}


def gemma_tensors(tensors: Tensors) -> Tensors:
    """As its library saves them: shared weights once, under the open half's names."""
    return {
        name: tensor
        for name, tensor in tensors.items()
        if name != "lm_head.weight"
        and ("language_model" not in name or name.endswith("layer_scalar"))
    }


_GEMMA = (
    *("<pad>", "<eos>", "<bos>", "<unk>", "<mask>"),
    *("<|turn>", "<turn|>", "<|channel>", "<channel|>"),
)
_LLADA = ("<|mdm_mask|>", "<|endoftext|>")
_DREAM = ("<|beginoftext|>", "<|mask|>", "<|endoftext|>")
_SDAR = (
    *("<|MASK|>", "<|endoftext|>", "<|im_end|>"),
    *(f"<|fim_{part}|>" for part in ("prefix", "suffix", "middle")),
)
TINY = {
    tiny.family: tiny
    for tiny in (
        Tiny("dream", "qwen2", _published("Dream"), _DREAM, True),
        Tiny("dreamon", "qwen2", _published("Dream"), (*_DREAM, "<|expand|>"), True),
        Tiny("open-dcoder", "qwen2", _published("qwen2"), ("<M>", "<|endoftext|>"), True),
        Tiny("sdar", "qwen3", _published("sdar"), _SDAR, False),
        Tiny("stable-diffcoder", "llama", _published("llama"), _STABLE_DIFFCODER, False),
        Tiny("llada2", "glm4_moe", _LLADA2_CONFIG, _LLADA2, False, llada2_tensors, _GLM4_SIZES),
        Tiny("llada", "llama", _LLADA_CONFIG, _LLADA, False, llada_tensors, _LLADA_SIZES),
        Tiny(
            "diffusion-gemma",
            "diffusion_gemma",
            {"model_type": "diffusion_gemma", **_GEMMA_SIZES},
            _GEMMA,
            False,
            gemma_tensors,
            _GEMMA_SIZES,
        ),
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
    """Random stock layers, always the same."""
    torch.manual_seed(0)
    rope = {"rope_type": "default", "rope_theta": 1000000.0}
    sizes = {**SIZES, "rope_parameters": rope, **tiny.sizes}
    if tiny.stock == "diffusion_gemma":
        config = AutoConfig.for_model(tiny.stock, **tiny.sizes)
        model = transformers.DiffusionGemmaForBlockDiffusion(config)
    else:
        model = AutoModelForCausalLM.from_config(AutoConfig.for_model(tiny.stock, **sizes))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0.0, 0.3)
        for name, buffer in model.named_buffers():
            if name.endswith("e_score_correction_bias"):
                buffer.normal_(0.0, 0.3)
            if name.endswith("layer_scalar"):
                buffer.uniform_(0.5, 1.0)
    return model.eval()


def write_checkpoint(folder: Path, tiny: Tiny, without: str = "") -> Path:
    """A folder as it would be fetched; ``without`` leaves one tensor out."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(tiny.config))
    tensors = {
        name: tensor.contiguous().clone()
        for name, tensor in tiny.published(stock_model(tiny).state_dict()).items()
        if name != without
    }
    save_file(tensors, folder / "model.safetensors")
    write = write_gemma_tokenizer if tiny.stock == "diffusion_gemma" else write_tokenizer
    write(folder, tiny.tokens)
    return folder


def write_tokenizer(folder: Path, tokens: tuple[str, ...]) -> None:
    """Bytes and a merge, as vocab.json and merges.txt; special tokens apart, as Dream has them."""
    vocabulary = {token: index for index, token in enumerate(byte_alphabet())}
    vocabulary["in"] = len(vocabulary)
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\ni n\n")
    added = {token: len(vocabulary) + index for index, token in enumerate(tokens)}
    (folder / "added_tokens.json").write_text(json.dumps(added))


def write_gemma_tokenizer(folder: Path, tokens: tuple[str, ...]) -> None:
    """Characters, a merge and single bytes, spaces written as Gemma writes them."""
    space = "\u2581"
    characters = [*map(chr, range(0x21, 0x7F)), space, "\n", "in", f"{space}{space}"]
    single = [f"<0x{byte:02X}>" for byte in range(256)]
    ids = {token: index for index, token in enumerate((*tokens, *single, *characters))}
    special = [{"id": ids[token], "content": token, "special": True} for token in tokens]
    white = [{"id": ids[token], "content": token, "special": False} for token in ("\n", space * 2)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    record = {
        "version": "1.0",
        "added_tokens": [{**entry, **flags} for entry in (*special, *white)],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": space},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"String": " "},
            "behavior": "MergedWithPrevious",
            "invert": False,
        },
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": True,
            "byte_fallback": True,
            "vocab": ids,
            "merges": [["i", "n"]],
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(record))
