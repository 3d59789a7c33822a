"""``workspace/didChangeWorkspaceFolders``."""

from __future__ import annotations

from lsprotocol import types

from lsp_server.methods.configuration import pull
from lsp_server.session import Session


async def did_change_workspace_folders(
    session: Session, params: types.DidChangeWorkspaceFoldersParams
) -> None:
    """Note the folders, and ask for the settings of each."""
    session.folders.change(
        (folder.uri for folder in params.event.added),
        (folder.uri for folder in params.event.removed),
    )
    await pull(session)
    session.set_index_roots()
