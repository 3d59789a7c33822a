"""Inline variable: what a local is set to is written where it is used, and the local goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from engine.edits.evaluation_order import is_computed_alike
from engine.edits.inline_local import LANGUAGES as STATIC_LANGUAGES
from engine.edits.inline_local import inline_local
from engine.edits.lines import with_line
from engine.edits.local_declaration import local_declaration
from engine.edits.names_of import name_table
from engine.edits.operand import is_bracketed
from engine.edits.symbols import NameTable, ScopeKind, Site, Symbol, SymbolKind
from engine.edits.value_weight import Weights
from engine.edits.writes import is_written, written_names
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree, touches

_YIELD_PARENTS = frozenset("expression_statement assignment parenthesized_expression".split())
_EFFECTS = frozenset(
    """call call_expression await await_expression yield yield_expression new_expression
    assignment_expression augmented_assignment named_expression update_expression
    list dictionary set list_comprehension object array""".split()
)
_READS = frozenset("attribute subscript member_expression subscript_expression".split())
_CALLS = frozenset("call call_expression new_expression await await_expression yield".split())
# What may not stand in the braces of a string, before Python 3.12.
_UNQUOTED = (b"'", b'"', b"`", b"\\", b"\n", b"#")


@dataclass(frozen=True, slots=True)
class InlineVariable:
    """The local ``name`` goes; ``edits`` do it."""

    name: str
    edits: tuple[Edit, ...]


def inline_variable(tree: SyntaxTree, offset: int) -> InlineVariable | None:
    """None where there is no local that is set once, or its value could be another at a use.

    A value that is computed anew each time (a call, a new list) is inlined into one use only,
    in the statement that follows.
    """
    table = name_table(tree)
    symbols = [] if table is None else table.symbols_at(offset)
    is_static = tree.language.id in STATIC_LANGUAGES
    is_readable = tree.root is not None and (is_static or not tree.root.has_error)
    if table is None or not is_readable or len(symbols) != 1:
        return None
    (symbol,) = symbols
    sites = table.sites_of(symbol)
    uses = [site for site in sites if not site.is_definition]
    is_local = any(scope.kind is ScopeKind.FUNCTION for scope in symbol.scope.up())
    is_plain = symbol.kind is SymbolKind.VARIABLE and is_local and len(sites) == len(uses) + 1
    definition = next((site for site in sites if site.is_definition), None)
    if not is_plain or definition is None or not uses:
        return None
    if is_static:
        return _static(tree, table, symbol, sites)
    if any(site.prefix for site in uses):
        return None
    if any(is_written(_node(tree, site.span)) for site in uses):
        return None
    found = _definition(tree, definition.span)
    if found is None:
        return None
    statement, value = found
    places = [site.span for site in uses]
    if not _is_same_everywhere(tree, table, statement, value, places):
        return None
    edits = [Edit(place, _written(tree, value, place)) for place in places]
    whole = _with_lines(tree.data, span(statement.start_byte, statement.end_byte))
    return InlineVariable(symbol.name, (Edit(whole, ""), *edits))


def _static(
    tree: SyntaxTree, table: NameTable, symbol: Symbol, sites: list[Site]
) -> InlineVariable | None:
    edits = inline_local(tree, table, symbol, sites)
    declaration = local_declaration(tree, _node(tree, sites[0].span))
    if edits is None or declaration is None:
        return None
    statement = declaration.statement
    whole = _with_lines(tree.data, span(statement.start_byte, statement.end_byte))
    return InlineVariable(symbol.name, (Edit(whole, ""), *edits))


def _with_lines(data: bytes, statement: Span) -> Span:
    """A statement's lines, and the empty one behind them that would begin the block or be two."""
    whole = with_line(data, statement)
    before = data[: whole.start].rstrip(b" \t").removesuffix(b"\n")
    is_first = before.endswith((b"{", b":", b"\n", b"\n\r"))
    end = data.find(b"\n", whole.end) + 1
    is_empty = end > 0 and not data[whole.end : end].strip()
    is_line = whole != statement and data[whole.end - 1 : whole.end] == b"\n"
    return span(whole.start, end) if is_first and is_empty and is_line else whole


