"""An edit set as a WorkspaceEdit: versioned, annotated, all or nothing, as far as a client can."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lsprotocol import types
from pygls.uris import from_fs_path

from engine.errors import BadInput
from engine.proposal import Edit
from lsp_server.convert import text_edit
from lsp_server.documents import Document
from lsp_server.positions import range_of
from lsp_server.rename_files import RenameFile
from lsp_server.session import Session

if TYPE_CHECKING:
    from lsp_server.actions.other_files import OtherFiles

_NOTE = "midfill"


@dataclass(frozen=True, slots=True)
class Note:
    """What a preview says of a change; ``is_confirmed``: the editor asks before it makes it."""

    label: str
    description: str = ""
    is_confirmed: bool = False


def workspace_edit(
    session: Session,
    document: Document,
    edits: Iterable[Edit],
    note: Note,
    others: OtherFiles | None = None,
) -> types.WorkspaceEdit:
    """Write ``edits`` of ``document`` and of other open documents, against their versions.

    Files that are not open are those that ``others`` have read. Raises BadInput for one that is
    not among them, or has changed on disk.
    """
    by_document: dict[str, list[Edit]] = {}
    documents: dict[str, Document | RenameFile] = {}
    for edit in edits:
        target = _document_of(session, document, edit.path, others)
        documents[target.uri] = target
        by_document.setdefault(target.uri, []).append(edit)
    if not session.can("workspace.workspace_edit.document_changes"):
        return types.WorkspaceEdit(
            changes={
                uri: [_text_edit(session, documents[uri], edit) for edit in found]
                for uri, found in by_document.items()
            }
        )
    is_annotated = session.can("workspace.workspace_edit.change_annotation_support")
    changes = [
        _document_edit(session, documents[uri], found, is_annotated)
        for uri, found in by_document.items()
    ]
    annotation = types.ChangeAnnotation(
        note.label, note.is_confirmed or None, note.description or None
    )
    return types.WorkspaceEdit(
        document_changes=changes,
        change_annotations={_NOTE: annotation} if is_annotated else None,
    )


def _document_edit(
    session: Session, document: Document | RenameFile, edits: list[Edit], is_annotated: bool
) -> types.TextDocumentEdit:
    identifier = types.OptionalVersionedTextDocumentIdentifier(document.uri, document.version)
    written: list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit] = []
    for edit in sorted(edits, key=lambda each: each.span):
        plain = _text_edit(session, document, edit)
        written.append(
            types.AnnotatedTextEdit(_NOTE, plain.range, plain.new_text) if is_annotated else plain
        )
    return types.TextDocumentEdit(identifier, written)


def _text_edit(session: Session, document: Document | RenameFile, edit: Edit) -> types.TextEdit:
    if isinstance(document, RenameFile):
        return types.TextEdit(range_of(document.buffer, edit.span, session.encoding), edit.new_text)
    return text_edit(edit, document, session.encoding)


def _document_of(
    session: Session, document: Document, path: str | None, others: OtherFiles | None
) -> Document | RenameFile:
    if path is None or path == document.path:
        return document
    if others is not None:
        file = others.writable(path)
        return session.documents.get(file.uri) or file
    for uri in (from_fs_path(path), path):
        found = None if uri is None else session.documents.get(uri)
        if found is not None:
            return found
    raise BadInput(f"{path} is not open any more: open it and ask again")
