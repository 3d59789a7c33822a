"""Stable-DiffCoder: Seed-Coder's Llama layers, blocks of four that see all blocks before.

Its infilling prompt is Seed-Coder's: the suffix first, so typing only appends to the context.
"""

from __future__ import annotations

from engine.denoisers.families.family import Arrangement, Family, LengthControl, Prompt

_FIRST, _END = "<[begin\u2581of\u2581sentence]>", "<[end\u2581of\u2581sentence]>"

STABLE_DIFFCODER = Family(
    name="stable-diffcoder",
    title="Stable-DiffCoder",
    stock="llama",
    arrangement=Arrangement.PROMPTED,
    is_shifted=False,
    length=LengthControl.TOKEN,
    mask_tokens=("<[MASK_TOKEN]>",),
    end_tokens=(_END,),
    first_tokens=(_FIRST,),
    needed_tokens=("<[MASK_TOKEN]>", "<[fim-prefix]>", "<[fim-suffix]>", "<[fim-middle]>"),
    block_size=4,
    prompt=Prompt(
        ("<[fim-prefix]>",), ("<[fim-suffix]>",), ("<[fim-middle]>",), is_suffix_first=True
    ),
    sampler="highest confidence first, a token a step, temperature 0",
    source="github.com/ByteDance-Seed/Stable-DiffCoder, arXiv 2601.15892",
)
