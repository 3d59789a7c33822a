"""Models that were autoregressive: Llama, Qwen2 or Qwen3 with a mask token.

With the special tokens of our own layout they are read suffix first, as the default model is;
otherwise in place, each position seeing all others.
"""

from __future__ import annotations

from engine.denoisers.families.family import Arrangement, Family, LengthControl

LAYOUT_TOKENS = (
    "<mask>", "<suf>", "<pre>", "<rest>", "<mid>", "<eom>", "<file_sep>",
    *(f"<hole_{number}>" for number in range(2, 9)),
)  # fmt: skip


def converted(stock: str) -> Family:
    """Trained with our recipe on the layers of ``stock``."""
    return Family(
        name=f"converted-{stock}",
        title=f"{stock.capitalize()} converted with our recipe",
        stock=stock,
        arrangement=Arrangement.SUFFIX_FIRST,
        is_shifted=True,
        length=LengthControl.TOKEN,
        mask_tokens=("<mask>",),
        end_tokens=("<eom>",),
        needed_tokens=LAYOUT_TOKENS,
        sampler="Midfill's own",
        source="docs/architecture.md, engine/reading/layout.py",
    )


def bidirectional(stock: str) -> Family:
    """Converted by others without a shift, as dLLM's recipe does."""
    return Family(
        name=f"bidirectional-{stock}",
        title=f"{stock.capitalize()} made bidirectional (dLLM)",
        stock=stock,
        arrangement=Arrangement.IN_PLACE,
        is_shifted=False,
        length=LengthControl.CONFIDENCE,
        mask_tokens=("<|mask|>", "<mask>"),
        end_tokens=("<|endoftext|>", "<|end_of_text|>", "</s>"),
        sampler="highest confidence first, a token a step, temperature 0",
        source="github.com/ZHZisZZ/dllm",
    )


OPEN_DCODER = Family(
    name="open-dcoder",
    title="Open-dCoder",
    stock="qwen2",
    arrangement=Arrangement.IN_PLACE,
    is_shifted=True,
    length=LengthControl.CONFIDENCE,
    mask_tokens=("<M>", "<|mask|>"),
    end_tokens=("<|endoftext|>",),
    needed_tokens=("<M>",),
    sampler="P2: 64 steps, the least sure masked again, temperature 0.6",
    source="github.com/pengzhangzhi/Open-dLLM",
)
