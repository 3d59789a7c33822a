"""``textDocument/didSave``: the files on disk have changed."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.session import Session


def did_save(session: Session, _params: types.DidSaveTextDocumentParams) -> None:
    """Look at the folder's files again."""
    session.background_index.note_change()
