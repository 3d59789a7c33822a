"""Let the shipped pipeline fill an evaluation's holes, exactly as an editor would have it.

A single-line hole is asked for at its cursor, with what stood there taken out of the text. A hole
whose ends are given (an expression, several places at once) is asked for as spans.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol

import engine
from engine.evaluation.fillers import Answer, Filler
from engine.evaluation.holes import SINGLE_LINE, EvalHole
from engine.proposal import Outcome, Proposal, Refusal
from engine.request import Effort, RecentEdit, Request
from engine.spans import Span, span


class Fills(Protocol):
    """What an evaluation needs of an ``engine.Infiller``."""

    def infill(self, request: Request) -> Outcome:
        """Fill at the request's cursor."""
        ...

    def fill_spans(self, request: Request, spans: Sequence[Span]) -> Outcome:
        """Fill exactly the given spans, jointly."""
        ...


class ModelFiller:
    """Asks an Infiller, and takes the time."""

    def __init__(
        self,
        name: str,
        infiller: Fills,
        effort: Effort = Effort.MEDIUM,
        budget_ms: float | None = None,
        seed: int = 0,
    ) -> None:
        self.name, self._infiller = name, infiller
        self._effort, self._budget_ms, self._seed = effort, budget_ms, seed

    def fill(self, hole: EvalHole) -> Answer:
        """Fill ``hole``; a refusal is a silent answer with its reason."""
        text, spans = hole.without_gold()
        request = request_of(hole, self._effort, self._budget_ms, self._seed)
        start = time.perf_counter()
        if hole.kind in SINGLE_LINE:
            outcome = self._infiller.infill(request)
        else:
            outcome = self._infiller.fill_spans(request, spans)
        milliseconds = (time.perf_counter() - start) * 1000
        if isinstance(outcome, Refusal):
            return Answer(
                (), milliseconds, outcome.forwards, outcome.steps, reason=outcome.reason.value
            )
        return _answer(outcome, text, spans, milliseconds)


def request_of(
    hole: EvalHole,
    effort: Effort = Effort.MEDIUM,
    budget_ms: float | None = None,
    seed: int = 0,
) -> Request:
    """What an editor would ask at a hole's cursor."""
    text, spans = hole.without_gold()
    cursor = spans[hole.cursor_hole].start
    last_key = RecentEdit(span(max(cursor - 1, 0), cursor), "", 0.0)
    return Request(
        text=text,
        cursor=cursor,
        language=hole.language,
        path=hole.path,
        budget_ms=budget_ms,
        effort=effort,
        seed=seed,
        single_line=True if hole.is_single_line else None,
        nearby=hole.nearby,
        is_typing=hole.is_typing,
        recent_edits=(last_key,) if hole.is_typing else (),
    )


def load_filler(
    model: str | None,
    effort: Effort,
    budget_ms: float | None,
    seed: int,
    config: engine.InfillConfig | None = None,
) -> Filler:
    """Load a model as ``engine.load`` does and make it a filler."""
    infiller = engine.load(model, config)
    return ModelFiller(infiller.denoiser.name, infiller, effort, budget_ms, seed)


def _answer(proposal: Proposal, text: str, spans: Sequence[Span], milliseconds: float) -> Answer:
    texts = _texts_of_one(proposal, text, spans) if len(spans) == 1 else _texts(proposal, spans)
    return Answer(
        texts=texts or (proposal.text,) * len(spans),
        milliseconds=milliseconds,
        forwards=proposal.forwards,
        steps=proposal.steps,
        confidence=proposal.confidence,
        is_cut=proposal.is_cut,
        tokens=tuple((token.length, token.p) for token in proposal.tokens),
        changes_elsewhere=texts is None,
    )


def _texts_of_one(proposal: Proposal, text: str, spans: Sequence[Span]) -> tuple[str, ...] | None:
    """What the whole edit puts into the one hole; None when it changes text outside.

    The plan may have masked more than the hole and written the same there again.
    """
    data = changed = text.encode("utf-8")
    for edit in reversed(proposal.edits):
        if edit.path is not None:
            return None
        changed = changed[: edit.start] + edit.new_text.encode("utf-8") + changed[edit.end :]
    before, after = data[: spans[0].start], data[spans[0].end :]
    is_inside = changed.startswith(before) and changed[len(before) :].endswith(after)
    if not is_inside:
        return None
    return (changed[len(before) : len(changed) - len(after)].decode("utf-8"),)


def _texts(proposal: Proposal, spans: Sequence[Span]) -> tuple[str, ...] | None:
    """What each place gets; None when the proposal edits another place."""
    found = {edit.span: edit.new_text for edit in proposal.edits if edit.path is None}
    if len(found) < len(proposal.edits) or not found.keys() <= set(spans):
        return None
    return tuple(found.get(item, "") for item in spans)
