"""``textDocument/prepareRename``: which name stands here, or why it cannot be renamed."""

from __future__ import annotations

import asyncio

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from engine.edits.rename import renamable_at
from engine.errors import BadInput
from engine.spans import ByteOffset, Span
from lsp_server.positions import offset_at, range_of
from lsp_server.rename_files import RenameFile, opened_whole
from lsp_server.session import Session


async def prepare_rename(
    session: Session, params: types.PrepareRenameParams
) -> types.PrepareRenamePlaceholder:
    """Find the name under the cursor; no model is needed."""
    file, _, place = await renamable(session, params)
    name = file.buffer.slice(place.start, place.end).decode()
    shown, place = file.placed(place)
    return types.PrepareRenamePlaceholder(range_of(shown.buffer, place, session.encoding), name)


async def renamable(
    session: Session, params: types.PrepareRenameParams | types.RenameParams
) -> tuple[RenameFile, ByteOffset, Span]:
    """The open document as it is now with the cursor's offset, and the name there.

    All names of a long file take a second, which no message waits for. Raises
    JsonRpcException where it cannot be renamed.
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
        file = opened_whole(document, session.documents, session.notebooks)
        offset = ByteOffset(offset + file.start_of(uri))
        return file, offset, await asyncio.to_thread(renamable_at, file.source, offset)
    except BadInput as error:
        raise refused(str(error)) from error


def refused(message: str) -> JsonRpcException:
    """The answer to a rename that cannot be made."""
    return JsonRpcException(f"Cannot rename: {message}", code=types.LSPErrorCodes.RequestFailed)
