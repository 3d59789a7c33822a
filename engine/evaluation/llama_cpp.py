"""llama.cpp on the base's weights and on Midfill's own, to be timed beside Midfill.

``xllamacpp`` carries llama.cpp as a wheel; ``gguf_files`` writes the weights for it. Requires
``pip install 'midfill[bench]'``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.canvas import Canvas
from engine.context import ContextLimits, select_context
from engine.denoisers.onnx import OnnxDenoiser
from engine.errors import BadInput
from engine.holes import MaskPlan
from engine.languages import language_of
from engine.request import Request
from engine.syntax import parse

MAX_CONTEXT = 4096


class LlamaCpp:
    """One model in this process, greedy, with its prompt cache on."""

    def __init__(self, gguf: Path, num_threads: int) -> None:
        llama = imported("xllamacpp")
        options = llama.CommonParams()
        options.model.path = str(gguf)
        options.cpuparams.n_threads = options.cpuparams_batch.n_threads = num_threads
        options.n_ctx, options.n_parallel, options.verbosity = MAX_CONTEXT, 1, -1
        self._server = llama.Server(options)

    def complete(self, ids: Sequence[int], num_tokens: int) -> tuple[str, float]:
        """Write ``num_tokens`` behind the prompt; the text and the seconds it took.

        Raises BadInput on failure.
        """
        question = {
            "prompt": list(ids),
            "n_predict": num_tokens,
            "cache_prompt": True,
            "ignore_eos": True,
            "temperature": 0.0,
        }
        began = time.perf_counter()
        answer = self._server.handle_completions(question)
        took_s = time.perf_counter() - began
        written = answer.get("usage", {}).get("completion_tokens")
        if written != num_tokens:
            raise BadInput(f"llama.cpp wrote {written} of {num_tokens} tokens: {str(answer)[:200]}")
        return answer["choices"][0]["text"], took_s


def context_ids(
    denoiser: OnnxDenoiser, limits: ContextLimits, request: Request, plan: MaskPlan
) -> list[int]:
    """The tokens that the model reads before it writes at ``plan``'s cursor."""
    data = request.text.encode()
    tree = parse(data, language_of(request.path, request.language))
    context = select_context(tree, plan, request, limits)
    canvas = Canvas.from_plan(plan, context, data, denoiser.tokenizer)
    return [*denoiser.layout.context(canvas).ids.tolist(), denoiser.layout.mid_id]


def build_flags() -> str:
    """How llama.cpp was built and what it uses of this processor."""
    llama = imported("xllamacpp")
    build = " ".join(str(value) for value in llama.BUILD_INFO.values())
    return f"{build} · {' '.join(llama.get_system_info().split())}"


def imported(name: str) -> Any:
    """A package of the extra. Raises BadInput when it is missing."""
    try:
        return __import__(name)
    except ModuleNotFoundError as error:
        raise BadInput(
            f"{name} is not installed: run pip install 'midfill[bench]' first"
        ) from error
