"""SDAR: Qwen3's layers, blocks of four that see one another and all blocks before, not shifted.

It writes a continuation, so a hole is asked for with Qwen's own infilling prompt, and only the
first open block is sure of anything.
"""

from __future__ import annotations

from engine.denoisers.families.family import Arrangement, Family, LengthControl, Prompt

SDAR = Family(
    name="sdar",
    title="SDAR",
    stock="qwen3",
    arrangement=Arrangement.PROMPTED,
    is_shifted=False,
    length=LengthControl.TOKEN,
    mask_tokens=("<|MASK|>",),
    end_tokens=("<|endoftext|>", "<|im_end|>"),
    needed_tokens=("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"),
    block_size=4,
    prompt=Prompt(("<|fim_prefix|>",), ("<|fim_suffix|>",), ("<|fim_middle|>",)),
    sampler="confidence over 0.9, at least one token a step",
    source="github.com/JetAstra/SDAR",
)
