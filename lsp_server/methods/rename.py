"""``textDocument/rename``: all places of a name as one versioned edit, all or nothing.

Places that only may mean the name carry change annotations which the editor asks about; a client
without annotations does not get them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from engine.edits.rename import (
    Certainty,
    RenameEdit,
    RenamePlan,
    is_local_at,
)
from engine.errors import BadInput
from lsp_server.file_edits import asks, refreshed, tell_left, trouble
from lsp_server.methods.prepare_rename import refused, renamable
from lsp_server.positions import range_of
from lsp_server.rename_files import (
    MAX_FILES,
    RenameFile,
    holds,
    opened_with,
    read_beside,
    search,
    unread_beside,
)
from lsp_server.rename_process import planned
from lsp_server.session import Session

_PATIENCE_S = 15.0
_CUT = (
    "The workspace holds more files than can be searched in time: the name may stand in others, too"
)
_SLOW = (
    "Looking for changed files takes too long: the name may stand in those that came just now, too"
)
_FAILED = "The workspace could not be indexed (see the log): the name may stand in other files, too"
_POSSIBLE, _MENTION = "midfill.possible", "midfill.mention"
_NOTES = {
    _POSSIBLE: types.ChangeAnnotation(
        "May be the same name", True, "a member of an object whose class is not known"
    ),
    _MENTION: types.ChangeAnnotation("In comments and strings", True, "text, not code"),
}
_NOTE_OF = {Certainty.POSSIBLE: _POSSIBLE, Certainty.MENTION: _MENTION}


async def rename(session: Session, params: types.RenameParams) -> types.WorkspaceEdit:
    """Read the document as it is now; the analysis follows in a thread of its own."""
    first, offset, place = await renamable(session, params)
    name = first.buffer.slice(place.start, place.end).decode()
    document = session.documents.get(params.text_document.uri)
    if document is None:
        raise JsonRpcContentModified(f"{first.source.path} was closed meanwhile")
    files = [first, *opened_with(document, name, session.documents, session.notebooks)[1:]]
    return await _renamed(session, files, name, offset, params.new_name)


async def _paths_mentioning(session: Session, name: str) -> list[Path]:
    """The files that are not open and hold ``name``, once all have been looked at as they are."""
    index = session.background_index
    if not await refreshed(session, _PATIENCE_S):
        if index.num_runs == 0:
            raise refused("the workspace is still being indexed: try again in a moment")
        session.show(types.MessageType.Warning, _SLOW)
    if index.has_failed:
        session.show(types.MessageType.Warning, _FAILED)
    return _closed(session, session.workspace.files_mentioning(name, limit=MAX_FILES + 1))


def _closed(session: Session, paths: Iterable[Path]) -> list[Path]:
    """Those of ``paths`` that are not open."""
    known = {Path(one.path) for one in session.documents if one.path is not None}
    return [path for path in paths if path not in known]


async def _renamed(
    session: Session,
    files: list[RenameFile],
    name: str,
    offset: int,
    new_name: str,
) -> types.WorkspaceEdit:
    """Work it out beside the messages; then make sure that no file has changed meanwhile."""
    is_local = await asyncio.to_thread(is_local_at, files[0].source, offset)
    paths = [] if is_local else await _paths_mentioning(session, name)
    left_out = [] if is_local else session.workspace.left_out()
    rest = [] if is_local else _closed(session, session.workspace.rest())

    def read_all() -> tuple[list[RenameFile], dict[str, str], bool]:
        more, is_whole = search(files, rest, name)
        # Where an ignored file holds the name, too, the user is told.
        ignored = (path for path in left_out if holds(path, name))
        found = [*files, *read_beside(files, [*paths, *more, *ignored])]
        return found, unread_beside(found, name, [*paths, *more, *left_out]), is_whole

    try:
        found, unread, is_whole = await asyncio.to_thread(read_all)
        sources = [file.source for file in found]
        plan = await planned(sources, sources[0].path, offset, new_name)
    except BadInput as error:
        raise refused(str(error)) from error
    by_path = {file.source.path: file for file in found}
    touched = {path: by_path[path] for path in _paths(plan)}
    for file in (files[0], *touched.values()):
        if not file.is_current(session.documents):
            raise JsonRpcContentModified(f"{file.source.path} has changed meanwhile: rename again")
    troubles = {path: trouble(session, file) for path, file in touched.items()}
    left = {path: why for path, why in troubles.items() if why is not None}
    if files[0].source.path in left:
        raise refused(f"{files[0].source.path}: {left[files[0].source.path]}")
    tell_left(session, left | unread, "the name may stand there, too")
    if not is_local and (session.workspace.is_cut or not is_whole):
        session.show(types.MessageType.Warning, _CUT)
    _tell_possible(session, plan)
    return _written(session, plan, {path: touched[path] for path in touched if path not in left})


def _tell_possible(session: Session, plan: RenamePlan) -> None:
    """Tell the user what the editor cannot be asked to do."""
    possible = [one.edit.path for one in plan.edits if one.certainty is Certainty.POSSIBLE]
    if possible and not asks(session):
        num_files = len(set(possible))
        message = f"{len(possible)} other places in {num_files} files may mean '{plan.name}', too"
        session.show(types.MessageType.Warning, f"Left as they are: {message}")
    if plan.moved is not None and not _is_moving(session):
        old, new = (Path(path).name for path in plan.moved)
        session.show(types.MessageType.Warning, f"Java wants {old} to be called {new} now")


def _is_moving(session: Session) -> bool:
    """Whether the editor renames files."""
    edit = session.capabilities.workspace and session.capabilities.workspace.workspace_edit
    operations = (edit and edit.resource_operations) or ()
    is_versioned = session.can("workspace.workspace_edit.document_changes")
    return is_versioned and types.ResourceOperationKind.Rename in operations


def _paths(plan: RenamePlan) -> list[str]:
    return list(dict.fromkeys(one.edit.path for one in plan.edits if one.edit.path is not None))


def _written(
    session: Session, plan: RenamePlan, files: dict[str, RenameFile]
) -> types.WorkspaceEdit:
    """Write the plan as far as the client can take it."""
    is_asked = asks(session)
    is_versioned = session.can("workspace.workspace_edit.document_changes")
    wanted = [
        one
        for one in plan.edits
        if one.edit.path in files and (one.certainty is Certainty.CERTAIN or is_asked)
    ]
    documents: dict[str, RenameFile] = {}
    by_uri: dict[str, list[RenameEdit]] = {}
    for one in wanted:
        file, place = files[one.edit.path or ""].placed(one.edit.span)
        documents[file.uri] = file
        by_uri.setdefault(file.uri, []).append(replace(one, edit=replace(one.edit, span=place)))
    if not is_versioned:
        return types.WorkspaceEdit(
            changes={
                uri: [_text_edit(session, documents[uri], one) for one in edits]
                for uri, edits in by_uri.items()
            }
        )
    used = {_NOTE_OF[one.certainty] for one in wanted if one.certainty in _NOTE_OF}
    changes = [
        types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(uri, documents[uri].version),
            [_annotated(session, documents[uri], one) for one in edits],
        )
        for uri, edits in by_uri.items()
    ]
    moves = _moves(plan, files) if _is_moving(session) else []
    return types.WorkspaceEdit(
        document_changes=[*changes, *moves],
        change_annotations={name: _NOTES[name] for name in sorted(used)} or None,
    )


def _moves(plan: RenamePlan, files: dict[str, RenameFile]) -> list[types.RenameFile]:
    """The file that goes with its class, unless it is left as it is."""
    if plan.moved is None or plan.moved[0] not in files:
        return []
    old, (_, new) = files[plan.moved[0]].uri, plan.moved
    return [types.RenameFile(old, f"{old.rpartition('/')[0]}/{Path(new).name}")]


def _text_edit(session: Session, file: RenameFile, one: RenameEdit) -> types.TextEdit:
    place = range_of(file.buffer, one.edit.span, session.encoding)
    return types.TextEdit(place, one.edit.new_text)


def _annotated(
    session: Session, file: RenameFile, one: RenameEdit
) -> types.TextEdit | types.AnnotatedTextEdit:
    plain = _text_edit(session, file, one)
    note = _NOTE_OF.get(one.certainty)
    return plain if note is None else types.AnnotatedTextEdit(note, plain.range, plain.new_text)
