"""How much of an accepted text is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.spans import span
from lsp_server.documents import Document
from lsp_server.survival import kept_share


@pytest.mark.parametrize(
    ("accepted", "now", "share"),
    [
        ("total", "total", 1.0),
        ("total", "", 0.0),
        ("total(a)", "total(b)", 7 / 8),
        ("", "", 1.0),
        ("one\ntwo\n" * 200, "one\n" + "two\n" * 200, None),
    ],
)
def test_the_share_counts_characters_in_order(accepted: str, now: str, share: float | None) -> None:
    measured = kept_share(accepted, now)
    assert measured == share if share is not None else 0.5 <= measured < 0.6


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_share_is_a_share(accepted: str, now: str) -> None:
    assert 0.0 <= kept_share(accepted, now) <= 1.0
    assert kept_share(accepted, accepted) == 1.0


def test_a_mark_moves_with_its_text(opened: object) -> None:
    document: Document = opened("one two three")  # type: ignore[operator]
    mark = document.mark(span(4, 7))
    for place, text in ((span(0, 0), b"zero "), (span(12, 12), b"!"), (span(10, 11), b"WW")):
        document._replace(place, text)
    assert document.buffer.slice(mark.span.start, mark.span.end) == b"tWWo"
    document._replace(span(8, 14), b"")
    assert not mark.span
