"""``midfill bench``: what a request costs, stage by stage, on the code that ships.

Requests run one after the other in this process. ``first`` requests meet a cache that knows
nothing of the file, ``again`` requests one that knows all of it; the cold start is a new process
of ``midfill fill`` from its start to its answer.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TextIO

from engine.proposal import Outcome, Proposal
from engine.request import Request
from lsp_server import __version__
from lsp_server.machine import num_cpus, peak_mb, resident_mb
from lsp_server.quantiles import Quantiles
from lsp_server.secret_mask import without_secrets
from lsp_server.source_file import Place, SourceFile

NUM_COLD_STARTS = 3
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class BenchReport:
    """All numbers of one run. Times in ms by stage, memory in MB, counts per request."""

    version: str
    machine: str
    model: str
    num_places: int
    num_proposals: int
    cold_start_ms: Quantiles
    load_ms: float
    first_ms: dict[str, Quantiles]
    again_ms: dict[str, Quantiles]
    forwards: Quantiles
    forwards_per_hole: float
    tokens_per_forward: float
    resident_mb: float | None
    peak_mb: float | None


@dataclass(frozen=True, slots=True)
class _Timed:
    outcome: Outcome
    elapsed_ms: float


def bench(
    places: Sequence[str], num_repeats: int, model: str | None, is_json: bool, out: TextIO
) -> int:
    """Measure and print; ``num_repeats`` requests a place, the first of them counted apart."""
    sources = [SourceFile.read(Place.parse(place)) for place in places]
    cold = [_cold_start_ms(places[0], model) for _ in range(NUM_COLD_STARTS)]
    import engine

    started = time.perf_counter()
    infiller = engine.load(model)
    load_ms = 1000 * (time.perf_counter() - started)
    first: list[_Timed] = []
    again: list[_Timed] = []
    for source in sources:
        request = Request(without_secrets(source.text), source.cursor, path=source.name)
        for repeat in range(num_repeats):
            began = time.perf_counter()
            outcome = infiller.infill(request)
            timed = _Timed(outcome, 1000 * (time.perf_counter() - began))
            (again if repeat else first).append(timed)
    report = BenchReport(
        version=__version__,
        machine=f"{platform.machine()}, {num_cpus()} cores, Python {platform.python_version()}",
        model=infiller.denoiser.name,
        num_places=len(sources),
        num_proposals=sum(isinstance(timed.outcome, Proposal) for timed in first),
        cold_start_ms=Quantiles.of(cold),
        load_ms=load_ms,
        first_ms=_by_stage(first),
        again_ms=_by_stage(again),
        forwards=Quantiles.of(timed.outcome.forwards for timed in first),
        forwards_per_hole=_forwards_per_hole(first),
        tokens_per_forward=_tokens_per_forward(first),
        resident_mb=resident_mb(),
        peak_mb=peak_mb(),
    )
    out.write(json.dumps(asdict(report)) + "\n" if is_json else _table(report))
    return 0


def _cold_start_ms(place: str, model: str | None) -> float:
    """Wall-clock time of one ``midfill fill`` in a process of its own."""
    chosen = ["--model", model] if model is not None else []
    command = [sys.executable, "-m", "lsp_server.cli", "fill", place, "--json", *chosen]
    started = time.perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - started)


def _by_stage(runs: Sequence[_Timed]) -> dict[str, Quantiles]:
    """Quantiles of each stage over the requests that reached it, in the order of the path."""
    values: dict[str, list[float]] = {}
    for run in runs:
        for stage, ms in run.outcome.timings_ms.items():
            if stage != TOTAL:
                values.setdefault(stage, []).append(ms)
    if runs:
        values[TOTAL] = [run.elapsed_ms for run in runs]
    return {stage: Quantiles.of(times) for stage, times in values.items()}


def _forwards_per_hole(runs: Sequence[_Timed]) -> float:
    num_holes = sum(len(run.outcome.plan.holes) for run in runs if run.outcome.plan is not None)
    return sum(run.outcome.forwards for run in runs) / max(num_holes, 1)


def _tokens_per_forward(runs: Sequence[_Timed]) -> float:
    """Tokens shown per pass through the model, over the proposals."""
    proposals = [run.outcome for run in runs if isinstance(run.outcome, Proposal)]
    num_forwards = sum(proposal.forwards for proposal in proposals)
    return sum(len(proposal.tokens) for proposal in proposals) / max(num_forwards, 1)


def _table(report: BenchReport) -> str:
    """The report for a person."""
    lines = [
        f"midfill {report.version} · {report.model} · {report.machine}",
        f"{report.num_places} places, {report.num_proposals} proposals · "
        f"{report.forwards.p50:.0f} forwards a request (p50), "
        f"{report.forwards_per_hole:.1f} a hole, {report.tokens_per_forward:.2f} tokens a forward",
        f"memory {_mb(report.resident_mb)} resident, {_mb(report.peak_mb)} at most",
        "",
        f"{'ms':<18}{'first p50':>11}{'p95':>9}{'again p50':>12}{'p95':>9}",
    ]
    for stage, first in report.first_ms.items():
        again = report.again_ms.get(stage)
        warm = f"{again.p50:>12.1f}{again.p95:>9.1f}" if again is not None else ""
        lines.append(f"{stage:<18}{first.p50:>11.1f}{first.p95:>9.1f}{warm}")
    lines.append(f"{'load the model':<18}{report.load_ms:>11.1f}")
    cold = report.cold_start_ms
    lines.append(f"{'cold start':<18}{cold.p50:>11.1f}{cold.p95:>9.1f}")
    return "\n".join(lines) + "\n"


def _mb(size: float | None) -> str:
    return "not known" if size is None else f"{size:.0f} MB"
