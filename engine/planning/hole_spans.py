"""All places of a text that a hole of a given kind could stand for.

The planner, the training cutter and the evaluation cut with these same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.holes import HoleKind
from engine.languages import NodeKinds
from engine.spans import Span, span
from engine.syntax import SyntaxTree, touches

_COMMENT_MARK = re.compile(
    rb"[ \t]*(?://[/!]*|/\*+!?|\*(?![/*])|#+!?|(?i:[rbu]{0,2})(?:\"{3}|'{3}|[\"'](?=\S)))?[ \t]*"
)
_COMMENT_END = re.compile(rb"[ \t\r]*(?:\*+/|\"{3}|'{3})?[ \t\r]*$")


def hole_spans(tree: SyntaxTree, kind: HoleKind, within: Span | None = None) -> list[Span]:
    """Every span of ``kind`` in text order, without surrounding white space.

    ``ARGUMENTS`` lie inside their brackets, a ``BODY`` inside its braces, a ``BLOCK`` runs from a
    statement to the end of its block, a ``COMMENT`` is one line's text behind the mark.
    ``within`` limits the search. A language without a grammar has lines only; ``SPAN`` has none.
    """
    if kind is HoleKind.REST_OF_LINE:
        return _lines(tree.data, span(0, len(tree.data)) if within is None else within)
    found: set[Span] = set()
    for node in _nodes(tree, within):
        found.update(_node_spans(tree, node, kind))
    if within is not None:
        found = {item for item in found if within.start <= item.start and item.end <= within.end}
    return sorted(found)


def inner_span(data: bytes, node: tree_sitter.Node) -> Span:
    """What a bracketed node or a block holds, without brackets and surrounding white space."""
    children = node.children
    start, end = node.start_byte, node.end_byte
    if children and not children[0].is_named and children[0].type in ("(", "[", "{", "<", "|"):
        start = children[0].end_byte
    if children and not children[-1].is_named and children[-1].type in (")", "]", "}", ">", "|"):
        end = children[-1].start_byte
    return trimmed(data, start, max(start, end))


def trimmed(data: bytes, start: int, end: int) -> Span:
    """``[start, end)`` without white space at either end; empty spans stay at ``start``."""
    text = data[start:end]
    stripped = text.strip()
    if not stripped:
        return span(start, start)
    start += len(text) - len(text.lstrip())
    return span(start, start + len(stripped))


def _nodes(tree: SyntaxTree, within: Span | None) -> Iterator[tree_sitter.Node]:
    stack = [] if tree.root is None else [tree.root]
    while stack:
        node = stack.pop()
        if within is not None and not touches(node, within):
            continue
        if node.is_named:
            yield node
        if node.child_count:
            stack.extend(node.children)


def _node_spans(tree: SyntaxTree, node: tree_sitter.Node, kind: HoleKind) -> Iterator[Span]:
    kinds: NodeKinds = tree.language.kinds
    type_ = node.type
    if kind is HoleKind.EXPRESSION and type_ in kinds.expressions:
        yield span(node.start_byte, node.end_byte)
    elif kind is HoleKind.NAME and type_ in kinds.names:
        yield span(node.start_byte, node.end_byte)
    elif kind is HoleKind.ARGUMENTS and type_ in kinds.lists:
        yield inner_span(tree.data, node)
    elif kind is HoleKind.STATEMENT and type_ in kinds.statements:
        yield trimmed(tree.data, node.start_byte, node.end_byte)
    elif kind is HoleKind.BODY and type_ in kinds.blocks:
        yield inner_span(tree.data, node)
    elif kind is HoleKind.BLOCK and type_ in kinds.blocks:
        yield from _block_tails(tree, node)
    elif kind is HoleKind.COMMENT:
        yield from _comment_lines(tree, node)


def _block_tails(tree: SyntaxTree, block: tree_sitter.Node) -> Iterator[Span]:
    inner = inner_span(tree.data, block)
    children = block.named_children
    if len(children) == 1 and children[0].type == "statement_list":
        children = children[0].named_children
    for child in children[:-1]:
        if not child.is_extra and child.end_byte < inner.end:
            yield span(child.start_byte, inner.end)


def _comment_lines(tree: SyntaxTree, node: tree_sitter.Node) -> Iterator[Span]:
    kinds = tree.language.kinds
    if node.type not in kinds.comments and not is_docstring(node):
        return
    start = node.start_byte
    for line in tree.data[start : node.end_byte].split(b"\n"):
        mark = _COMMENT_MARK.match(line)
        at = 0 if mark is None else mark.end()
        words = _COMMENT_END.sub(b"", line[at:])
        if words:
            yield span(start + at, start + at + len(words))
        start += len(line) + 1


def is_docstring(node: tree_sitter.Node) -> bool:
    """Whether the node is a string that stands as a statement of its own (Python)."""
    parent = node.parent if node.type == "string" else None
    return parent is not None and parent.type == "expression_statement" and parent.child_count == 1


def _lines(data: bytes, within: Span) -> list[Span]:
    found, start = [], within.start
    for line in data[within.start : within.end].split(b"\n"):
        inner = trimmed(data, start, start + len(line))
        if len(inner):
            found.append(inner)
        start = type(start)(start + len(line) + 1)
    return found
