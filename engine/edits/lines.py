"""Whole lines: what goes when a statement goes, and how deep a line is."""

from __future__ import annotations

from engine.spans import Span, span


def with_line(data: bytes, place: Span) -> Span:
    """``place`` with the rest of its lines when nothing else stands on them."""
    start = data.rfind(b"\n", 0, place.start) + 1
    end = data.find(b"\n", place.end)
    end = len(data) if end < 0 else end + 1
    is_alone = not data[start : place.start].strip() and not data[place.end : end].strip(
        b" \t\r\n;"
    )
    return span(start, end) if is_alone else place


def indentation(data: bytes, offset: int) -> str:
    """The white space at the start of the line that holds ``offset``."""
    line = data[data.rfind(b"\n", 0, offset) + 1 :]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode()


def is_first_on_line(data: bytes, offset: int) -> bool:
    """Whether only white space stands before ``offset`` on its line."""
    return not data[data.rfind(b"\n", 0, offset) + 1 : offset].strip()
