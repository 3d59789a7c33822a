"""The text of statements in their new place: their indentation, and what is written otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from engine.edits.extraction import Extraction
from engine.edits.lines import indentation
from engine.proposal import Edit


def moved(extraction: Extraction, indent: str, changes: Sequence[Edit] = ()) -> str:
    """The statements with ``changes``, every line behind ``indent``.

    Lines that begin inside of a string, and those that are indented less, stay as they are.
    """
    data, place = extraction.tree.data, extraction.place
    old = indentation(data, place.start).encode()
    kept = _inner_lines(extraction)
    parts: list[bytes] = [indent.encode()]
    todo = sorted(changes, key=lambda change: change.span)
    at, end = int(place.start), int(place.end)
    while at < end:
        if todo and todo[0].span.start == at:
            change = todo.pop(0)
            parts.append(change.new_text.encode())
            if change.span.end > at:
                at = change.span.end
            continue
        stop = data.find(b"\n", at, end) + 1 or end
        stop = min(stop, todo[0].span.start) if todo else stop
        parts.append(data[at:stop])
        at = stop
        if data[at - 1 : at] == b"\n" and data.startswith(old, at) and at not in kept:
            at += len(old)
            is_blank = data[at : at + 1] in (b"\n", b"\r")
            parts.append(b"" if is_blank else indent.encode())
    parts += [change.new_text.encode() for change in todo]
    return b"".join(parts).decode("utf-8", "replace")


def _inner_lines(extraction: Extraction) -> set[int]:
    """Where lines start inside of strings."""
    tree, found = extraction.tree, set[int]()
    for node in extraction.nodes:
        is_long = node.start_point[0] != node.end_point[0]
        if is_long and node.type in tree.language.kinds.strings:
            start = tree.data.find(b"\n", node.start_byte) + 1
            while 0 < start <= node.end_byte:
                found.add(start)
                start = tree.data.find(b"\n", start) + 1
    return found
