"""``textDocument/didChange``."""

from __future__ import annotations

import logging
from typing import Any

from lsprotocol import types

from lsp_server.session import Session

logger = logging.getLogger(__name__)

# A key may bring a closing bracket or quotation marks.
_MAX_KEY_CHARACTERS = 3


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Make the changes in order; all or, where one cannot be made, none will be trusted."""
    uri = params.text_document.uri
    document = session.documents.touch(uri)
    if document is None and any(map(_is_whole, params.content_changes)):
        document = session.documents.regain(uri)
    if document is None:
        logger.warning("didChange for %s, which is not open", uri)
        return
    if any(map(_is_text, params.content_changes)):
        session.pace.note_text()
    else:
        session.pace.note_key()
    try:
        document.change(params.text_document.version, params.content_changes, session.encoding)
    except Exception:
        _lose(session, uri)
        raise


def lose_changed(session: Session, params: Any) -> None:
    """Set aside the documents that ``params``, which are none of the protocol, would have changed.

    Their texts are no longer the client's: what is offered for them could land anywhere.
    """
    for uri in _named(session, params):
        _lose(session, uri)


def _lose(session: Session, uri: str) -> None:
    if session.documents.lose(uri):
        session.schedule.supersede(uri)
        logger.warning(
            "a change to %s could not be made: nothing is offered there until the client sends "
            "its whole text or opens it again",
            uri,
        )


def _named(session: Session, params: Any) -> tuple[str, ...]:
    """The documents that a change names, a notebook's cells for a change of a notebook."""
    for member in ("textDocument", "notebookDocument"):
        named = params.get(member) if isinstance(params, dict) else None
        uri = named.get("uri") if isinstance(named, dict) else None
        if isinstance(uri, str):
            return (uri, *session.notebooks.cells_of(uri))
    return ()


def _is_text(change: types.TextDocumentContentChangeEvent) -> bool:
    """Whether it is a proposal that was taken, or a paste: a key hardly writes as much."""
    return not _is_whole(change) and len(change.text.strip()) > _MAX_KEY_CHARACTERS


def _is_whole(change: types.TextDocumentContentChangeEvent) -> bool:
    return isinstance(change, types.TextDocumentContentChangeWholeDocument)
