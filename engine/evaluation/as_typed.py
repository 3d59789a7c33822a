"""A hole as it is met by who writes from top to bottom: what comes next is not there yet.

Holes cut out of finished files know what stands behind them, and every name that is used there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from engine.brackets import scan
from engine.languages import language_of
from engine.spans import Span
from engine.syntax import SyntaxTree, parse

if TYPE_CHECKING:
    from engine.evaluation.holes import EvalHole

_OPENING, _CLOSING = "([{", ")]}"
_LINE_END = re.compile(rb"[;,]*(?:\r?\n|\Z)")


def as_typed(hole: EvalHole) -> EvalHole:
    """``hole`` without the rest of its function or class, of its file where it stands in neither.

    Of that rest only the brackets stay that are open at the hole. Who opens one may close it.
    """
    data, last = hole.data, hole.spans[-1]
    tree = parse(data, language_of(hole.path))
    start = data.find(b"\n", last.end) + 1
    if (unwritten := rest_of_scope(tree, last)) is None:
        return hole
    closing, end = unwritten
    opened = scan(last.of(data), tree.language).closers
    closed = hole.gold[-1] + opened if opened and len(hole.spans) == 1 else None
    return replace(hole, data=data[:start] + closing + data[end:], closed=closed)


def half_as_typed(holes: Sequence[EvalHole]) -> list[EvalHole]:
    """As many as typed as in finished files, in pairs: people do both."""
    return [as_typed(hole) if at % 4 > 1 else hole for at, hole in enumerate(holes)]


def scope_end(tree: SyntaxTree, offset: int) -> int:
    """Where the outermost function or class around ``offset`` ends, or the file."""
    scopes = tree.scopes(offset)
    return scopes[0].end_byte if scopes else len(tree.data)


def rest_of_scope(tree: SyntaxTree, hole: Span, end: int | None = None) -> tuple[bytes, int] | None:
    """What is left of the lines behind ``hole`` to the end of its scope, and where text goes on.

    ``end``: where that scope ends, where it is known. None where it ends with the hole's line.
    """
    data = tree.data
    end = scope_end(tree, hole.end) if end is None else end
    start = data.find(b"\n", hole.end) + 1
    if not 0 < start < end:
        return None
    closing = _closing(tree, hole, start, end)
    return closing, end + (not closing and data.startswith(b"\n", end))


def closers_on_line(tree: SyntaxTree, offset: int) -> bytes:
    """What closes on the line of ``offset``, innermost first, the brackets opened before it."""
    end, closers = tree.line_at(offset).end, b""
    for node in tree.ancestors(offset):
        if any(_is_bracket(child, _OPENING, 0, offset) for child in node.children):
            closing = (each for each in node.children if _is_bracket(each, _CLOSING, offset, end))
            closers += b"".join(each.type.encode() for each in closing)
    return closers


def _closing(tree: SyntaxTree, hole: Span, start: int, end: int) -> bytes:
    """What closes between ``start`` and ``end`` the brackets that are open before ``hole``."""
    closing = b""
    for node in tree.ancestors(hole.end):
        if not any(_is_bracket(child, _OPENING, 0, hole.start) for child in node.children):
            continue
        for child in node.children:
            if _is_bracket(child, _CLOSING, start, end):
                line = tree.data.rfind(b"\n", 0, child.start_byte) + 1
                before = tree.data[line : child.start_byte]
                behind = _LINE_END.match(tree.data, child.end_byte, end)
                if not before.strip():  # it stands first on its line
                    closing += before if closing[-1:] in (b"", b"\n") else b"\n" + before
                closing += child.type.encode() + (behind.group() if behind else b"")
    return closing


def _is_bracket(node: tree_sitter.Node, brackets: str, start: int, end: int) -> bool:
    return node.type in brackets and start <= node.start_byte and node.end_byte <= end
