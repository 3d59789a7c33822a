"""``midfill bench serve``: an HTTP server under a fixed number of clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TextIO

from engine.serving.load import Server, body_of, free_port, load
from lsp_server import __version__
from lsp_server.machine import cpu_name, num_cpus
from lsp_server.quantiles import Quantiles
from lsp_server.secret_mask import without_secrets
from lsp_server.source_file import Place, SourceFile


@dataclass(frozen=True, slots=True)
class ServeBenchConfig:
    """``url`` None starts a server with ``model``; ``num_rounds``: requests a place."""

    places: Sequence[str]
    num_streams: int
    num_rounds: int
    model: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class ServeReport:
    """One run. ``alone_ms``: one client, ``ms``: all at once."""

    version: str
    machine: str
    model: str
    place: str
    num_places: int
    num_distinct_answers: int
    num_streams: int
    num_requests: int
    num_lost: int
    num_wrong: int
    alone_ms: Quantiles
    ms: Quantiles
    requests_per_s: float
    tokens_per_s: float


def serve_bench(config: ServeBenchConfig, is_json: bool, out: TextIO) -> int:
    """Measure and print; 1 when an answer was lost or was somebody else's."""
    sources = [SourceFile.read(Place.parse(place)) for place in config.places]
    bodies = []
    for source in sources:
        data = without_secrets(source.text).encode()
        before, behind = data[: source.cursor].decode(), data[source.cursor :].decode()
        bodies.append(body_of(before, behind, source.name))
    with _server(config) as (server, is_starting):
        model, place = server.ready(is_starting)
        result = load(server, bodies, config.num_streams, config.num_rounds)
    report = ServeReport(
        version=__version__,
        machine=f"{cpu_name()}, {num_cpus()} cores",
        model=model,
        place=place,
        num_places=len(sources),
        num_distinct_answers=result.num_distinct,
        num_streams=config.num_streams,
        num_requests=len(result.ms) + result.num_lost,
        num_lost=result.num_lost,
        num_wrong=result.num_wrong,
        alone_ms=Quantiles.of(result.alone_ms),
        ms=Quantiles.of(result.ms or [0.0]),
        requests_per_s=len(result.ms) / result.took_s,
        tokens_per_s=result.num_tokens / result.took_s,
    )
    out.write(json.dumps(asdict(report)) + "\n" if is_json else _table(report))
    return 1 if result.num_lost or result.num_wrong else 0


@contextmanager
def _server(config: ServeBenchConfig) -> Iterator[tuple[Server, Callable[[], bool] | None]]:
    """The server at the URL, or one of our own for the block, and whether that still runs."""
    if config.url is not None:
        yield Server(config.url, os.environ.get("MIDFILL_TOKEN")), None
        return
    port = free_port()
    chosen = ["--model", config.model] if config.model is not None else []
    room = str(2 * config.num_streams + 1)
    listen = ["--listen", f"127.0.0.1:{port}", "--max-waiting", room]
    command = [sys.executable, "-m", "lsp_server.cli", "serve", *listen, *chosen]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server = Server(f"http://127.0.0.1:{port}", os.environ.get("MIDFILL_TOKEN"))
        yield server, lambda: process.poll() is None
    finally:
        process.terminate()
        process.wait()


def _table(report: ServeReport) -> str:
    lines = [
        f"midfill {report.version} · {report.model} · {report.machine}",
        report.place,
        f"{report.num_requests} requests at {report.num_places} places by {report.num_streams} "
        f"clients · {report.num_lost} lost, {report.num_wrong} wrong "
        f"({report.num_distinct_answers} distinct answers)",
        f"{report.requests_per_s:.1f} requests/s, {report.tokens_per_s:.0f} tokens/s",
        "",
        f"{'ms':<12}{'p50':>9}{'p95':>9}{'p99':>9}",
    ]
    for name, ms in (("one client", report.alone_ms), ("all at once", report.ms)):
        lines.append(f"{name:<12}{ms.p50:>9.0f}{ms.p95:>9.0f}{ms.p99:>9.0f}")
    return "\n".join(lines) + "\n"
