"""The rest of an accepted change: made on the text it was made for, or not at all."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from engine.proposal import Edit
from engine.spans import span
from lsp_server.documents import Document
from lsp_server.offers import MAX_OFFERS, Offers


def whole(text: str) -> types.TextDocumentContentChangeWholeDocument:
    return types.TextDocumentContentChangeWholeDocument(text)


@given(
    st.text(alphabet="ab\né😀", min_size=4, max_size=20),
    st.lists(st.integers(0, 20), min_size=4, max_size=4),
    st.sampled_from([0, 1]),
)
def test_main_then_further_is_the_whole_change(text: str, places: list[int], main: int) -> None:
    cuts = sorted(len(text[:place].encode()) for place in places)
    edits = [Edit(span(cuts[0], cuts[1]), "first"), Edit(span(cuts[2], cuts[3]), "ω")]
    if cuts[1] == cuts[2] and (cuts[0] == cuts[1] or cuts[2] == cuts[3]):
        return  # two edits at one place: their order is not defined by offsets
    data = text.encode()
    expected = data
    for edit in reversed(edits):
        expected = expected[: edit.start] + edit.new_text.encode() + expected[edit.end :]
    document = Document(types.TextDocumentItem("file:///a", "python", 1, text))
    offers = Offers()
    offers.make("r1.0", document, edits[main], (edits[1 - main],))
    chosen = edits[main]
    inserted = data[: chosen.start] + chosen.new_text.encode() + data[chosen.end :]
    document.change(2, [whole(inserted.decode())], None)  # type: ignore[arg-type]
    offer = offers.take("r1.0")
    assert offer is not None
    assert offer.is_current(document)
    for edit in offer.further:
        inserted = inserted[: edit.start] + edit.new_text.encode() + inserted[edit.end :]
    assert inserted == expected


def test_any_other_text_is_stale(opened: Any) -> None:
    document = opened("a b\n")
    offers = Offers()
    offers.make("r1.0", document, Edit(span(1, 1), "x"), (Edit(span(2, 3), "y"),))
    offer = offers.take("r1.0")
    assert offer is not None
    assert not offer.is_current(document)
    document.change(2, [whole("ax c\n")], None)
    assert not offer.is_current(document)
    assert offers.take("r1.0") is None


def test_old_offers_are_forgotten(opened: Any) -> None:
    offers = Offers()
    for number in range(MAX_OFFERS + 1):
        offers.make(f"r{number}.0", opened(""), Edit(span(0, 0), "x"), ())
    assert offers.take("r0.0") is None
    assert offers.take("r1.0") is not None
