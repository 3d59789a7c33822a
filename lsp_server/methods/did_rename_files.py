"""``workspace/didRenameFiles``: the files on disk are called otherwise now."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.session import Session


def did_rename_files(session: Session, _params: types.RenameFilesParams) -> None:
    """Look at the folder's files again; open documents the editor closes and opens itself."""
    session.background_index.note_change()
