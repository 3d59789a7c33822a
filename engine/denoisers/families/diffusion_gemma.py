"""DiffusionGemma: Gemma 4's mixture of experts, once causal and once open, with the same weights.

The causal half reads the prompt; the open half sees what it kept and turns noise, random tokens of
the vocabulary, into text. Here each step starts from new noise and from what is committed, as the
published sampler's does, but without the last step's guesses (self-conditioning): as at its first.
"""

from __future__ import annotations

from engine.denoisers.families.family import Arrangement, Family, LengthControl, Prompt

_CAUSAL, _OPEN = "model.encoder.language_model.", "model.decoder."
_HEAD, _EMBEDDING = "lm_head.", "model.decoder.embed_tokens."


def twins(name: str) -> tuple[str, ...]:
    """The other half's name of a weight that both share. What scales a layer is no such weight."""
    if name.endswith(".layer_scalar"):
        return ()
    pairs = ((_CAUSAL, _OPEN), (_OPEN, _CAUSAL), (_HEAD, _EMBEDDING))
    found = [new + name.removeprefix(old) for old, new in pairs if name.startswith(old)]
    return (*found, f"{_CAUSAL}embed_tokens.weight") if name.startswith(_HEAD) else tuple(found)


_QUESTION = "Write a source file that ends with the lines below, and stop in front of them.\n"

DIFFUSION_GEMMA = Family(
    name="diffusion-gemma",
    title="DiffusionGemma (mixture of experts)",
    stock="diffusion_gemma",
    arrangement=Arrangement.CANVAS,
    is_shifted=False,
    length=LengthControl.TOKEN,
    mask_tokens=("<mask>",),
    end_tokens=("<turn|>", "<eos>"),
    first_tokens=("<bos>",),
    prompt=Prompt(
        before_prefix=(
            *("<turn|>", "\n", "<|turn>", "model\n"),
            *("<|channel>", "thought\n", "<channel|>"),
        ),
        before_suffix=("<|turn>", f"user\n{_QUESTION}"),
        is_suffix_first=True,
    ),
    twins=twins,
    unused=("model.encoder.vision_tower.", "model.encoder.embed_vision."),
    is_mixture=True,
    sampler="entropy bound 0.1, at most 48 steps, temperature from 0.8 to 0.4",
    source="transformers.DiffusionGemmaForBlockDiffusion",
)
