"""The only conversion between LSP positions and byte offsets.

A position counts code units of the negotiated encoding from the start of its line. Out-of-range
values are clamped as the specification says (3.17, "Position": a character behind the line's end
means the line's end); lines behind the last one mean the end of the text, and a position inside
of a character means the start of that character.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from engine.spans import ByteOffset, Span
from lsp_server.buffer import TextBuffer

if TYPE_CHECKING:
    # A quarter of a second that the command line, which needs offsets alone, does not wait for.
    from lsprotocol import types


class Encoding(str, Enum):
    """Which code units positions count."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


# The most bytes of UTF-8 that one code unit can stand for (a surrogate pair is two units of UTF-16
# and four bytes).
_MAX_BYTES_PER_UNIT = {Encoding.UTF8: 1, Encoding.UTF16: 3, Encoding.UTF32: 4}


def num_units(text: str, encoding: Encoding) -> int:
    """Measure ``text`` in code units of ``encoding``."""
    if encoding is Encoding.UTF32 or text.isascii():
        return len(text)
    if encoding is Encoding.UTF8:
        return len(text.encode())
    return len(text.encode("utf-16-le")) // 2


def first_units(text: str, num_wanted: int, encoding: Encoding) -> str:
    """Return the characters of ``text`` that lie wholly within its first ``num_wanted`` units."""
    return _first_units(text.encode(), num_wanted, encoding)


def offset_at(buffer: TextBuffer, position: types.Position, encoding: Encoding) -> ByteOffset:
    """Convert ``position`` to a byte offset, clamped into the text."""
    return offset_of(buffer, position.line, position.character, encoding)


def offset_of(buffer: TextBuffer, line: int, units: int, encoding: Encoding) -> ByteOffset:
    """Convert a line and the code units before a place in it, both from 0, to a byte offset."""
    if line >= buffer.num_lines:
        return ByteOffset(len(buffer))
    start = buffer.line_start(line)
    end = buffer.line_end(line)
    reach = start + units * _MAX_BYTES_PER_UNIT[encoding]
    # Nothing behind ``reach`` can belong to the first ``units`` units: a line of a megabyte
    # is not decoded to find its third column.
    head = buffer.slice(start, min(end, reach))
    if head.isascii():
        return ByteOffset(start + min(units, len(head)))
    return ByteOffset(start + len(_first_units(head, units, encoding).encode()))


def _first_units(head: bytes, num_wanted: int, encoding: Encoding) -> str:
    """Return the characters that lie wholly within the first ``num_wanted`` units of ``head``."""
    # ``ignore`` drops only what is cut at the end: the bytes were valid UTF-8 before the cut.
    if encoding is Encoding.UTF8:
        return head[:num_wanted].decode(errors="ignore")
    text = head.decode(errors="ignore")
    if encoding is Encoding.UTF32:
        return text[:num_wanted]
    return text.encode("utf-16-le")[: 2 * num_wanted].decode("utf-16-le", errors="ignore")


def position_at(buffer: TextBuffer, offset: ByteOffset, encoding: Encoding) -> types.Position:
    """Convert ``offset`` to a position; one inside of a line end means the end of the line."""
    from lsprotocol import types

    offset = ByteOffset(min(max(offset, 0), len(buffer)))
    line = buffer.line_at(offset)
    start = buffer.line_start(line)
    head = buffer.slice(start, min(offset, buffer.line_end(line)))
    return types.Position(line, num_units(head.decode(errors="ignore"), encoding))


def span_of(buffer: TextBuffer, range_: types.Range, encoding: Encoding) -> Span:
    """Convert ``range_`` to a byte span; a reversed range means the straight one."""
    first = offset_at(buffer, range_.start, encoding)
    second = offset_at(buffer, range_.end, encoding)
    return Span(min(first, second), max(first, second))


def range_of(buffer: TextBuffer, span: Span, encoding: Encoding) -> types.Range:
    """Convert ``span`` to a range."""
    from lsprotocol import types

    return types.Range(
        position_at(buffer, span.start, encoding), position_at(buffer, span.end, encoding)
    )


def read_range(sent: Any) -> types.Range:
    """A range that came with a private method. Raises AttributeError for another shape."""
    from lsprotocol import types

    return types.Range(*map(read_position, (sent.start, sent.end)))


def read_position(sent: Any) -> types.Position:
    """A position that came with a private method. Raises AttributeError for another shape."""
    from lsprotocol import types

    return types.Position(sent.line, sent.character)
