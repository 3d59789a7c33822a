"""``textDocument/prepareRename``: which name stands here, or why it cannot be renamed."""

from __future__ import annotations

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from engine.edits.rename import renamable_at
from engine.errors import BadInput
from engine.spans import ByteOffset, Span
from lsp_server.documents import Document
from lsp_server.positions import offset_at, range_of
from lsp_server.rename_files import opened
from lsp_server.session import Session


def prepare_rename(
    session: Session, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder:
    """Find the name under the cursor; no model is needed."""
    document, _, place = renamable(session, params)
    name = document.buffer.slice(place.start, place.end).decode()
    return types.PrepareRenamePlaceholder(range_of(document.buffer, place, session.encoding), name)


def renamable(
    session: Session, params: types.PrepareRenameParams | types.RenameParams
) -> tuple[Document, ByteOffset, Span]:
    """The open document with the cursor's offset, and the name there.

    Raises JsonRpcException where it cannot be renamed.
    """
    uri = params.text_document.uri
    document = session.documents.get(uri)
    if document is None:
        raise JsonRpcInvalidParams(f"{uri} is not open")
    refusal = session.refusal_for(document)
    if refusal is not None:
        raise refused(f"{refusal.reason.value}: {refusal.detail}")
    offset = offset_at(document.buffer, params.position, session.encoding)
    try:
        return document, offset, renamable_at(opened(document).source, offset)
    except BadInput as error:
        raise refused(str(error)) from error


def refused(message: str) -> JsonRpcException:
    """The answer to a rename that cannot be made."""
    return JsonRpcException(f"Cannot rename: {message}", code=types.LSPErrorCodes.RequestFailed)
