"""``textDocument/completion``, for editors without inline completion that ask for it.

The proposals stand in the ordinary list, the whole change in one item each.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from engine.proposal import EditKind
from engine.spans import ByteOffset, span
from lsp_server.convert import Suggestion, accept_command, own_json, text_edit
from lsp_server.positions import offset_at, range_of
from lsp_server.session import Session
from lsp_server.suggest import Suggested, Wish, suggest

Result = dict[str, Any]

_MAX_LABEL = 60


def completion(
    session: Session, params: types.CompletionParams
) -> Result | Coroutine[Any, Any, Result]:
    """Answer at once, or later from the engine."""
    uri = params.text_document.uri
    document = session.documents.touch(uri)
    if document is None:
        raise JsonRpcInvalidParams(f"{uri} is not open")
    # Editors say "invoked" while a word is typed too: it is never taken for a wish of the user.
    cursor = offset_at(document.buffer, params.position, session.encoding)
    wish = Wish(types.TEXT_DOCUMENT_COMPLETION, document, cursor, is_invoked=False)
    suggested = suggest(session, wish)
    if isinstance(suggested, Suggested):
        return _written(session, wish, suggested)
    return _written_later(session, wish, suggested)


async def _written_later(
    session: Session, wish: Wish, suggesting: Coroutine[Any, Any, Suggested]
) -> Result:
    return _written(session, wish, await suggesting)


def _written(session: Session, wish: Wish, suggested: Suggested) -> Result:
    """Write a list that is incomplete, so that the editor asks again at the next key."""
    items = [_item(session, wish, one) for one in suggested.suggestions if _is_listed(one)]
    return {"isIncomplete": True, "items": items}


def _is_listed(item: Suggestion) -> bool:
    """Whether it goes on with what stands before the cursor: the key that ends a line ends it."""
    return bool(item.main.new_text) and not item.main.new_text.startswith("\n")


def _item(session: Session, wish: Wish, item: Suggestion) -> dict[str, Any]:
    """Write one item; its edit begins with the word before the cursor, by which editors filter."""
    document = wish.document
    line_start = document.buffer.line_start(document.buffer.line_at(item.main.start))
    start = _word_start(document.buffer.slice(line_start, item.main.start), item.main.start)
    word = document.buffer.slice(start, item.main.start).decode()
    new_text = word + document.to_client(item.main.new_text)
    place = range_of(document.buffer, span(start, item.main.end), session.encoding)
    first_line = new_text.strip().split("\n", 1)[0]
    further = item.further if item.proposal.kind is EditKind.ATOMIC else ()
    can_command = session.can("workspace.execute_command")
    written: dict[str, Any] = session.server.protocol.converter.unstructure(
        types.CompletionItem(
            label=first_line if len(first_line) <= _MAX_LABEL else first_line[:_MAX_LABEL] + "…",
            kind=types.CompletionItemKind.Text,
            detail="Midfill",
            filter_text=new_text,
            text_edit=types.TextEdit(place, new_text),
            additional_text_edits=[text_edit(edit, document, session.encoding) for edit in further]
            or None,
            command=accept_command(item.id) if can_command else None,
        )
    )
    written["data"] = {"midfill": own_json(item, document)}
    return written


def _word_start(line: bytes, end: int) -> ByteOffset:
    """Return where the word that ends ``line`` begins; ``line`` ends at ``end``."""
    length = 0
    for character in reversed(line.decode()):
        if not (character.isalnum() or character == "_"):
            break
        length += len(character.encode())
    return ByteOffset(end - length)
