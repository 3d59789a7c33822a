"""``textDocument/inlineCompletion``: the method that everything else is for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from engine.job import Infill
from engine.proposal import Outcome, Proposal, Reason, Refusal
from engine.request import Request
from lsp_server.convert import Suggestion, item_json, refusal_json, suggestion
from lsp_server.documents import DocumentSnapshot
from lsp_server.positions import offset_at, span_of
from lsp_server.selection import Selection
from lsp_server.session import Session
from lsp_server.status import StatusKind

Result = dict[str, Any]


def inline_completion(
    session: Session, params: types.InlineCompletionParams
) -> Result | Coroutine[Any, Any, Result]:
    """Read the document as it is now; answer at once, or later from the engine."""
    uri = params.text_document.uri
    document = session.documents.touch(uri)
    if document is None:
        raise JsonRpcInvalidParams(f"{uri} is not open")
    id_ = session.new_request_id()
    refusal = session.refusal_for(document)
    if refusal is not None:
        session.record(id_, uri, refusal)
        return refusal_json(id_, refusal)
    snapshot = document.snapshot()
    cursor = offset_at(document.buffer, params.position, session.encoding)
    is_invoked = params.context.trigger_kind is types.InlineCompletionTriggerKind.Invoked
    num_candidates = session.settings_for(document).candidates if is_invoked else 1
    request = session.request(snapshot, cursor, num_candidates)
    selected = params.context.selected_completion_info
    if selected is None:
        return _answer(session, id_, snapshot, request, None)
    span = span_of(document.buffer, selected.range, session.encoding)
    selection = Selection(span, selected.text)
    return _answer(session, id_, snapshot, selection.put_in(request), selection)


async def _answer(
    session: Session,
    id_: str,
    snapshot: DocumentSnapshot,
    request: Request,
    selection: Selection | None,
) -> Result:
    """Wait for the engine, then write what it found for the document as it is now."""
    session.status.report(StatusKind.NORMAL, is_busy=True)
    try:
        answer = await session.schedule.answer(snapshot, Infill(request), selection)
    except asyncio.CancelledError:
        session.record(id_, snapshot.uri, Refusal(Reason.CANCELLED, "the editor cancelled it"))
        raise
    outcome: Outcome = answer.outcome
    suggestions: list[Suggestion] = []
    if isinstance(outcome, Proposal):
        suggestions = _suggestions(session, id_, snapshot.uri, outcome)
        if not suggestions:
            outcome = _inapplicable(outcome)
    session.record(id_, snapshot.uri, outcome, answer.steps)
    if isinstance(outcome, Proposal):
        return _items_json(session, snapshot.uri, suggestions)
    return refusal_json(id_, outcome)


def _suggestions(session: Session, id_: str, uri: str, proposal: Proposal) -> list[Suggestion]:
    """Cut the proposal and its alternatives; leave out those that the client could only halve."""
    cut = [
        suggestion(f"{id_}.{number}", one, session.documents[uri])
        for number, one in enumerate((proposal, *proposal.alternatives))
    ]
    return [one for one in cut if session.can("workspace.apply_edit") or not one.needs_command]


def _items_json(session: Session, uri: str, suggestions: list[Suggestion]) -> Result:
    document = session.documents[uri]
    for one in suggestions:
        if one.needs_command:
            session.offers.make(one.id, document, one.main, one.further)
    converter = session.server.protocol.converter
    return {"items": [item_json(one, document, session.encoding, converter) for one in suggestions]}


def _inapplicable(proposal: Proposal) -> Refusal:
    """Refuse a change in several places that would be made in one of them only."""
    return Refusal(
        Reason.DISABLED,
        "the change needs several places, and the editor does not support workspace/applyEdit",
        proposal.plan,
        proposal.steps,
        proposal.forwards,
        proposal.timings_ms,
        proposal.model,
    )
