"""``textDocument/copilotInlineEdit``: the next edit, wherever in the document it is.

What the user has just changed says what comes next; the line of the cursor is not mended, which is
still being written, unless the user asks by hand. Everything that belongs to the change is in one
answer, whose ``midfill.kind`` says how its edits relate. A client may send ``context.diagnostics``:
what other tools found wrong is mended where nothing else follows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from engine.edits.next_edit import NextEdit
from engine.proposal import Edit, Outcome, Proposal, Reason, Refusal
from engine.request import Request
from engine.spans import ByteOffset, Span, span
from lsp_server.actions.site import findings_of
from lsp_server.convert import ACCEPT_COMMAND, Suggestion, text_edit
from lsp_server.documents import Document, DocumentSnapshot
from lsp_server.late_methods import INLINE_EDIT_METHOD as METHOD
from lsp_server.ledger import Occasion
from lsp_server.mode import Mode
from lsp_server.notebooks import CellContext
from lsp_server.positions import offset_at, read_position, read_range
from lsp_server.schedule import Answer
from lsp_server.session import Session
from lsp_server.silence import mark_of
from lsp_server.status import StatusKind

# What a hidden secret looks like in the texts that the engine gets.
_HIDDEN = "xxxxxxxx"
_MAX_DIAGNOSTICS = 100
# Within it who did not ask is answered: by analysis, and by the model where it is quick enough.
ANSWER_MS = 300.0

Result = dict[str, Any]


def inline_edit(session: Session, params: Any) -> Result | Coroutine[Any, Any, Result]:
    """Read the document as it is now; answer at once, or later from the engine."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    document = session.documents.touch(uri) if isinstance(uri, str) else None
    if document is None:
        raise JsonRpcInvalidParams(f"{METHOD}: textDocument.uri must be that of an open document")
    id_ = session.new_request_id()
    refusal = _unasked(session, document, params) or session.refusal_for(document)
    version = getattr(params.textDocument, "version", document.version)
    if refusal is None and version != document.version:
        detail = f"version {version} was asked about, {document.version} is open"
        refusal = Refusal(Reason.STALE, detail)
    if refusal is not None:
        session.record(id_, document.uri, refusal)
        return _refusal_json(id_, refusal)
    snapshot = document.snapshot()
    edited = snapshot.recent_edits[-1].span.end if snapshot.recent_edits else ByteOffset(0)
    request = session.request(snapshot, edited)
    findings = findings_of(session, document, _diagnostics(params))
    writing_at = None if _is_invoked(params) else _cursor(session, document, params, edited)
    cell = session.notebooks.context_of(document, session.documents)
    if cell is not None:
        request = cell.put_in(request)
        findings = [replace(one, span=_behind(cell, one.span)) for one in findings]
        writing_at = None if writing_at is None else ByteOffset(writing_at + cell.shift)
    job = NextEdit(request if _is_invoked(params) else _soon(request), tuple(findings), writing_at)
    return _answer(session, id_, document, snapshot, job, cell)


def _behind(cell: CellContext, place: Span) -> Span:
    """Where ``place`` of a cell is in its notebook."""
    return span(place.start + cell.shift, place.end + cell.shift)


def _soon(request: Request) -> Request:
    """The request of somebody who did not ask: a late answer finds them elsewhere."""
    limit = request.budget_ms
    budget_ms = ANSWER_MS if limit is None else min(limit, ANSWER_MS)
    return replace(request, budget_ms=budget_ms, patience_ms=budget_ms)


def _cursor(session: Session, document: Document, params: Any, edited: ByteOffset) -> ByteOffset:
    """Where the user is, at the last edit when the client does not say."""
    sent = getattr(params, "position", None)
    if sent is None:
        return edited
    try:
        return offset_at(document.buffer, read_position(sent), session.encoding)
    except (AttributeError, TypeError) as error:
        raise JsonRpcInvalidParams(f"{METHOD}: position must be a Position ({error})") from error


