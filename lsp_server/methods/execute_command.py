"""``workspace/executeCommand``: an item was accepted; make the rest of its change, if any."""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_server.convert import text_edit
from lsp_server.documents import Document
from lsp_server.offers import Offer
from lsp_server.session import Session

logger = logging.getLogger(__name__)

_STALE = "Midfill: the rest of the change was not made, because the text has changed since."


def accept(session: Session, item_id: str) -> Coroutine[Any, Any, None] | None:
    """Apply the further edits of an item: all of them, or none when the text is not the one."""
    is_known = session.ledger.accept(item_id)
    offer = session.offers.take(item_id)
    if offer is None and is_known:
        return None
    document = session.documents.get(offer.uri) if offer is not None else None
    if offer is not None and document is not None and offer.is_made(document):
        return None
    if offer is None or document is None or not offer.is_current(document):
        logger.info("the offer of %s is stale", item_id)
        session.show(types.MessageType.Warning, _STALE)
        return None
    return _apply(session, _workspace_edit(session, offer, document))


def _workspace_edit(session: Session, offer: Offer, document: Document) -> types.WorkspaceEdit:
    """Write the edits against the document's version, where the client knows versions."""
    edits = [text_edit(edit, document, session.encoding) for edit in offer.further]
    if not session.can("workspace.workspace_edit.document_changes"):
        return types.WorkspaceEdit(changes={document.uri: edits})
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(identifier, edits)])


async def _apply(session: Session, edit: types.WorkspaceEdit) -> None:
    params = types.ApplyWorkspaceEditParams(edit, label="Midfill")
    try:
        result = await session.server.workspace_apply_edit_async(params)
    except JsonRpcException as error:
        logger.warning("the client failed to apply the rest of a change: %s", error.message)
        session.show(types.MessageType.Warning, _STALE)
        return
    if not result.applied:
        session.show(types.MessageType.Warning, _STALE)
