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


def rest_of_scope(tree: SyntaxTree, hole: Span) -> tuple[bytes, int] | None:
    """What is left of the lines behind ``hole`` to the end of its scope, and where text goes on.

    None where its scope, or the file, ends with its line.
    """
    data, scopes = tree.data, tree.scopes(hole.end)
    end = scopes[0].end_byte if scopes else len(data)
    start = data.find(b"\n", hole.end) + 1
    if not 0 < start < end:
        return None
    closing = _closing(tree, hole, start, end)
    return closing, end + (not closing and data.startswith(b"\n", end))


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
