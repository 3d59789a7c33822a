"""Source text with marks in it: ‸ is the cursor, ⟦ and ⟧ are the ends of a hole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.spans import ByteOffset, Span, span

CURSOR, OPEN, CLOSE = "‸", "⟦", "⟧"


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text without its marks, and where they stood (bytes). ``cursor`` is None without one."""

    text: str
    cursor: ByteOffset | None
    holes: tuple[Span, ...]

    @property
    def data(self) -> bytes:
        return self.text.encode()


def read_marks(marked: str) -> MarkedText:
    """Take the marks out of ``marked``. Raises ValueError when holes are not closed in turn."""
    plain: list[str] = []
    size, cursor, start = 0, None, None
    holes: list[Span] = []
    for character in marked:
        if character == CURSOR:
            cursor = ByteOffset(size)
        elif character == OPEN and start is None:
            start = size
        elif character == CLOSE and start is not None:
            holes.append(span(start, size))
            start = None
        elif character in (OPEN, CLOSE):
            raise ValueError(f"unpaired {character} in {marked!r}")
        else:
            plain.append(character)
            size += len(character.encode())
    if start is not None:
        raise ValueError(f"unclosed {OPEN} in {marked!r}")
    return MarkedText("".join(plain), cursor, tuple(holes))


def write_marks(data: bytes, cursor: int | None, holes: Sequence[Span]) -> str:
    """The text with marks; at one place the order is ``⟦‸⟧``."""
    marks: list[tuple[int, int, str]] = []
    for number, hole in enumerate(holes):
        marks += [(hole.start, 3 * number, OPEN), (hole.end, 3 * number + 2, CLOSE)]
        if cursor is not None and hole.start <= cursor <= hole.end:
            marks.append((cursor, 3 * number + 1, CURSOR))
            cursor = None
    if cursor is not None:
        marks.append((cursor, -1, CURSOR))
    out, at = b"", 0
    for offset, _, mark in sorted(marks):
        out += data[at:offset] + mark.encode()
        at = offset
    return (out + data[at:]).decode()
