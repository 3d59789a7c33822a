from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.judging.alignment import align

PIECES = st.lists(st.text("ab( \n", max_size=4).map(str.encode), min_size=1, max_size=6)


def test_tokens_own_the_bytes_they_wrote() -> None:
    assert align([b"foo", b"(x", b""], b"foo(x") == [(0, 3), (1, 2)]


def test_added_closers_belong_to_the_token_before() -> None:
    assert align([b"foo", b"(x", b""], b"foo(x)") == [(0, 3), (1, 3)]


def test_white_space_that_was_cut_or_added_shifts_nothing() -> None:
    assert align([b"  ", b"foo", b"  ", b"bar"], b"foo bar") == [(1, 3), (2, 1), (3, 3)]
    assert align([b"foo", b"bar"], b"    foobar") == [(0, 7), (1, 3)]


def test_nothing_written_owns_nothing() -> None:
    assert align([], b"foo") == [] and align([b"foo"], b"") == []


@given(PIECES, st.text("ab( \n", max_size=12).map(str.encode))
def test_all_bytes_are_owned_in_order(pieces: list[bytes], text: bytes) -> None:
    runs = align(pieces, text)
    assert sum(length for _, length in runs) == len(text)
    assert [token for token, _ in runs] == sorted({token for token, _ in runs})


@given(PIECES)
def test_an_unchanged_text_is_owned_exactly(pieces: list[bytes]) -> None:
    expected = [(index, len(piece)) for index, piece in enumerate(pieces) if piece]
    assert align(pieces, b"".join(pieces)) == expected
