"""``textDocument/inlineCompletion``: the method that everything else is for."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from engine.proposal import Refusal
from lsp_server.convert import item_json, refusal_json
from lsp_server.positions import offset_at, span_of
from lsp_server.selection import Selection
from lsp_server.session import Session
from lsp_server.suggest import Suggested, Wish, suggest

Result = dict[str, Any]


def inline_completion(
    session: Session, params: types.InlineCompletionParams
) -> Result | Coroutine[Any, Any, Result]:
    """Read the document as it is now; answer at once, or later from the engine."""
    uri = params.text_document.uri
    document = session.documents.touch(uri)
    if document is None:
        raise JsonRpcInvalidParams(f"{uri} is not open")
    context = params.context
    selected = context.selected_completion_info
    selection = None
    if selected is not None:
        place = span_of(document.buffer, selected.range, session.encoding)
        selection = Selection(place, document.from_client(selected.text))
    wish = Wish(
        types.TEXT_DOCUMENT_INLINE_COMPLETION,
        document,
        offset_at(document.buffer, params.position, session.encoding),
        context.trigger_kind is types.InlineCompletionTriggerKind.Invoked,
        selection,
    )
    suggested = suggest(session, wish)
    if isinstance(suggested, Suggested):
        return _written(session, wish, suggested)
    return _written_later(session, wish, suggested)


async def _written_later(
    session: Session, wish: Wish, suggesting: Coroutine[Any, Any, Suggested]
) -> Result:
    return _written(session, wish, await suggesting)


def _written(session: Session, wish: Wish, suggested: Suggested) -> Result:
    """Write the items for the document as it is now, or why there are none."""
    if isinstance(suggested.outcome, Refusal):
        return refusal_json(suggested.id, suggested.outcome)
    document = wish.document
    for one in suggested.suggestions:
        if one.needs_command:
            session.offers.make(one.id, document, one.main, one.further)
    converter = session.server.protocol.converter
    # Accepting an item is known by its command only.
    has_command = session.can("workspace.execute_command")
    return {
        "items": [
            item_json(one, document, session.encoding, converter, has_command)
            for one in suggested.suggestions
        ]
    }
