"""``textDocument/rename``: all places of a name as one versioned edit, all or nothing.

Places that only may mean the name carry change annotations which the editor asks about; a client
without annotations does not get them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from engine.edits.rename import Certainty, RenameEdit, RenamePlan, plan_rename, renamable_at
from engine.errors import BadInput
from lsp_server.methods.prepare_rename import refused, renamable_document
from lsp_server.positions import offset_at, range_of
from lsp_server.rename_files import RenameFile, gathered
from lsp_server.session import Session

_POSSIBLE, _MENTION = "midfill.possible", "midfill.mention"
_NOTES = {
    _POSSIBLE: types.ChangeAnnotation(
        "May be the same name", True, "a member of an object whose class is not known"
    ),
    _MENTION: types.ChangeAnnotation("In comments and docstrings", True, "text, not code"),
}
_NOTE_OF = {Certainty.POSSIBLE: _POSSIBLE, Certainty.MENTION: _MENTION}


def rename(
    session: Session, params: types.RenameParams
) -> Coroutine[Any, Any, types.WorkspaceEdit]:
    """Read all files as they are now; the analysis follows in a thread of its own."""
    document = renamable_document(session, params.text_document.uri)
    offset = offset_at(document.buffer, params.position, session.encoding)
    files = _files(session, document.uri, offset)
    return _renamed(session, files, offset, params.new_name)


def _files(session: Session, uri: str, offset: int) -> list[RenameFile]:
    """The document, and the files that hold the name at ``offset``."""
    document = session.documents[uri]
    own = gathered(document, "", session.documents, ())[:1]
    try:
        place = renamable_at(own[0].source, offset)
    except BadInput as error:
        raise refused(str(error)) from error
    name = document.buffer.slice(place.start, place.end).decode()
    return gathered(document, name, session.documents, ())


async def _renamed(
    session: Session, files: list[RenameFile], offset: int, new_name: str
) -> types.WorkspaceEdit:
    sources = [file.source for file in files]
    try:
        plan = await asyncio.to_thread(plan_rename, sources, sources[0].path, offset, new_name)
    except BadInput as error:
        raise refused(str(error)) from error
    by_path = {file.source.path: file for file in files}
    touched = {path: by_path[path] for path in _paths(plan)}
    for file in (files[0], *touched.values()):
        if not file.is_current(session.documents):
            raise JsonRpcContentModified(f"{file.source.path} has changed meanwhile: rename again")
    left = [file for file in touched.values() if file.trouble is not None]
    if files[0] in left:
        raise refused(f"{files[0].source.path}: {files[0].trouble}")
    _tell(session, left)
    return _written(session, plan, {p: f for p, f in touched.items() if f.trouble is None})


def _paths(plan: RenamePlan) -> list[str]:
    return list(dict.fromkeys(one.edit.path for one in plan.edits if one.edit.path is not None))


def _tell(session: Session, left: Sequence[RenameFile]) -> None:
    """Tell the user which files hold the name and stay as they are."""
    if left:
        names = "; ".join(f"{file.source.path} ({file.trouble})" for file in left[:5])
        more = "" if len(left) <= 5 else f" and {len(left) - 5} more"
        message = f"The name also stands in files that were left as they are: {names}{more}"
        session.show(types.MessageType.Warning, message)


def _written(
    session: Session, plan: RenamePlan, files: dict[str, RenameFile]
) -> types.WorkspaceEdit:
    """Write the plan as far as the client can take it."""
    is_annotated = session.can("workspace.workspace_edit.change_annotation_support")
    is_versioned = session.can("workspace.workspace_edit.document_changes")
    wanted = [
        one
        for one in plan.edits
        if one.edit.path in files
        and (one.certainty is Certainty.CERTAIN or (is_annotated and is_versioned))
    ]
    by_path: dict[str, list[RenameEdit]] = {}
    for one in wanted:
        by_path.setdefault(one.edit.path or "", []).append(one)
    if not is_versioned:
        return types.WorkspaceEdit(
            changes={
                files[path].uri: [_text_edit(session, files[path], one) for one in edits]
                for path, edits in by_path.items()
            }
        )
    used = {_NOTE_OF[one.certainty] for one in wanted if one.certainty in _NOTE_OF}
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(files[path].uri, files[path].version),
                [_annotated(session, files[path], one) for one in edits],
            )
            for path, edits in by_path.items()
        ],
        change_annotations={name: _NOTES[name] for name in sorted(used)} or None,
    )


def _text_edit(session: Session, file: RenameFile, one: RenameEdit) -> types.TextEdit:
    place = range_of(file.buffer, one.edit.span, session.encoding)
    return types.TextEdit(place, one.edit.new_text)


def _annotated(
    session: Session, file: RenameFile, one: RenameEdit
) -> types.TextEdit | types.AnnotatedTextEdit:
    plain = _text_edit(session, file, one)
    note = _NOTE_OF.get(one.certainty)
    return plain if note is None else types.AnnotatedTextEdit(note, plain.range, plain.new_text)
