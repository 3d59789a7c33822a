"""Edits over files, open or not: which may be changed, what the user is told, how they are written.

What a rename of a name and a rename of a file have in common.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from lsprotocol import types

from engine.proposal import Edit
from lsp_server.positions import range_of
from lsp_server.rename_files import RenameFile
from lsp_server.session import Session

_NOTE = "midfill.possible"


async def refreshed(session: Session, patience_s: float) -> bool:
    """Wait until the index knows the files as they are now; False when that takes too long."""
    deadline = time.monotonic() + patience_s
    index = session.background_index
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(session.workspace.are_roots_set.wait(), patience_s)
    num_runs = index.refresh() if session.workspace.roots else 0
    while session.workspace.roots and index.num_runs < num_runs:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def trouble(session: Session, file: RenameFile) -> str | None:
    """Why a file may not be changed: it is ignored or read-only."""
    path = Path(file.source.path)
    ignored = session.workspace.ignore_reason(path) if path.is_absolute() else None
    return ignored or file.trouble


def tell_left(session: Session, left: Mapping[str, str], what: str) -> None:
    """Tell the user which files stay as they are though ``what``, and why."""
    if left:
        names = "; ".join(f"{path} ({why})" for path, why in list(left.items())[:5])
        more = "" if len(left) <= 5 else f" and {len(left) - 5} more"
        message = f"Left as they are, though {what}: {names}{more}"
        session.show(types.MessageType.Warning, message)


def asks(session: Session) -> bool:
    """Whether the editor asks about single places."""
    return session.can("workspace.workspace_edit.change_annotation_support") and session.can(
        "workspace.workspace_edit.document_changes"
    )


def written(
    session: Session,
    files: Mapping[str, RenameFile],
    edits: Sequence[Edit],
    asked: Sequence[Edit] = (),
    note: types.ChangeAnnotation | None = None,
) -> types.WorkspaceEdit:
    """Write ``edits`` of ``files``, which are known by their paths, against their versions.

    Those ``asked`` about carry the ``note``, for a client that ``asks``.
    """
    documents: dict[str, RenameFile] = {}
    by_uri: dict[str, list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit]] = {}
    places = [(edit, False) for edit in edits] + [(edit, True) for edit in asked]
    for edit, is_asked in sorted(places, key=lambda each: (each[0].path or "", each[0].span)):
        file, place = files[edit.path or ""].placed(edit.span)
        documents[file.uri] = file
        document = session.documents.get(file.uri)
        text = edit.new_text if document is None else document.to_client(edit.new_text)
        there = range_of(file.buffer, place, session.encoding)
        one = types.AnnotatedTextEdit(_NOTE, there, text) if is_asked else None
        by_uri.setdefault(file.uri, []).append(one or types.TextEdit(there, text))
    if not session.can("workspace.workspace_edit.document_changes"):
        plain = {
            uri: [one for one in found if isinstance(one, types.TextEdit)]
            for uri, found in by_uri.items()
        }
        return types.WorkspaceEdit(changes=plain)
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(uri, documents[uri].version), found
            )
            for uri, found in by_uri.items()
        ],
        change_annotations={_NOTE: note} if asked and note is not None else None,
    )
