"""Choose names for a thing: ideas from the syntax, drafts of the model, scored in all places."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.budget import Budget
from engine.edits.name_ideas import cased, name_ideas
from engine.edits.name_slots import NameSlots
from engine.edits.names_of import name_table
from engine.edits.new_name import badly_formed, clash
from engine.edits.references import symbol_at
from engine.edits.symbols import NameTable, Site, Symbol
from engine.errors import Cancelled
from engine.holes import MaskPlan
from engine.languages import language_of
from engine.proposal import (
    Edit,
    EditKind,
    EditSet,
    Outcome,
    Proposal,
    Reason,
    Refusal,
    TokenConfidence,
)
from engine.request import Request
from engine.spans import Span
from engine.syntax import parse

if TYPE_CHECKING:
    from engine.infill import Infiller

NUM_NAMES = 3
_NUM_DRAFTS = 6
_NUM_IDEAS = 40
_NUM_READ = 8
"""Names with which all of the code is read; all are tried in the first lines."""
_TEMPERATURE = 3.0
"""The likelihoods of one region's tokens are not independent: without it the best one takes all.

Fitted on 36 hidden names (docs/log.md)."""


@dataclass(frozen=True, slots=True)
class RankedName:
    """A name and its probability among all that were looked at."""

    name: str
    p: float


def suggest_names(
    infiller: Infiller, request: Request, rank: int, cancel: threading.Event | None
) -> Outcome:
    """See ``names.SuggestNames``."""
    began = time.perf_counter()
    model = infiller.denoiser.name
    table = name_table(parse(request.text.encode(), language_of(request.path, request.language)))
    symbol = None if table is None else symbol_at(table, request.cursor)
    if table is None or symbol is None or not symbol.sites:
        return Refusal(Reason.EMPTY, "there is no name here that can be changed", model=model)
    budget = Budget.of(request.budget_ms, cancel, time.perf_counter)
    try:
        slots, ranked = rank_names(infiller, request, table, symbol, budget)
    except Cancelled:
        is_late = cancel is None or not cancel.is_set()
        reason = Reason.DEADLINE if is_late else Reason.CANCELLED
        return Refusal(reason, "the names were not read in time", model=model)
    better = [one for one in ranked if one.name != symbol.name][:NUM_NAMES]
    if len(better) <= rank:
        detail = "no other name fits" if not better else f"only {len(better)} names fit"
        return Refusal(Reason.LOW_CONFIDENCE, detail, slots.plan, model=model)
    timings_ms = {"total": 1000 * (time.perf_counter() - began)}
    proposals = [
        _proposal(table, symbol, one, slots.plan, timings_ms, model) for one in better[rank:]
    ]
    first = proposals[0]
    return Proposal(
        first.text,
        first.edit_set,
        first.plan,
        first.tokens,
        first.confidence,
        steps=1,
        forwards=1,
        timings_ms=timings_ms,
        model=model,
        alternatives=tuple(proposals[1:]),
    )


def rank_names(
    infiller: Infiller,
    request: Request,
    table: NameTable,
    symbol: Symbol,
    budget: Budget,
) -> tuple[NameSlots, list[RankedName]]:
    """Names for ``symbol``, the likeliest first; its own among them. Raises Cancelled."""
    places = _places(table, symbol)
    cancel = budget.interruption
    slots = NameSlots.encode(infiller.denoiser, table.tree, request, places, cancel)
    ideas = name_ideas(table, symbol, _NUM_IDEAS)
    names = dict.fromkeys([symbol.name, *slots.drafts(_NUM_DRAFTS), *ideas])
    fitting = [name for name in names if _fits(table, symbol, name)]
    glanced = slots.log_p(fitting, budget.lasts, num_places=2)
    order = sorted(range(len(glanced)), key=lambda index: -glanced[index])
    fitting = [fitting[index] for index in order[:_NUM_READ]]
    log_p = np.array(slots.log_p(fitting, budget.lasts))
    p = np.exp((log_p - log_p.max()) / _TEMPERATURE)
    p /= p.sum()
    ranked = [RankedName(name, float(share)) for name, share in zip(fitting, p, strict=False)]
    return slots, sorted(ranked, key=lambda one: -one.p)


def _places(table: NameTable, symbol: Symbol) -> list[Span]:
    """All places, from the first one that declares the name on."""
    sites = table.sites_of(symbol)
    start = next((site for site in sites if site.is_definition), sites[0]).span.start
    return [site.span for site in sites if site.span.start >= start]


def _fits(table: NameTable, symbol: Symbol, name: str) -> bool:
    if name == symbol.name:
        return True
    language = table.tree.language
    is_idiomatic = cased(name, symbol, language) == name
    is_free = badly_formed(name, language) is None and clash(table, symbol, name) is None
    return is_idiomatic and is_free and name not in language.vocabulary.builtins


def _proposal(
    table: NameTable,
    symbol: Symbol,
    ranked: RankedName,
    plan: MaskPlan,
    timings_ms: dict[str, float],
    model: str,
) -> Proposal:
    edits = tuple(_edits(table.sites_of(symbol), ranked.name))
    return Proposal(
        ranked.name,
        EditSet(edits, EditKind.ATOMIC),
        plan,
        (TokenConfidence(len(ranked.name.encode()), ranked.p),),
        ranked.p,
        steps=1,
        forwards=1,
        timings_ms=timings_ms,
        model=model,
    )


def _edits(sites: Sequence[Site], name: str) -> Iterator[Edit]:
    for site in sites:
        yield Edit(site.span, site.prefix + name + site.suffix)
