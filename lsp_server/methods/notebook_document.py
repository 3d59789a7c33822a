"""``notebookDocument/didOpen``, ``didChange`` and ``didClose``.

The cells are documents: opened, changed and closed like others.
"""

from __future__ import annotations

from lsprotocol import types

from lsp_server.methods.did_change import did_change
from lsp_server.methods.did_close import did_close
from lsp_server.methods.did_open import did_open
from lsp_server.session import Session


def did_open_notebook(session: Session, params: types.DidOpenNotebookDocumentParams) -> None:
    """Open a notebook with its cells."""
    session.notebooks.open(params.notebook_document)
    for item in params.cell_text_documents:
        did_open(session, types.DidOpenTextDocumentParams(item))


def did_change_notebook(session: Session, params: types.DidChangeNotebookDocumentParams) -> None:
    """Change the order of cells, then their texts."""
    cells = params.change.cells
    if cells is None:
        return
    if cells.structure is not None:
        session.notebooks.change(params.notebook_document.uri, cells.structure.array)
        for item in cells.structure.did_open or ():
            did_open(session, types.DidOpenTextDocumentParams(item))
        for identifier in cells.structure.did_close or ():
            did_close(session, types.DidCloseTextDocumentParams(identifier))
    for content in cells.text_content or ():
        did_change(session, types.DidChangeTextDocumentParams(content.document, content.changes))


def did_close_notebook(session: Session, params: types.DidCloseNotebookDocumentParams) -> None:
    """Close a notebook with its cells."""
    session.notebooks.close(params.notebook_document.uri)
    for identifier in params.cell_text_documents:
        did_close(session, types.DidCloseTextDocumentParams(identifier))
