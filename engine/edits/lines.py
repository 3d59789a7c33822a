"""Whole lines and list entries: what goes when a statement or one name of a list goes."""

from __future__ import annotations

import tree_sitter

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


def with_comma(data: bytes, node: tree_sitter.Node) -> Span:
    """An entry of a list with the comma and the space that go with it."""
    start, end = node.start_byte, node.end_byte
    rest = data[end:]
    behind = rest.lstrip()
    if behind.startswith(b","):
        end += len(rest) - len(behind) + 1
        while data[end : end + 1] in (b" ", b"\t"):
            end += 1
        line = data[:start].rpartition(b"\n")[2]
        if not line.strip() and data[end : end + 1] == b"\n":
            return span(start - len(line), end + 1)
        return span(start, end)
    before = data[:start].rstrip()
    return span(len(before) - 1, end) if before.endswith(b",") else span(start, end)


def indentation(data: bytes, offset: int) -> str:
    """The white space at the start of the line that holds ``offset``."""
    line = data[data.rfind(b"\n", 0, offset) + 1 :]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode()
