"""Proposals as completion items: the only place that writes engine results in LSP terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cattrs import Converter
from lsprotocol import types

from engine.proposal import Edit, EditKind, Proposal, Refusal, TokenConfidence
from engine.spans import ByteOffset, Span
from lsp_server.documents import Document
from lsp_server.positions import Encoding, num_units, range_of

ACCEPT_COMMAND = "midfill.accept"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One proposal cut for the protocol: ``main`` fits an item, ``further`` does not.

    Offsets count in the document as it is now.
    """

    id: str
    proposal: Proposal
    main: Edit
    further: tuple[Edit, ...]

    @property
    def needs_command(self) -> bool:
        """Whether the item alone would be half a change."""
        return bool(self.further) and self.proposal.kind is EditKind.ATOMIC


def suggestion(id_: str, proposal: Proposal, document: Document) -> Suggestion:
    """Cut ``proposal`` into the edit at the cursor and the others.

    An item's range may not leave its line (LSP 3.18): what the cursor's edit removes behind the
    end of the line becomes an edit of its own.
    """
    cursor = proposal.plan.cursor
    at_cursor = [edit for edit in proposal.edits if edit.path is None and _touches(edit, cursor)]
    main = min(at_cursor, key=lambda edit: cursor - edit.start, default=_nothing(cursor))
    further = [edit for edit in proposal.edits if edit is not main]
    line_end = document.buffer.line_end(document.buffer.line_at(main.start))
    if main.end > line_end:
        further.append(Edit(Span(line_end, main.span.end), ""))
        main = Edit(Span(main.span.start, line_end), main.new_text)
    return Suggestion(id_, proposal, main, tuple(sorted(further, key=lambda edit: edit.span)))


def item_json(
    item: Suggestion,
    document: Document,
    encoding: Encoding,
    converter: Converter,
    has_command: bool = True,
) -> dict[str, Any]:
    """Write one item: the standard members, and ``midfill`` with what they cannot say.

    ``has_command``: the editor runs the item's command when it is accepted.
    """
    standard = types.InlineCompletionItem(
        insert_text=document.to_client(item.main.new_text),
        range=range_of(document.buffer, item.main.span, encoding),
        command=accept_command(item.id) if has_command else None,
    )
    written: dict[str, Any] = converter.unstructure(standard)
    further = [converter.unstructure(text_edit(edit, document, encoding)) for edit in item.further]
    written["midfill"] = own_json(item, document) | ({"edits": further} if further else {})
    return written


def own_json(item: Suggestion, document: Document) -> dict[str, Any]:
    """Write what the standard members of an item cannot say."""
    return {
        "id": item.id,
        "kind": item.proposal.kind.value,
        "confidence": item.proposal.confidence,
        "tokens": token_lengths(item.proposal.text, item.proposal.tokens, document),
    }


def accept_command(item_id: str) -> types.Command:
    """Build the command that tells the server that an item was accepted."""
    return types.Command("Accept the proposal", ACCEPT_COMMAND, arguments=[item_id])


def text_edit(edit: Edit, document: Document, encoding: Encoding) -> types.TextEdit:
    """Write one edit of ``document``."""
    place = range_of(document.buffer, edit.span, encoding)
    return types.TextEdit(place, document.to_client(edit.new_text))


def refusal_json(id_: str, refusal: Refusal) -> dict[str, Any]:
    """Write an empty list of items that says why it is empty."""
    return {
        "items": [],
        "midfill": {"id": id_, "reason": refusal.reason.value, "detail": refusal.detail},
    }


def token_lengths(
    text: str, tokens: Sequence[TokenConfidence], document: Document
) -> list[dict[str, float]]:
    """Write tokens with lengths in UTF-16; a character cut by tokens counts where it ends."""
    data = text.encode()
    written: list[dict[str, float]] = []
    end = num_before = 0
    for token in tokens:
        end += token.length
        so_far = document.to_client(data[:end].decode(errors="ignore"))
        num_now = num_units(so_far, Encoding.UTF16)
        written.append({"length": num_now - num_before, "p": token.p})
        num_before = num_now
    return written


def _nothing(cursor: ByteOffset) -> Edit:
    return Edit(Span(cursor, cursor), "")


def _touches(edit: Edit, cursor: ByteOffset) -> bool:
    return edit.start <= cursor <= edit.end
