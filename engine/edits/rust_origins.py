"""Which names of Rust a local may have borrowed from: as long as it is used, they are lent."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

from engine.edits.inlining import text
from engine.edits.value_weight import Weights, names_in

# What the pattern of a local is matched with.
_SOURCES = {
    "let_declaration": "value",
    "let_condition": "value",
    "match_expression": "value",
    "for_expression": "value",
}
# Make values of their own.
_OWNED = frozenset(
    """binary_expression type_cast_expression integer_literal float_literal string_literal
    boolean_literal char_literal""".split()
)
_COUNTS = frozenset("len count is_empty clone to_string to_owned capacity".split())


def roots(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The names that ``node`` reads, ``self`` included."""
    if node.type == "self":
        yield node
    yield from (names_in(node) if not node.named_child_count else ())
    for child in node.named_children:
        yield from roots(child)


def lenders(weights: Weights, value: tree_sitter.Node) -> set[str]:
    """The names in ``value``, and those that they may have borrowed from."""
    found: set[str] = set()
    waiting = list(roots(value))
    while waiting:
        leaf = waiting.pop()
        if text(leaf) in found:
            continue
        found.add(text(leaf))
        source = None if leaf.type == "self" else _source(weights, leaf)
        if source is not None and not _is_owned(source):
            waiting.extend(roots(source))
    return found


def _source(weights: Weights, leaf: tree_sitter.Node) -> tree_sitter.Node | None:
    """What a local's pattern is matched with."""
    symbol, root = weights.local(leaf), weights.tree.root
    if symbol is None or root is None or not symbol.sites:
        return None
    place = symbol.sites[0].span
    node = root.named_descendant_for_byte_range(place.start, place.end)
    while node is not None and node.type not in ("parameter", "function_item"):
        if node.type in _SOURCES:
            return node.child_by_field_name(_SOURCES[node.type])
        if node.type == "closure_expression":
            call = None if node.parent is None else node.parent.parent
            return None if call is None else call.child_by_field_name("function")
        node = node.parent
    return None


def _is_owned(source: tree_sitter.Node) -> bool:
    function = source.child_by_field_name("function")
    name = None if function is None else function.child_by_field_name("field")
    return source.type in _OWNED or text(name) in _COUNTS