def _definition(tree: SyntaxTree, name: Span) -> tuple[tree_sitter.Node, tree_sitter.Node] | None:
    """The statement that only sets the name, and the value."""
    node = _node(tree, name)
    parent = node.parent
    if parent is None or parent.parent is None:
        return None
    statement: tree_sitter.Node = parent.parent
    value = parent.child_by_field_name("right") or parent.child_by_field_name("value")
    is_assignment = parent.type == "assignment" and parent.child_by_field_name("left") == node
    is_declared = parent.type == "variable_declarator" and len(statement.named_children) == 1
    if value is None or not (is_assignment or is_declared) or value.type == "assignment":
        return None
    return statement, value


def _is_same_everywhere(
    tree: SyntaxTree,
    table: NameTable,
    statement: tree_sitter.Node,
    value: tree_sitter.Node,
    uses: list[Span],
) -> bool:
    last = max(use.end for use in uses)
    if min(use.start for use in uses) < statement.end_byte:
        return False
    block = statement.parent
    if block is None or last > block.end_byte or block.named_child_count < 2:
        return False  # set under a condition, or where an error is caught
    if not all(_is_same_function(table, use, statement) for use in uses):
        return False
    text = tree.data[value.start_byte : value.end_byte]
    if any(mark in text for mark in _UNQUOTED) and any(_is_in_string(tree, use) for use in uses):
        return False
    if _has(value, _EFFECTS):
        weights = Weights(tree, table)
        return len(uses) == 1 and is_computed_alike(
            weights, weights.of(value), statement, _node(tree, uses[0])
        )
    end = max(_loop_end(tree, use, block) for use in uses)
    if _has(value, _READS) and _is_called(block, span(statement.end_byte, end)):
        return False
    named = set(_names_in(value))
    return named.isdisjoint(written_names(block, span(statement.end_byte, end)))


def _is_called(block: tree_sitter.Node, within: Span) -> bool:
    """Whether a call ends in there that might change what is read."""
    is_ended = within.start <= block.start_byte and block.end_byte <= within.end
    if is_ended and block.type in _CALLS:
        return True
    return touches(block, within) and any(
        _is_called(child, within) for child in block.named_children
    )


def _names_in(value: tree_sitter.Node) -> Iterator[bytes]:
    if not value.named_child_count and value.text is not None:
        yield value.text
    for child in value.named_children:
        yield from _names_in(child)


def _loop_end(tree: SyntaxTree, use: Span, block: tree_sitter.Node) -> int:
    """Where the outermost loop ends that runs ``use`` again; where that ends without one."""
    node = _node(tree, use)
    end: int = use.end
    while node.parent is not None and node != block:
        node = node.parent
        if node != block and node.type.startswith(("for", "while", "do_")):
            end = node.end_byte
    return end


def _is_in_string(tree: SyntaxTree, use: Span) -> bool:
    return any(node.type in tree.language.kinds.strings for node in tree.ancestors(use.end))


def _is_same_function(table: NameTable, use: Span, statement: tree_sitter.Node) -> bool:
    def function(offset: int) -> object:
        scopes = table.scope_at(offset).up()
        return next((one for one in scopes if one.kind is ScopeKind.FUNCTION), None)

    return function(use.start) is function(statement.start_byte)


def _has(node: tree_sitter.Node, kinds: frozenset[str]) -> bool:
    return node.type in kinds or any(_has(child, kinds) for child in node.named_children)


def _written(tree: SyntaxTree, value: tree_sitter.Node, place: Span) -> str:
    text = tree.data[value.start_byte : value.end_byte].decode("utf-8", "replace")
    name = _node(tree, place)
    parent = name.parent
    is_tuple = value.type in ("expression_list", "tuple") and not text.startswith("(")
    # Python's ``yield`` stands alone or in brackets.
    is_yield = value.type == "yield" and parent is not None and parent.type not in _YIELD_PARENTS
    is_loose = is_bracketed(value, name)
    return f"({text})" if is_tuple or is_yield or is_loose else text


def _node(tree: SyntaxTree, place: Span) -> tree_sitter.Node:
    if tree.root is None:
        raise ValueError("a text without a tree has no nodes")
    return tree.root.named_descendant_for_byte_range(place.start, place.end) or tree.root
