"""Code that is still to be written: an empty body, or a statement that stands for one."""

from __future__ import annotations

from engine.planning.bodies import is_placeholder, unwritten_body
from engine.planning.hole_spans import trimmed
from engine.spans import Span
from engine.syntax import SyntaxTree


def unwritten_at(tree: SyntaxTree, offset: int) -> Span | None:
    """The span to fill when ``offset`` is on an unwritten body, on its header or a placeholder."""
    line = tree.line_at(offset)
    body = unwritten_body(tree, line)
    if body is not None:
        return body.span
    words = trimmed(tree.data, line.start, line.end)
    return words if is_placeholder(words.of(tree.data), tree.language) else None
