"""``textDocument/didChange``."""

from __future__ import annotations

import logging

from lsprotocol import types

from lsp_server.session import Session

logger = logging.getLogger(__name__)


def did_change(session: Session, params: types.DidChangeTextDocumentParams) -> None:
    """Make the changes in order."""
    document = session.documents.touch(params.text_document.uri)
    if document is None:
        logger.warning("didChange for %s, which is not open", params.text_document.uri)
        return
    session.pace.note_key()
    document.change(params.text_document.version, params.content_changes, session.encoding)