def _diagnostics(params: Any) -> list[types.Diagnostic]:
    """What other tools found wrong, which a client may send along as for code actions."""
    sent = getattr(getattr(params, "context", None), "diagnostics", None) or []
    try:
        return [
            types.Diagnostic(read_range(one.range), str(one.message))
            for one in sent[:_MAX_DIAGNOSTICS]
        ]
    except (AttributeError, TypeError, ValueError) as error:
        detail = f"{METHOD}: context.diagnostics must be a list of Diagnostic ({error})"
        raise JsonRpcInvalidParams(detail) from error


def _unasked(session: Session, document: Document, params: Any) -> Refusal | None:
    """Refuse what nobody asked for by hand, where that is switched off."""
    if _is_invoked(params) or session.settings_for(document).mode is not Mode.OFF:
        return None
    return Refusal(Reason.DISABLED, "midfill.mode is off: ask by hand")


def _is_invoked(params: Any) -> bool:
    """Whether the user asked by hand."""
    context = getattr(params, "context", None)
    kind = getattr(context, "triggerKind", None)
    return bool(kind == types.InlineCompletionTriggerKind.Invoked)


async def _answer(
    session: Session,
    id_: str,
    document: Document,
    snapshot: DocumentSnapshot,
    job: NextEdit,
    cell: CellContext | None,
) -> Result:
    session.status.report(StatusKind.NORMAL, is_busy=True)
    started = time.perf_counter()
    try:
        answer = await session.schedule.answer(snapshot, job, cell)
    except asyncio.CancelledError:
        session.record(id_, snapshot.uri, Refusal(Reason.CANCELLED, "the editor cancelled it"))
        raise
    outcome = _judged(session, document, snapshot, answer)
    session.record(id_, snapshot.uri, outcome, answer.steps)
    if isinstance(outcome, Refusal):
        return _refusal_json(id_, outcome)
    edits = list(outcome.edits)
    item = Suggestion(id_, outcome, edits[0], tuple(edits[1:]))
    latency_ms = 1000 * (time.perf_counter() - started)
    session.ledger.offer(item, document, Occasion(METHOD, id_, False, latency_ms))
    if item.needs_command:
        session.offers.make(id_, document, item.main, item.further)
    return {
        "edits": [_edit_json(session, document, item, edit) for edit in edits],
        "midfill": _extra(item),
    }


def _judged(
    session: Session, document: Document, snapshot: DocumentSnapshot, answer: Answer
) -> Outcome:
    """Refuse what was turned down here before, and what would write over a hidden secret."""
    outcome: Outcome = answer.outcome
    if not isinstance(outcome, Proposal):
        return outcome
    reason = None
    if mark_of(outcome, document) in session.rejections:
        reason = (Reason.REJECTED_BEFORE, "the same edit was turned down here before")
    elif snapshot.text != document.text and any(_HIDDEN in edit.new_text for edit in outcome.edits):
        reason = (Reason.IGNORED_FILE, "the edit would have to know a secret")
    return outcome if reason is None else Refusal(*reason, outcome.plan, model=outcome.model)


def _edit_json(session: Session, document: Document, item: Suggestion, edit: Edit) -> Result:
    """Write one edit as clients of this method know it."""
    converter = session.server.protocol.converter
    written = text_edit(edit, document, session.encoding)
    command = types.Command("Accept the edit", ACCEPT_COMMAND, arguments=[item.id])
    return {
        "text": written.new_text,
        "textDocument": {"uri": document.uri, "version": document.version},
        "range": converter.unstructure(written.range),
        "command": converter.unstructure(command),
        "midfill": _extra(item),
    }


def _extra(item: Suggestion) -> Result:
    proposal = item.proposal
    return {"id": item.id, "kind": proposal.kind.value, "confidence": proposal.confidence}


def _refusal_json(id_: str, refusal: Refusal) -> Result:
    """Write an empty list of edits that says why it is empty."""
    extra = {"id": id_, "reason": refusal.reason.value, "detail": refusal.detail}
    return {"edits": [], "midfill": extra}
