"""Inline variable in Go, Rust, Java, C and C++: only where the same value surely arrives."""

from __future__ import annotations

import tree_sitter

from engine.edits.evaluation_order import is_computed_alike
from engine.edits.exposure import function_of
from engine.edits.inlined_c import c_text
from engine.edits.inlined_go import go_text
from engine.edits.inlined_java import java_text
from engine.edits.inlined_rust import rust_text
from engine.edits.inlining import Inlining
from engine.edits.local_declaration import local_declaration
from engine.edits.nameable import is_broken
from engine.edits.symbols import NameTable, ScopeKind, Site, Symbol
from engine.edits.value_weight import Weight, Weights, names_in
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_WRITERS = {
    "c": c_text,
    "cpp": c_text,
    "go": go_text,
    "java": java_text,
    "rust": rust_text,
}
LANGUAGES = frozenset(_WRITERS)
_COMMENTS = frozenset("comment line_comment block_comment".split())
_LOOPS = ("for", "while", "do_", "loop")


def inline_local(
    tree: SyntaxTree, table: NameTable, symbol: Symbol, sites: list[Site]
) -> list[Edit] | None:
    """The edits at the uses and the statement that goes; None where something could differ.

    ``sites``: the local's definition and its uses, in text order.
    """
    name = _leaf(tree, sites[0].span)
    declaration = local_declaration(tree, name) if sites[0].is_definition else None
    if declaration is None or is_broken(tree, name) or _is_commented(declaration.statement):
        return None
    uses = [_leaf(tree, site.span) for site in sites[1:]]
    weights = Weights(tree, table)
    weight = weights.of(declaration.value)
    inlining = Inlining(tree, table, weights, declaration, weight, len(uses))
    if weight is Weight.UNKNOWN or not all(_is_in_reach(inlining, use) for use in uses):
        return None
    if _is_elsewhere(inlining, symbol.name) or any(_is_set(inlining, use) for use in uses):
        return None
    if weight is Weight.STEADY and not _stays(inlining, uses):
        return None
    if weight is not Weight.STEADY and not (
        len(uses) == 1 and is_computed_alike(weights, weight, declaration.statement, uses[0])
    ):
        return None
    texts = [_WRITERS[tree.language.id](inlining, use) for use in uses]
    if None in texts:
        return None
    return [
        Edit(span(use.start_byte, use.end_byte), written)
        for use, written in zip(uses, texts, strict=True)
        if written is not None
    ]


def _is_commented(statement: tree_sitter.Node) -> bool:
    """Whether a comment stands in the declaration or on its line: it would be lost, or alone."""
    before, after = statement.prev_sibling, statement.next_sibling
    while after is not None and not after.is_named:
        after = after.next_sibling
    beside = (
        before is not None
        and before.type in _COMMENTS
        and before.end_point.row == statement.start_point.row
        and before.end_point.column > 0
    ) or (
        after is not None
        and after.type in _COMMENTS
        and after.start_point.row == statement.end_point.row
    )
    return beside or _holds_comment(statement)


def _holds_comment(node: tree_sitter.Node) -> bool:
    return node.type in _COMMENTS or any(_holds_comment(child) for child in node.named_children)


def _is_in_reach(inlining: Inlining, use: tree_sitter.Node) -> bool:
    """Whether a use stands behind the declaration, in its block and its function."""
    statement, block = inlining.declaration.statement, inlining.declaration.block
    if not statement.end_byte <= use.start_byte < block.end_byte:
        return False
    table = inlining.table
    here, there = (table.scope_at(one.start_byte) for one in (statement, use))
    return function_of(here) is function_of(there) and all(
        _seen_from(table, name, statement.start_byte) is _seen_from(table, name, use.start_byte)
        for name in {leaf.text.decode() for leaf in names_in(inlining.value) if leaf.text}
    )


def _seen_from(table: NameTable, name: str, offset: int) -> Symbol | None:
    """What ``name`` stands for at ``offset``, from what blocks and functions declare."""
    for scope in table.scope_at(offset).up():
        found = scope.get(name, offset if scope.kind is ScopeKind.BLOCK else None)
        if found is not None:
            return found
    return None


def _is_elsewhere(inlining: Inlining, name: str) -> bool:
    """Whether the name is also read where it could not be found out what it means."""
    function = function_of(inlining.table.scope_at(inlining.declaration.statement.start_byte))
    return function is None or any(
        function.extent.start <= site.span.start < function.extent.end
        or _is_in_macro(_leaf(inlining.tree, site.span))
        for site in inlining.table.free.get(name, ())
    )


def _is_in_macro(node: tree_sitter.Node) -> bool:
    parent = node.parent
    return node.type.startswith("preproc") or (
        parent is not None and parent.type.startswith("preproc")
    )


def _is_set(inlining: Inlining, use: tree_sitter.Node) -> bool:
    return inlining.weights.exposure.is_set_at(use)


def _stays(inlining: Inlining, uses: list[tree_sitter.Node]) -> bool:
    """Whether no local in the value is set anew before the last use, or can be without a word."""
    weights, statement = inlining.weights, inlining.declaration.statement
    block = inlining.declaration.block
    end = max(_loop_end(use, block) for use in uses)
    symbols = [weights.local(leaf) for leaf in names_in(inlining.value)]
    if any(symbols) and _jumps(inlining):
        return False
    for symbol in filter(None, symbols):
        for site in symbol.sites:
            if statement.end_byte <= site.span.start < end and not site.is_definition:
                if weights.exposure.is_set_at(_leaf(inlining.tree, site.span)):
                    return False
    return True


def _jumps(inlining: Inlining) -> bool:
    scope = function_of(inlining.table.scope_at(inlining.declaration.statement.start_byte))
    stack = [] if scope is None else [scope.node]
    while stack:
        node = stack.pop()
        if node.type == "goto_statement":
            return True
        stack.extend(node.named_children)
    return False


def _loop_end(use: tree_sitter.Node, block: tree_sitter.Node) -> int:
    """Where the outermost loop in ``block`` ends that runs ``use`` again; its end without one."""
    node, end = use, use.end_byte
    while node.parent is not None and node.parent != block:
        node = node.parent
        if node.type.startswith(_LOOPS):
            end = node.end_byte
    return end


def _leaf(tree: SyntaxTree, place: Span) -> tree_sitter.Node:
    if tree.root is None:
        raise ValueError("a text without a tree has no nodes")
    return tree.root.named_descendant_for_byte_range(place.start, place.end) or tree.root
