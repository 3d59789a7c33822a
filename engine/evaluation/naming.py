"""Measure proposed names: a name is hidden at every place, and is to be found again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.edits.names_of import name_table
from engine.edits.references import is_member
from engine.edits.symbols import ScopeKind, Symbol, SymbolKind
from engine.evaluation.edits import EditsConfig, Measured, share
from engine.evaluation.holes import read_sources
from engine.languages import language_of
from engine.proposal import Proposal
from engine.request import Request
from engine.spans import ByteOffset, Span, span
from engine.syntax import parse

if TYPE_CHECKING:
    from engine.infill import Infiller

SECTION = "names hidden at every place"
HIDDEN_NAME = "tmp0"
_MAX_CASES = 100
_KINDS = frozenset((SymbolKind.VARIABLE, SymbolKind.PARAMETER))
_LANGUAGES = frozenset(("python", "javascript", "typescript", "typescriptreact"))


@dataclass(frozen=True, slots=True)
class NameCase:
    """A text in which ``name`` reads HIDDEN_NAME at ``places``."""

    path: str
    text: str
    name: str
    places: tuple[Span, ...]


def measure_names(config: EditsConfig) -> Iterator[Measured]:
    """Top-1 and top-3 of the tied slot, and of denoising each place for itself."""
    if config.corpus is None or not config.has_model:
        return
    import engine

    infiller = engine.load(config.model)
    cases = name_cases(config.corpus, min(config.num_cases, _MAX_CASES), config.seed)
    tied = [_tied(infiller, case) for case in cases]
    alone = [_alone(infiller, case) for case in cases]
    for title, answers in (("one tied slot", tied), ("each place alone", alone)):
        for limit in (1, 3):
            hits = [case.name in found[:limit] for case, found in zip(cases, answers, strict=True)]
            yield from share(SECTION, f"{title}: top {limit} exact", hits, config.seed)


def name_cases(corpus: Path, num_cases: int, seed: int) -> list[NameCase]:
    """One local name of each file, drawn by ``seed``, with three to eight places."""
    files = list(read_sources(corpus))
    drawing = random.Random(seed)
    drawing.shuffle(files)
    cases: list[NameCase] = []
    for file in files:
        if len(cases) >= num_cases:
            break
        language = language_of(file.path)
        table = None
        if language.id in _LANGUAGES and HIDDEN_NAME not in file.text:
            table = name_table(parse(file.text.encode(), language))
        symbols = [] if table is None else [one for one in table.symbols if _is_fit(one)]
        if symbols:
            cases.append(_hidden(file.path, file.text, drawing.choice(symbols)))
    return cases


def _is_fit(symbol: Symbol) -> bool:
    is_plain = not any(site.prefix or site.suffix for site in symbol.sites)
    is_own = symbol.root is symbol and not is_member(symbol)
    is_local = any(one.kind is ScopeKind.FUNCTION for one in symbol.scope.up())
    is_telling = len(symbol.name) > 2 and symbol.name not in ("self", "cls", "args", "kwargs")
    is_used = symbol.kind in _KINDS and 3 <= len(symbol.sites) <= 8
    return is_plain and is_own and is_local and is_telling and is_used


def _hidden(path: str, text: str, symbol: Symbol) -> NameCase:
    data, places, shift = text.encode(), [], 0
    for site in sorted(symbol.sites):
        start = site.span.start + shift
        end = site.span.end + shift
        data = data[:start] + HIDDEN_NAME.encode() + data[end:]
        places.append(span(start, start + len(HIDDEN_NAME)))
        shift += len(HIDDEN_NAME) - len(site.span)
    return NameCase(path, data.decode(), symbol.name, tuple(places))


def _tied(infiller: Infiller, case: NameCase) -> list[str]:
    from engine.edits.naming import suggest_names

    outcome = suggest_names(infiller, _request(case), 0, None)
    if not isinstance(outcome, Proposal):
        return []
    return [outcome.text, *(one.text for one in outcome.alternatives)]


def _alone(infiller: Infiller, case: NameCase) -> list[str]:
    """Each place is filled without regard to the others; the names that come most often."""
    found: Counter[str] = Counter()
    for place in case.places:
        outcome = infiller.fill_spans(_request(case), (place,))
        text = outcome.text.strip() if isinstance(outcome, Proposal) else ""
        if text.isidentifier():
            found[text] += 1
    return [text for text, _ in found.most_common()]


def _request(case: NameCase) -> Request:
    return Request(case.text, ByteOffset(case.places[0].start), path=case.path)
