"""Dream, Dream-Coder, DiffuCoder and DreamOn: Qwen2's layers, bidirectional, shifted.

Their code calls the layers of Qwen2 with a mask that hides nothing, and moves the logits by one.
"""

from __future__ import annotations

from dataclasses import replace

from engine.denoisers.families.family import Arrangement, Family, LengthControl

DREAM = Family(
    name="dream",
    title="Dream, Dream-Coder, DiffuCoder",
    stock="qwen2",
    arrangement=Arrangement.IN_PLACE,
    is_shifted=True,
    length=LengthControl.CONFIDENCE,
    mask_tokens=("<|mask|>",),
    end_tokens=("<|endoftext|>",),
    first_tokens=("<|beginoftext|>",),
    sampler="lowest entropy first, a token a step, temperature 0.1, top-p 0.95",
    source="arXiv 2508.15487, 2509.01142, 2506.20639",
)
# An end is its delete token. It is never asked to expand: a canvas starts larger than needed, which
# takes fewer steps than growing a small one.
DREAMON = replace(
    DREAM,
    name="dreamon",
    title="DreamOn",
    length=LengthControl.TOKEN,
    needed_tokens=("<|expand|>",),
    sampler="lowest entropy first, a token a step, temperature 0.2, top-p 0.9",
    source="github.com/DreamLM/DreamOn",
)
