"""``midfill bench latency``: what a key costs, from the change to the answer, as an editor sees it.

A server of its own gets recorded typing (``lsp_server.replay``).
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from engine.errors import BadInput
from engine.evaluation.holes import SINGLE_LINE, CutConfig, EvalHole, cut_holes, read_sources
from engine.models import MANIFEST_FILE, resolve
from lsp_server import __version__
from lsp_server.machine import cpu_name, num_cpus
from lsp_server.quantiles import Quantiles
from lsp_server.replay import Keystroke, Replay, Typing, replay
from lsp_server.sync_bench import syncing_ms

CONTEXT_TOKENS = 1_024
SERVER, TOTAL = "server", "total"


@dataclass(frozen=True, slots=True)
class LatencyConfig:
    """What to replay: ``num_places`` lines of files in ``corpus``, ``num_keys`` keys of each.

    The cursor rests for ``rest_s`` at a place before its first key, or ``from_lines`` lines away if
    that is not 0. ``num_changes`` keys are typed in long files.
    """

    corpus: Path
    num_places: int = 20
    num_keys: int = 8
    model: str | None = None
    plot: Path | None = None
    num_changes: int = 200
    rest_s: float = 0.0
    from_lines: int = 0


@dataclass(frozen=True, slots=True)
class LatencyReport:
    """All numbers of one run. Times in ms, memory in MB.

    ``stages_ms``: of the keys that the engine was asked for; what the server and its pipes took
    beside the engine is ``server``. ``first_ms``: of places that the engine may not know.
    ``found_ms``: of those that an earlier answer still fitted.
    """

    version: str
    commit: str
    machine: str
    num_cpus: int
    model: str
    model_hash: str
    num_keys: int
    num_found: int
    num_proposals: int
    keys_ms: Quantiles
    first_ms: Quantiles | None
    found_ms: Quantiles | None
    asked_ms: Quantiles | None
    proposal_ms: Quantiles | None
    stages_ms: dict[str, Quantiles]
    change_ms: Quantiles
    parse_ms: Quantiles
    forwards_per_hole: float
    tokens_per_forward: float
    cold_ms: float
    resident_mb: float | None
    all_keys_ms: tuple[float, ...] = field(repr=False)


def latency(config: LatencyConfig, is_json: bool, out: TextIO) -> int:
    """Replay, measure and print. Raises BadInput for a corpus without a line to type."""
    context = CutConfig(config.num_places, SINGLE_LINE, context_tokens=CONTEXT_TOKENS)
    sources = read_sources(config.corpus)
    holes = cut_holes(sources, context)
    typings = [_typing(hole, config.num_keys) for hole in holes]
    if not typings:
        raise BadInput(f"{config.corpus}: no line in it can be typed: name a folder of code")
    replayed = asyncio.run(replay(typings, config.model, config.rest_s, config.from_lines))
    languages = sorted({hole.language for hole in holes})
    report = _report(config, replayed, syncing_ms(sources, languages, config.num_changes))
    if config.plot is not None:
        from lsp_server.latency_plot import draw

        draw(report, config.plot)
    out.write(json.dumps(asdict(report)) + "\n" if is_json else _table(report))
    return 0


def _typing(hole: EvalHole, num_keys: int) -> Typing:
    """The first keys of what stood in a hole, typed into the file without it."""
    place = hole.spans[hole.cursor_hole]
    before = hole.data[: place.start].decode()
    line = before.rpartition("\n")[2]
    text = before + hole.data[place.end :].decode()
    keys = hole.gold[hole.cursor_hole][:num_keys]
    return Typing(hole.path, hole.language, text, before.count("\n"), len(line), keys)


def _report(
    config: LatencyConfig, replayed: Replay, syncing: tuple[Quantiles, Quantiles]
) -> LatencyReport:
    keys = replayed.keystrokes
    asked = [key for key in keys if not key.is_found]
    proposals = [key for key in asked if key.is_proposal]
    change_ms, parse_ms = syncing
    name, digest = _identity(config.model)
    forwards = sum(key.forwards for key in asked)
    return LatencyReport(
        version=__version__,
        commit=_commit(),
        machine=cpu_name(),
        num_cpus=num_cpus(),
        model=name,
        model_hash=digest,
        num_keys=len(keys),
        num_found=len(keys) - len(asked),
        num_proposals=sum(key.is_proposal for key in keys),
        keys_ms=Quantiles.of(key.elapsed_ms for key in keys),
        first_ms=_elapsed(key for key in keys if key.is_first),
        found_ms=_elapsed(key for key in keys if key.is_found),
        asked_ms=_elapsed(asked),
        proposal_ms=_elapsed(proposals),
        stages_ms=_stages(asked),
        change_ms=change_ms,
        parse_ms=parse_ms,
        forwards_per_hole=forwards / max(sum(key.num_holes for key in asked), 1),
        tokens_per_forward=sum(key.num_tokens for key in proposals)
        / max(sum(key.forwards for key in proposals), 1),
        cold_ms=replayed.cold_ms,
        resident_mb=replayed.resident_mb,
        all_keys_ms=tuple(key.elapsed_ms for key in keys),
    )


def _elapsed(keys: Iterable[Keystroke]) -> Quantiles | None:
    times = [key.elapsed_ms for key in keys]
    return Quantiles.of(times) if times else None


def _stages(keys: Sequence[Keystroke]) -> dict[str, Quantiles]:
    """Quantiles of each stage over the keys that reached it, in the order of the path."""
    values: dict[str, list[float]] = {SERVER: []}
    for key in keys:
        values[SERVER].append(key.elapsed_ms - key.timings_ms.get(TOTAL, 0.0))
        for stage, ms in key.timings_ms.items():
            if stage != TOTAL:
                values.setdefault(stage, []).append(ms)
    return {stage: Quantiles.of(times) for stage, times in values.items() if times}


def _identity(model: str | None) -> tuple[str, str]:
    """A model's name and the first digits of its manifest's SHA-256, which names every file."""
    if model == "scripted":
        return model, "none"
    found = resolve(model)
    return found.name, sha256((found.folder / MANIFEST_FILE).read_bytes()).hexdigest()[:12]


def _commit() -> str:
    """The commit of this code, when it is run from a clone."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "not known"
    return found.stdout.strip() or "not known"


