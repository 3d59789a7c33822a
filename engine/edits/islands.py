"""What is written anew, around the lines that the user pins."""

from __future__ import annotations

import tree_sitter

from engine.planning.hole_spans import inner_span, trimmed
from engine.spans import Span
from engine.syntax import SyntaxTree

PIN = b"midfill: keep"
MAX_BYTES = 2_000


def holes_around_pins(tree: SyntaxTree, place: Span) -> list[Span]:
    """``place`` without its lines that hold ``PIN``: the pieces to write, in text order."""
    pieces: list[Span] = []
    start, at = place.start, place.start
    while at < place.end:
        line = tree.line_at(at)
        if PIN in line.of(tree.data):
            pieces.append(trimmed(tree.data, start, max(start, line.start)))
            start = type(start)(min(line.end + 1, place.end))
        at = type(at)(line.end + 1)
    pieces.append(trimmed(tree.data, start, place.end))
    return [piece for piece in pieces if piece]


def enclosing_places(tree: SyntaxTree, offset: int) -> list[tuple[str, Span]]:
    """The expression, the statement and the block around ``offset``, those that are there."""
    kinds = tree.language.kinds
    found: list[tuple[str, Span]] = []
    for name, group in (
        ("expression", kinds.expressions),
        ("statement", kinds.statements),
        ("block", kinds.blocks),
    ):
        node = tree.enclosing(offset, group)
        if node is None:
            continue
        place = inner_span(tree.data, node) if name == "block" else _whole(tree, node)
        is_new = all(place != other for _, other in found)
        if is_new and 0 < len(place) <= MAX_BYTES:
            found.append((name, place))
    return found


def _whole(tree: SyntaxTree, node: tree_sitter.Node) -> Span:
    return trimmed(tree.data, node.start_byte, node.end_byte)
