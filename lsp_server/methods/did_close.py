"""``textDocument/didClose``."""

from __future__ import annotations

import logging

from lsprotocol import types

from lsp_server.session import Session

logger = logging.getLogger(__name__)


def did_close(session: Session, params: types.DidCloseTextDocumentParams) -> None:
    """Forget the document; what is under way for it ends."""
    if not session.documents.close(params.text_document.uri):
        logger.warning("didClose for %s, which is not open", params.text_document.uri)
    session.trees.forget(params.text_document.uri)
    session.schedule.supersede(params.text_document.uri)