def _table(report: LatencyReport) -> str:
    """The report for a person."""
    resident = "not known" if report.resident_mb is None else f"{report.resident_mb:.0f} MB"
    lines = [
        f"midfill {report.version} ({report.commit}) · {report.model} ({report.model_hash}) · "
        f"{report.machine}, {report.num_cpus} cores",
        f"{report.num_keys} keys, {report.num_proposals} with a proposal, {report.num_found} "
        f"answered from the cache · {report.forwards_per_hole:.1f} forwards a hole, "
        f"{report.tokens_per_forward:.2f} tokens a forward",
        f"cold start {report.cold_ms:.0f} ms · {resident} resident (server and engine)",
        "",
        f"{'ms':<26}{'p50':>9}{'p95':>9}{'p99':>9}{'n':>7}",
        _row("all keys", report.keys_ms),
        _row("first keys of places", report.first_ms),
        _row("from the cache", report.found_ms),
        _row("from the engine", report.asked_ms),
        _row("a fresh proposal", report.proposal_ms),
        *(_row(f"  {stage}", times) for stage, times in report.stages_ms.items()),
        _row("didChange, 5,000 lines", report.change_ms),
        _row("parse, 5,000 lines", report.parse_ms),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, times: Quantiles | None) -> str:
    if times is None:
        return f"{name:<26}{'none':>9}"
    return f"{name:<26}{times.p50:>9.1f}{times.p95:>9.1f}{times.p99:>9.1f}{times.num:>7}"
