"""LLaDA2.x: a mixture of experts on GLM-4's layers, blocks of 32 that see all blocks before.

The router takes a sigmoid of each expert and a bias, the best groups, then the best experts; every
layer but the first has a shared expert. Trained to answer, without infilling tokens: the suffix is
shown in the question, and the answer begins with the prefix.
"""

from __future__ import annotations

import re
from typing import Any

from engine.denoisers.families.family import (
    Arrangement,
    Config,
    Family,
    LengthControl,
    Prompt,
    Split,
)
from engine.errors import UnknownModel

_OUTER = {"model.word_embeddings.weight": "model.embed_tokens.weight"}
_INNER = (
    (re.compile(r"\.attention\.query_key_value\."), ".self_attn.qkv_proj."),
    (re.compile(r"\.attention\.dense\."), ".self_attn.o_proj."),
    (re.compile(r"\.attention\.query_layernorm\."), ".self_attn.q_norm."),
    (re.compile(r"\.attention\.key_layernorm\."), ".self_attn.k_norm."),
    (re.compile(r"\.mlp\.gate\.expert_bias$"), ".mlp.gate.e_score_correction_bias"),
)
_SAME = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "max_position_embeddings",
    "moe_intermediate_size",
    "num_experts_per_tok",
    "routed_scaling_factor",
    "n_group",
    "topk_group",
    "first_k_dense_replace",
)


def layer_config(config: Config) -> dict[str, Any]:
    """The same sizes under GLM-4's names.

    Raises KeyError naming what is missing, UnknownModel for what those layers do not have.
    """
    if config.get("use_bias") or config.get("score_function", "sigmoid") != "sigmoid":
        raise UnknownModel(
            "llada2: a bias behind the attention (use_bias), or a router without sigmoid "
            "(score_function), is not what LLaDA2.x was published with: no layers here for it"
        )
    rope = {
        "rope_type": "default",
        "rope_theta": config["rope_theta"],
        "partial_rotary_factor": config.get("partial_rotary_factor", 1.0),
    }
    return {
        **{name: config[name] for name in _SAME},
        "head_dim": _head_dim(config),
        "rms_norm_eps": config.get("rms_norm_eps", 1e-6),
        "rope_parameters": rope,
        "attention_bias": bool(config.get("use_qkv_bias", False)),
        "use_qk_norm": bool(config.get("use_qk_norm", True)),
        "n_routed_experts": config["num_experts"],
        "n_shared_experts": config["num_shared_experts"],
        "norm_topk_prob": bool(config.get("norm_topk_prob", True)),
        "tie_word_embeddings": bool(config.get("tie_word_embeddings", False)),
        "num_mtp_layers": 0,
    }


def rename(name: str) -> str:
    """A tensor's name in GLM-4; the name itself when it is the same."""
    for pattern, replacement in _INNER:
        name = pattern.sub(replacement, name)
    return _OUTER.get(name, name)


def split(config: Config) -> Split:
    """Query, key and value lie in one tensor."""
    width = _head_dim(config)
    query, other = (width * config[f"num_{kind}_heads"] for kind in ("attention", "key_value"))
    parts = (("q_proj", query), ("k_proj", other), ("v_proj", other))
    return {"self_attn.qkv_proj": [(f"self_attn.{name}", rows) for name, rows in parts]}


def _head_dim(config: Config) -> int:
    width: int = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    return width


_QUESTION = "Write a source file that ends with the lines below, and stop in front of them.\n"


def _role(name: str) -> tuple[str, str, str]:
    return ("<role>", name, "</role>")


LLADA2 = Family(
    name="llada2",
    title="LLaDA2.x (mixture of experts)",
    stock="glm4_moe",
    arrangement=Arrangement.PROMPTED,
    is_shifted=False,
    length=LengthControl.TOKEN,
    mask_tokens=("<|mask|>",),
    end_tokens=("<|endoftext|>", "<|role_end|>"),
    block_size=32,
    prompt=Prompt(
        before_prefix=("<|role_end|>", *_role("ASSISTANT")),
        before_suffix=(
            *_role("SYSTEM"),
            "detailed thinking off",
            "<|role_end|>",
            *_role("HUMAN"),
            _QUESTION,
        ),
        is_suffix_first=True,
    ),
    sampler="confidence over 0.95, at least one token a step",
    source="huggingface.co/inclusionAI/LLaDA2.0-mini, github.com/inclusionAI/dInfer",
    layer_config=layer_config,
    rename=rename,
    split=split,
    is_mixture=True,
)
