"""Edits that belong to a completion item but lie elsewhere: kept until the item is accepted.

An item replaces text on the cursor's line only. When a change needs more places, the item's
command brings the others, all of them and only onto the very text they were made for.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass

from engine.edits.applied import applied
from engine.proposal import Edit
from engine.spans import ByteOffset, Span
from lsp_server.documents import Document

MAX_OFFERS = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """The further edits of one item, in the text that stands after the item was inserted."""

    item_id: str
    uri: str
    text_digest: bytes
    further: tuple[Edit, ...]
    made_digest: bytes

    def is_current(self, document: Document) -> bool:
        """Tell whether ``document`` is the text that was offered for, with the item inserted."""
        return _digest(document.buffer.content()) == self.text_digest

    def is_made(self, document: Document) -> bool:
        """Tell whether the editor has made the further edits itself."""
        return _digest(document.buffer.content()) == self.made_digest


class Offers:
    """The last offers, oldest dropped first."""

    def __init__(self) -> None:
        self._offers: deque[Offer] = deque(maxlen=MAX_OFFERS)

    def make(self, item_id: str, document: Document, main: Edit, further: tuple[Edit, ...]) -> None:
        """Remember what follows when ``main`` was inserted into ``document`` as it is now."""
        data = document.buffer.content()
        new = main.new_text.encode()
        after = data[: main.start] + new + data[main.end :]
        delta = len(new) - len(main.span)
        moved = tuple(_moved(edit, main, delta) for edit in further)
        made = _digest(applied(after, moved))
        self._offers.append(Offer(item_id, document.uri, _digest(after), moved, made))

    def take(self, item_id: str) -> Offer | None:
        """Return an offer; accepting twice finds nothing the second time."""
        offer = next((one for one in self._offers if one.item_id == item_id), None)
        if offer is not None:
            self._offers.remove(offer)
        return offer


def _moved(edit: Edit, main: Edit, delta: int) -> Edit:
    """Shift ``edit`` to where it stands once ``main`` was made (the two do not overlap)."""
    if edit.start < main.end or (edit.start == edit.end == main.start):
        return edit
    span = Span(ByteOffset(edit.start + delta), ByteOffset(edit.end + delta))
    return Edit(span, edit.new_text, edit.path)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
