"""From a place in a document to what is shown there: at once from the cache, else by the engine.

What ``inline_completion`` and ``completion`` have in common. Read this after ``session``.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Hashable
from dataclasses import dataclass, replace
from typing import Any

from engine.job import Infill
from engine.proposal import Outcome, Proposal, Reason, Refusal
from engine.request import Effort, Request
from engine.spans import ByteOffset
from engine.step import Step
from lsp_server.convert import Suggestion, suggestion
from lsp_server.documents import Document, DocumentSnapshot
from lsp_server.ledger import Occasion
from lsp_server.leftovers import Errand
from lsp_server.mode import Mode
from lsp_server.placement import Placement, Placements
from lsp_server.proposal_cache import MAX_TYPED_BYTES, Found
from lsp_server.selection import Selection
from lsp_server.session import Session
from lsp_server.settings import Settings
from lsp_server.silence import Moment
from lsp_server.status import StatusKind

# How long ghost text waits for the context to be read; the rest is read in the next pause.
PATIENCE_MS = 300.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the editor asks for. ``is_invoked``: the user did, by hand."""

    method: str
    document: Document
    cursor: ByteOffset
    is_invoked: bool
    selection: Selection | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """The answer: ``suggestions``, of which there is one at least unless ``outcome`` refuses."""

    id: str
    outcome: Outcome
    suggestions: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is known before it is judged; ``origin`` is the request that the engine answered.

    ``typed``: what the user has typed of the proposal since.
    """

    outcome: Outcome
    origin: str
    steps: tuple[Step, ...] = ()
    latency_ms: float = 0.0
    typed: str = ""


def suggest(session: Session, wish: Wish) -> Suggested | Coroutine[Any, Any, Suggested]:
    """Answer at once, or later from the engine; a newer wish for the document ends an older one."""
    id_ = session.new_request_id()
    document = wish.document
    settings = session.settings_for(document)
    refusal = _refusal(session, wish)
    if refusal is not None:
        session.schedule.supersede(document.uri)
        return _settled(session, wish, id_, _Answer(refusal, id_))
    session.survival.note_undone(document)
    snapshot = document.snapshot()
    placements = _placements(session, wish)
    sought = placements.put_in(_request(session, wish, snapshot, settings, has_context=False))
    circumstances = _circumstances(session, wish, settings, sought.is_behind_edit)
    found = session.proposals.find(sought, circumstances)
    if found.outcome is None:
        request = placements.put_in(_request(session, wish, snapshot, settings))
        asked = replace(request, draft=found.draft)
        errand = _Errand(session, asked, id_, circumstances, time.perf_counter())
        return _ask(session, wish, errand, snapshot, placements)
    session.schedule.supersede(document.uri)
    known: Outcome = found.outcome
    if isinstance(known, Proposal):
        known = placements.taken_out(known)
    steps = session.traces.steps_of(found.origin)
    return _settled(session, wish, id_, _Answer(known, found.origin, steps, typed=found.typed))


def _refusal(session: Session, wish: Wish) -> Refusal | None:
    unasked = None if wish.is_invoked else session.unasked_refusal(wish.document, wish.cursor)
    return unasked or session.refusal_for(wish.document)


def _placements(session: Session, wish: Wish) -> Placements:
    cell = session.notebooks.context_of(wish.document, session.documents)
    each: tuple[Placement | None, ...] = (wish.selection, cell)
    return Placements(tuple(one for one in each if one is not None))


def _request(
    session: Session,
    wish: Wish,
    snapshot: DocumentSnapshot,
    settings: Settings,
    has_context: bool = True,
) -> Request:
    num_candidates = settings.candidates if wish.is_invoked else 1
    request = session.request(snapshot, wish.cursor, num_candidates, has_context)
    waits = wish.is_invoked or settings.effort is Effort.HIGH
    return replace(
        request,
        min_confidence=_mode(wish, settings).min_confidence,
        patience_ms=None if waits else PATIENCE_MS,
        is_typing=not wish.is_invoked,
    )


def _mode(wish: Wish, settings: Settings) -> Mode:
    """Who asks by hand wants to see something, and judges it."""
    return Mode.EAGER if wish.is_invoked else settings.mode


def _circumstances(
    session: Session, wish: Wish, settings: Settings, is_behind_edit: bool
) -> Hashable:
    """What else than the text a refusal may have come from: thresholds, other files, who wrote."""
    others = tuple((one.uri, one.revision) for one in session.documents if one is not wish.document)
    return (_mode(wish, settings), settings.budget_ms, is_behind_edit, frozenset(others))


@dataclass(frozen=True, slots=True)
class _Errand:
    """A request in the engine's queue."""

    session: Session
    request: Request
    id: str
    circumstances: Hashable
    started_s: float

    def follows(self, older: Errand) -> bool:
        """Whether only something was typed since ``older``."""
        if not isinstance(older, _Errand):
            return False
        old, new = older.request, self.request
        is_ahead = 0 <= new.cursor - old.cursor <= MAX_TYPED_BYTES
        is_same = new.path == old.path and new.candidates <= old.candidates
        head = old.text.encode()[: old.cursor]
        return is_ahead and is_same and new.text.encode().startswith(head)

    def find(self) -> Found:
        """What an older errand brought."""
        return self.session.proposals.find(self.request, self.circumstances)

    def note(self, outcome: Outcome, steps: tuple[Step, ...], engine_s: float) -> None:
        """Keep the engine's answer for those who type along with it."""
        if not isinstance(outcome, Refusal) or outcome.reason is not Reason.CANCELLED:
            self.session.pace.note_latency(engine_s)
        self.session.proposals.put(self.request, outcome, self.id, self.circumstances)
        self.session.traces.add_late(self.id, steps)


