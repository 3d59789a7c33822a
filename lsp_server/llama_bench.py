"""``midfill bench llama``: Midfill beside llama.cpp, on the same tokens and threads.

Midfill writes what it proposes with nothing withheld, its parsing and checks included, llama.cpp as
many tokens behind the same prompt, with the base's weights in several formats and with Midfill's
own. ``first`` requests meet empty caches, ``again`` requests full ones.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from engine.errors import BadInput
from engine.models import resolve
from engine.proposal import Proposal
from engine.request import Request
from lsp_server import __version__
from lsp_server.machine import cpu_name, num_cpus
from lsp_server.secret_mask import without_secrets
from lsp_server.source_file import Place, SourceFile

MIDFILL = "midfill"


@dataclass(frozen=True, slots=True)
class Timing:
    """One place: what was read and written, and by whom in how many ms."""

    place: str
    num_context: int
    num_tokens: int
    first_ms: dict[str, float]
    again_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class LlamaReport:
    """One run; ``flags``: how llama.cpp was built."""

    version: str
    machine: str
    model: str
    num_threads: int
    flags: str
    timings: list[Timing]


def llama_bench(
    places: Sequence[str], num_repeats: int, model: str | None, is_json: bool, out: TextIO
) -> int:
    """Measure and print. Raises BadInput without places, or without llama.cpp."""
    from engine.evaluation.llama_cpp import LlamaCpp, build_flags

    flags = build_flags()
    name, num_threads, asked = _midfill(places, num_repeats, model)
    timings = [timing for timing, _ in asked]
    with tempfile.TemporaryDirectory() as folder:
        for other_name, gguf in _others(model, Path(folder)):
            other = LlamaCpp(gguf, num_threads)
            for timing, ids in asked:
                times = [other.complete(ids, timing.num_tokens)[1] for _ in range(num_repeats)]
                _put(timing, other_name, times)
            del other
    machine = f"{cpu_name()}, {num_cpus()} cores"
    report = LlamaReport(__version__, machine, name, num_threads, flags, timings)
    out.write(json.dumps(asdict(report)) + "\n" if is_json else table(report))
    return 0


def _others(model: str | None, folder: Path) -> Iterator[tuple[str, Path]]:
    """What llama.cpp is to run, by the names of their rows; files are written to ``folder``."""
    from engine.evaluation.gguf_files import FORMATS, PUBLISHED, base_gguf, own_gguf

    for kind in FORMATS:
        yield f"llama.cpp {kind}", base_gguf(kind, folder)
    yield f"own {PUBLISHED}", own_gguf(resolve(model).folder, folder)


def _midfill(
    places: Sequence[str], num_repeats: int, model: str | None
) -> tuple[str, int, list[tuple[Timing, list[int]]]]:
    """The model's name, its threads, and each place with the context that the model read."""
    import engine
    from engine.denoisers.onnx import OnnxDenoiser
    from engine.evaluation.llama_cpp import context_ids

    infiller = engine.load(model)
    denoiser = infiller.denoiser
    if not isinstance(denoiser, OnnxDenoiser):
        raise BadInput(f"{denoiser.name} is no converted base: bench llama has nothing beside it")
    asked = []
    for place in places:
        source = SourceFile.read(Place.parse(place))
        request = Request(
            without_secrets(source.text),
            source.cursor,
            path=source.name,
            min_confidence=0.0,
        )
        times = []
        for _ in range(num_repeats):
            began = time.perf_counter()
            outcome = infiller.infill(request)
            times.append(time.perf_counter() - began)
        if isinstance(outcome, Proposal) and outcome.plan is not None:
            ids = context_ids(denoiser, infiller.config.context, request, outcome.plan)
            timing = Timing(place, len(ids), len(outcome.tokens), {}, {})
            _put(timing, MIDFILL, times)
            asked.append((timing, ids))
    if not asked:
        raise BadInput("nothing was proposed at these places: name others")
    return denoiser.name, denoiser.session.num_threads, asked


def _put(timing: Timing, name: str, times: Sequence[float]) -> None:
    timing.first_ms[name] = 1000 * times[0]
    timing.again_ms[name] = 1000 * statistics.median(times[1:])


def table(report: LlamaReport) -> str:
    """Medians over the places, and at how many each is faster than Midfill when all is known."""
    lines = [
        f"midfill {report.version} · {report.model} · {report.machine}, "
        f"{report.num_threads} threads · {len(report.timings)} places",
        f"llama.cpp: {report.flags}",
        "",
        f"{'ms, median':<18}{'first':>10}{'times':>8}{'again':>10}{'times':>8}{'faster at':>11}",
    ]
    for name in report.timings[0].first_ms:
        first = [timing.first_ms[name] for timing in report.timings]
        again = [timing.again_ms[name] for timing in report.timings]
        ours = [timing.again_ms[MIDFILL] for timing in report.timings]
        num_faster = sum(ms < mine for ms, mine in zip(again, ours, strict=True))
        lines.append(
            f"{name:<18}"
            f"{statistics.median(first):>10.0f}{_ratio(report.timings, name, True):>8.2f}"
            f"{statistics.median(again):>10.0f}{_ratio(report.timings, name, False):>8.2f}"
            f"{num_faster:>11}"
        )
    return "\n".join(lines) + "\n"


def _ratio(timings: Sequence[Timing], name: str, is_first: bool) -> float:
    """How many times Midfill's time it takes, at the median place."""
    ms = [timing.first_ms if is_first else timing.again_ms for timing in timings]
    return statistics.median(each[name] / each[MIDFILL] for each in ms)
