"""Measure how long a change of one, two, four or eight sites takes, alone and with the model."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.edits.next_edit import NextEdit, analysed
from engine.evaluation.edits import EditsConfig, Measured, share
from engine.evaluation.holes import read_sources
from engine.evaluation.site_cases import NUMS_SITES, SiteCase, SiteKind, site_cases
from engine.proposal import Proposal
from engine.request import Request

if TYPE_CHECKING:
    from engine.infill import Infiller

SECTION = "latency of a change by the number of its further sites"
_MAX_CASES = 12
# As ``lsp_server.methods.inline_edit`` asks.
BUDGET_MS = 300.0


@dataclass(frozen=True, slots=True)
class _Timed:
    """One case: analysis of a file seen first, of one that is known, and with the model."""

    case: SiteCase
    first_ms: float
    known_ms: float
    asked_ms: float | None
    is_answered: bool


def measure_site_latency(config: EditsConfig) -> Iterator[Measured]:
    """Median and 95th percentile by kind and number of sites, then over all of them."""
    if config.corpus is None:
        return
    infiller = None
    if config.has_model:
        import engine

        infiller = engine.load(config.model)
        infiller.wake()
    timed = [_timed(case, number, infiller) for number, case in enumerate(_cases(config))]
    for kind in SiteKind:
        for num_sites in NUMS_SITES:
            some = [
                one for one in timed if (one.case.kind, one.case.num_sites) == (kind, num_sites)
            ]
            yield from _measured(f"{kind.value}, {num_sites} sites", some, config.seed)
    yield from _measured("all", timed, config.seed)
    yield from _quantiles("all: analysis of a file seen first", [one.first_ms for one in timed])


def _cases(config: EditsConfig) -> list[SiteCase]:
    """The same number of each kind and size, at most one of each a file; drawn by the seed."""
    files = [] if config.corpus is None else list(read_sources(config.corpus))
    draw = random.Random(config.seed)
    draw.shuffle(files)
    most = min(config.num_cases, _MAX_CASES)
    found: dict[tuple[SiteKind, int], list[SiteCase]] = {
        (kind, num_sites): [] for kind in SiteKind for num_sites in NUMS_SITES
    }
    for file in files:
        if all(len(cases) >= most for cases in found.values()):
            break
        own = {(case.kind, case.num_sites): case for case in site_cases(file)}
        for key, case in own.items():
            if len(found[key]) < most:
                found[key].append(case)
    cases = [case for each in found.values() for case in each]
    draw.shuffle(cases)
    return cases


def _timed(case: SiteCase, number: int, infiller: Infiller | None) -> _Timed:
    """Time a case under a path of its own, so that nothing is known of its file before."""
    first, known, asked = (replace(one, path=f"{number}/{one.path}") for one in case.requests)
    first_ms, known_ms = (_ms_of_analysis(request) for request in (first, known))
    if infiller is None:
        return _Timed(case, first_ms, known_ms, None, True)
    job = NextEdit(replace(asked, budget_ms=BUDGET_MS, patience_ms=BUDGET_MS))
    began = time.perf_counter()
    outcome = job.run(infiller, threading.Event(), lambda _: None)
    asked_ms = 1000 * (time.perf_counter() - began)
    return _Timed(case, first_ms, known_ms, asked_ms, isinstance(outcome, Proposal))


def _ms_of_analysis(request: Request) -> float:
    began = time.perf_counter()
    analysed(request)
    return 1000 * (time.perf_counter() - began)


def _measured(name: str, timed: Sequence[_Timed], seed: int) -> Iterator[Measured]:
    known = [one.known_ms for one in timed]
    asked = [one.asked_ms for one in timed if one.asked_ms is not None]
    yield from _quantiles(f"{name}: analysis", known)
    yield from _quantiles(f"{name}: with the model", asked)
    if asked:
        answered = [one.is_answered for one in timed]
        yield from share(SECTION, f"{name}: answered in time and shown", answered, seed)


def _quantiles(name: str, times: Sequence[float]) -> Iterator[Measured]:
    for quantile in (0.5, 0.95):
        if times:
            value = sorted(times)[math.ceil(quantile * len(times)) - 1]
            yield Measured(SECTION, f"{name}, p{100 * quantile:.0f}", value, len(times), "ms")
