"""Positions and the line index against a naive model that reads the specification literally."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from engine.spans import ByteOffset, span
from lsp_server.buffer import TextBuffer
from lsp_server.positions import Encoding, num_units, offset_at, position_at, range_of, span_of

# Every character that splits lines for Python but not for LSP, both line-end characters, a
# surrogate pair, a combining mark, and two- and three-byte characters.
ALPHABET = "ab \n\r\t\f\v\x1c\x85\u2028\u2029é\u0301漢😀"
TEXTS = st.text(alphabet=ALPHABET, max_size=40)
ENCODINGS = st.sampled_from(list(Encoding))
CODECS = {
    Encoding.UTF8: ("utf-8", 1),
    Encoding.UTF16: ("utf-16-le", 2),
    Encoding.UTF32: ("utf-32-le", 4),
}


def naive_lines(text: str) -> list[str]:
    """Lines with their ends, split as LSP says."""
    return re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z", text) + (
        [""] if not text or text[-1] in "\r\n" else []
    )


def naive_offset(text: str, position: types.Position, encoding: Encoding) -> int:
    """Walk the text one character at a time."""
    lines = naive_lines(text)
    if position.line >= len(lines):
        return len(text.encode())
    before = "".join(lines[: position.line])
    codec, width = CODECS[encoding]
    taken, num_taken = "", 0
    for character in lines[position.line].rstrip("\r\n"):
        num_taken += len(character.encode(codec)) // width
        if num_taken > position.character:
            break
        taken += character
    return len((before + taken).encode())


@given(TEXTS, st.integers(0, 8), st.integers(0, 20), ENCODINGS)
def test_offset_of_any_position_is_the_naive_one(
    text: str, line: int, character: int, encoding: Encoding
) -> None:
    position = types.Position(line, character)
    expected = naive_offset(text, position, encoding)
    assert offset_at(TextBuffer(text.encode()), position, encoding) == expected


@given(TEXTS, ENCODINGS)
def test_position_and_back_is_the_same_offset(text: str, encoding: Encoding) -> None:
    buffer = TextBuffer(text.encode())
    for index in range(len(text) + 1):
        offset = ByteOffset(len(text[:index].encode()))
        inside_line_end = text[index - 1 : index + 1] == "\r\n" and index > 0
        expected = offset - 1 if inside_line_end else offset
        assert offset_at(buffer, position_at(buffer, offset, encoding), encoding) == expected


@given(TEXTS)
def test_line_index_is_the_naive_split(text: str) -> None:
    buffer = TextBuffer(text.encode())
    lines = naive_lines(text)
    assert buffer.num_lines == len(lines)
    seen = [
        buffer.slice(buffer.line_start(line), buffer.line_end(line)).decode()
        for line in range(buffer.num_lines)
    ]
    assert seen == [line.rstrip("\r\n") for line in lines]


@given(
    TEXTS,
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), TEXTS), max_size=12),
)
def test_any_edits_leave_the_index_of_a_fresh_buffer(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    buffer = TextBuffer(text.encode())
    for first, second, new in edits:
        start, end = sorted((min(first, len(text)), min(second, len(text))))
        place = span(len(text[:start].encode()), len(text[:end].encode()))
        text = text[:start] + new + text[end:]
        buffer.replace(place, new.encode())
        fresh = TextBuffer(text.encode())
        assert buffer.content() == text.encode()
        assert [buffer.line_start(line) for line in range(buffer.num_lines)] == [
            fresh.line_start(line) for line in range(fresh.num_lines)
        ]
        assert [buffer.line_at(offset) for offset in range(len(buffer) + 2)] == [
            fresh.line_at(offset) for offset in range(len(fresh) + 2)
        ]


@given(TEXTS, ENCODINGS)
def test_units_are_those_of_the_codec(text: str, encoding: Encoding) -> None:
    codec, width = CODECS[encoding]
    assert num_units(text, encoding) == len(text.encode(codec)) // width


@pytest.mark.parametrize("encoding", list(Encoding))
def test_a_line_of_a_megabyte(encoding: Encoding) -> None:
    text = "😀é漢a" * 100_000
    buffer = TextBuffer(text.encode())
    end = position_at(buffer, ByteOffset(len(buffer)), encoding)
    assert end == types.Position(0, num_units(text, encoding))
    assert offset_at(buffer, end, encoding) == len(buffer)
    middle = types.Position(0, num_units(text[:200_000], encoding))
    assert offset_at(buffer, middle, encoding) == len(text[:200_000].encode())


def test_a_position_inside_a_surrogate_pair_means_its_start() -> None:
    buffer = TextBuffer("a😀b".encode())
    assert offset_at(buffer, types.Position(0, 2), Encoding.UTF16) == 1


def test_a_character_behind_the_line_end_stays_before_the_line_end() -> None:
    buffer = TextBuffer(b"ab\r\ncd")
    assert offset_at(buffer, types.Position(0, 99), Encoding.UTF16) == 2


def test_a_reversed_range_means_the_same_text() -> None:
    buffer = TextBuffer(b"abc\ndef")
    reversed_range = types.Range(types.Position(1, 1), types.Position(0, 1))
    assert span_of(buffer, reversed_range, Encoding.UTF16) == span(1, 5)
    assert range_of(buffer, span(1, 5), Encoding.UTF16) == types.Range(
        types.Position(0, 1), types.Position(1, 1)
    )


def test_replacing_behind_the_text_is_an_error() -> None:
    with pytest.raises(ValueError, match="ends behind 3 bytes"):
        TextBuffer(b"abc").replace(span(2, 9), b"")