async def _ask(
    session: Session,
    wish: Wish,
    errand: _Errand,
    snapshot: DocumentSnapshot,
    placements: Placements,
) -> Suggested:
    """Wait for a pause in typing, then for the engine."""
    id_ = errand.id
    settings = session.settings_for(wish.document)
    delay_s = 0.0 if wish.is_invoked else session.pace.delay_s(settings.max_delay_ms)
    session.status.report(StatusKind.NORMAL, is_busy=True)
    try:
        answer = await session.schedule.answer(
            snapshot, Infill(errand.request), placements, delay_s, errand
        )
    except asyncio.CancelledError:
        cancelled = Refusal(Reason.CANCELLED, "the editor cancelled it")
        session.record(id_, snapshot.uri, cancelled)
        session.reader.note_unread(wish.document, wish.cursor)
        raise
    found = answer.found or Found(origin=id_)
    if answer.engine_outcome is not None:
        errand.note(answer.engine_outcome, answer.steps, answer.engine_s)
    if answer.engine_outcome is not None:
        # What time did not allow to be read; where nothing is left this takes some milliseconds.
        session.reader.note_unread(wish.document, wish.cursor)
    known = _Answer(
        answer.outcome,
        found.origin,
        answer.steps or session.traces.steps_of(found.origin),
        1000 * (time.perf_counter() - errand.started_s),
        found.typed,
    )
    return _settled(session, wish, id_, known)


def _settled(session: Session, wish: Wish, id_: str, answer: _Answer) -> Suggested:
    """Judge the moment, cut what is shown for the protocol, and note how the request ended."""
    outcome = answer.outcome
    suggestions: tuple[Suggestion, ...] = ()
    if isinstance(outcome, Proposal):
        if not wish.is_invoked:
            outcome = _moment(session, wish, answer).judged(outcome)
    if isinstance(outcome, Proposal):
        suggestions = _suggestions(session, wish.document, id_, outcome)
        if not suggestions:
            outcome = outcome.refused(
                Reason.DISABLED,
                "the change needs several places, and the editor does not support"
                " workspace/applyEdit",
            )
    occasion = Occasion(wish.method, answer.origin, wish.is_invoked, answer.latency_ms)
    for one in suggestions:
        session.ledger.offer(one, wish.document, occasion)
    session.record(id_, wish.document.uri, outcome, answer.steps, answer.origin)
    return Suggested(id_, outcome, suggestions)


def _moment(session: Session, wish: Wish, answer: _Answer) -> Moment:
    document = wish.document
    settings = session.settings_for(document)
    return Moment(
        document,
        document.snapshot().recent_edits,
        session.rejections,
        settings.min_chars,
        settings.mode.min_confidence or 0.0,
        answer.typed,
    )


def _suggestions(
    session: Session, document: Document, id_: str, proposal: Proposal
) -> tuple[Suggestion, ...]:
    """Cut the proposal and its alternatives; leave out those that the client could only halve."""
    cut = (
        suggestion(f"{id_}.{number}", one, document)
        for number, one in enumerate((proposal, *proposal.alternatives))
    )
    can_apply = session.can("workspace.apply_edit") and session.can("workspace.execute_command")
    return tuple(one for one in cut if can_apply or not one.needs_command)
