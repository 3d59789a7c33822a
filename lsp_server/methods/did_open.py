"""``textDocument/didOpen``."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.session import Session


def did_open(session: Session, params: types.DidOpenTextDocumentParams) -> None:
    """Keep the document, whatever its size: it must stay in sync if it shrinks."""
    session.documents.open(params.text_document)
