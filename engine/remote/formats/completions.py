"""``/v1/completions``: OpenAI's shape, which vLLM, SGLang, llama.cpp and others serve.

Many of them refuse ``suffix``: then the backend's ``prompt`` names the infilling format that the
model was trained with, and prefix and suffix go into one prompt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.denoisers.families.diffusion_gemma import DIFFUSION_GEMMA
from engine.denoisers.families.family import Family
from engine.denoisers.families.llada2 import LLADA2
from engine.denoisers.families.stable_diffcoder import STABLE_DIFFCODER
from engine.remote.backend import Backend
from engine.remote.formats.format import (
    Record,
    choice_of,
    is_ended,
    stops,
    text_of,
    tokens_of,
)
from engine.remote.question import Question, RemoteText


def _of(family: Family) -> tuple[str, tuple[str, ...]]:
    """A diffusion family's own prompt, as other servers are asked for it."""
    prompt = family.prompt
    suffix = "".join(prompt.before_suffix) + "{suffix}"
    prefix = "".join(prompt.before_prefix) + "{prefix}"
    around = suffix + prefix if prompt.is_suffix_first else prefix + suffix
    return around + "".join(prompt.before_middle), family.end_tokens


# As published with each model; the special tokens also end the text.
_PROMPTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "qwen": (
        "<|fim_prefix|>{prefix}<|fim_suffix|>{suffix}<|fim_middle|>",
        ("<|endoftext|>", "<|fim_pad|>", "<|file_sep|>", "<|fim_prefix|>"),
    ),
    "starcoder": (
        "<fim_prefix>{prefix}<fim_suffix>{suffix}<fim_middle>",
        ("<|endoftext|>", "<file_sep>", "<fim_prefix>"),
    ),
    "deepseek": (
        "<｜fim▁begin｜>{prefix}<｜fim▁hole｜>{suffix}<｜fim▁end｜>",
        ("<｜end▁of▁sentence｜>", "<｜fim▁begin｜>"),
    ),
    "codellama": ("<PRE> {prefix} <SUF>{suffix} <MID>", ("<EOT>", " <EOT>")),
    "codestral": ("[SUFFIX]{suffix}[PREFIX]{prefix}", ("</s>", "[SUFFIX]")),
    "seed-coder": _of(STABLE_DIFFCODER),
    "llada2": _of(LLADA2),
    "diffusion-gemma": _of(DIFFUSION_GEMMA),
    "prefix": ("{prefix}", ()),
}
_PLACE = re.compile(r"\{(?:prefix|suffix)\}")


class Completions:
    """Prompt and suffix, or one prompt."""

    endpoint = "completions"

    def body(self, backend: Backend, question: Question) -> dict[str, Any]:
        """Greedy, streamed, with log probabilities if they are wanted."""
        template, ends = _PROMPTS.get(backend.prompt or "", ("", ()))
        asked = {"prompt": question.prefix, "suffix": question.suffix}
        if template:
            healed, _ = _healed(question.prefix)
            texts = {"{prefix}": healed, "{suffix}": question.suffix}
            asked = {"prompt": _PLACE.sub(lambda place: texts[place[0]], template)}
        return {
            **({"model": backend.model} if backend.model else {}),
            **asked,
            "max_tokens": backend.max_tokens,
            "temperature": 0,
            "stop": [*stops(question), *ends[:3]],
            "stream": True,
            **({"logprobs": 1} if backend.logprobs else {}),
        }

    def read(self, record: Record) -> RemoteText:
        """Text and probabilities of the first choice."""
        choice = choice_of(record)
        return RemoteText(
            text_of(choice), tokens_of(choice.get("logprobs")), is_ended=is_ended(choice)
        )

    def finished(self, question: Question, text: RemoteText) -> RemoteText:
        """The text without the space that was left to it (or that a server repeats)."""
        _, space = _healed(question.prefix)
        if not space or not text.text.startswith(space):
            return text
        return replace(text, text=text.text[len(space) :])


class Midfill(Completions):
    """The same, with what ``midfill serve`` adds: the file's language, and how sure it is."""

    def body(self, backend: Backend, question: Question) -> dict[str, Any]:
        """The other server parses, plans and keeps silent as the local engine does."""
        hints: dict[str, Any] = {
            "path": question.path,
            "language": question.language,
            "min_confidence": 0.0,
            "budget_ms": backend.timeout_ms,
        }
        if question.single_line:
            hints["single_line"] = True
        return {**super().body(backend, question), "midfill": hints}

    def read(self, record: Record) -> RemoteText:
        """Text and confidence; the reason of an empty text is no text of the user's."""
        own = choice_of(record).get("midfill")
        confidence = own.get("confidence") if isinstance(own, Mapping) else None
        found = super().read(record)
        return found if confidence is None else replace(found, confidence=float(confidence))


def _healed(prefix: str) -> tuple[str, str]:
    """A prefix without the blanks that end it, and those: they belong to the next token.

    Left in the prompt they make a model write an improbable word, or none. Indentation stays.
    """
    line = prefix.rpartition("\n")[2]
    kept = line.rstrip(" \t")
    if not kept:
        return prefix, ""
    return prefix[: len(prefix) - len(line) + len(kept)], line[len(kept) :]
