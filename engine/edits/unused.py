"""Imports and locals that nothing uses: found by scopes, never guessed.

Kept: what a package gives out (``__init__.py``, ``__all__``, ``import x as x``), what a string or
a ``noqa`` comment on its line mentions, names that begin with an underscore, and assignments whose
value could do something when it is computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter

from engine.edits.lines import with_line
from engine.edits.symbols import NameTable, ScopeKind, Symbol, SymbolKind
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_IMPORTS = frozenset(("import_statement", "import_from_statement"))
_ENTRIES = frozenset(("dotted_name", "aliased_import", "import_specifier", "namespace_import"))
_CALLING = frozenset(
    """call call_expression await await_expression yield yield_expression new_expression
    subscript attribute member_expression subscript_expression""".split()
)


@dataclass(frozen=True, slots=True)
class Unused:
    """A name that nothing uses, and what goes with it; ``what`` is ``import`` or ``variable``."""

    name: str
    what: str
    span: Span


def unused_names(table: NameTable, path: str | None) -> list[Unused]:
    """All unused imports and locals of a file, in text order; spans do not overlap."""
    tree = table.tree
    if tree.root is None or tree.root.has_error:
        return []
    mentioned = _mentioned(tree)
    num_sites: dict[Symbol, int] = {}
    for symbol in table.symbols:
        num_sites[symbol.root] = num_sites.get(symbol.root, 0) + len(symbol.sites)
    found: list[Unused] = []
    imports: dict[Span, list[tuple[tree_sitter.Node, Symbol]]] = {}
    for symbol in table.symbols:
        # A TypeScript parameter that is a property, too, has its one place as the parameter.
        if num_sites[symbol.root] != 1 or not symbol.sites or symbol.name in mentioned:
            continue
        node = _node_at(tree, symbol.sites[0].span)
        statement = _ancestor(node, _IMPORTS)
        if symbol.kind in (SymbolKind.IMPORT, SymbolKind.MODULE) and statement is not None:
            if not _is_kept(tree, statement, symbol, path):
                whole = span(statement.start_byte, statement.end_byte)
                imports.setdefault(whole, []).append((node, symbol))
        elif symbol.kind is SymbolKind.VARIABLE:
            found.extend(_variable(tree, node, symbol))
    for gone in imports.values():
        found.extend(_imports(tree, gone))
    return sorted(found, key=lambda each: each.span)


def _imports(tree: SyntaxTree, gone: list[tuple[tree_sitter.Node, Symbol]]) -> Iterator[Unused]:
    """The whole statement when all of its names are unused, else their entries."""
    statement = _ancestor(gone[0][0], _IMPORTS)
    if statement is None:
        return
    pairs = [(_ancestor(node, _ENTRIES), (node, symbol)) for node, symbol in gone]
    if len(gone) == _num_names(statement):
        whole = with_line(tree.data, span(statement.start_byte, statement.end_byte))
        if not _is_alone(statement):
            names = ", ".join(symbol.name for _, symbol in gone)
            yield Unused(names, "import", whole)
        return
    by_entry = {entry.id: symbol.name for entry, (_, symbol) in pairs if entry is not None}
    for entry, _ in pairs:
        if entry is not None and entry.parent is not None:
            place = _without(entry, entry.parent, set(by_entry))
            if place is not None and b"#" not in place.of(tree.data):
                yield Unused(by_entry[entry.id], "import", place)


def _without(entry: tree_sitter.Node, whole: tree_sitter.Node, gone: set[int]) -> Span | None:
    """An entry with the comma that goes with it; of what stands last, the one before it.

    None when no entry of the list stays, which is then not worth its brackets.
    """
    module = whole.child_by_field_name("module_name")
    entries = [each for each in whole.named_children if each.type in _ENTRIES and each != module]
    at = entries.index(entry)
    if all(each.id in gone for each in entries):
        return None
    if all(each.id in gone for each in entries[at:]):
        return span(entries[at - 1].end_byte, entry.end_byte)
    return span(entry.start_byte, entries[at + 1].start_byte)


def _num_names(statement: tree_sitter.Node) -> int:
    """How many names an import binds."""
    count, stack = 0, list(statement.named_children)
    module = statement.child_by_field_name("module_name")
    while stack:
        node = stack.pop()
        if node == module or node.type == "string":
            continue
        if node.type in _ENTRIES or (node.type == "identifier" and node.parent is not None):
            count += 1
        else:
            stack.extend(node.named_children)
    return count


def _is_kept(
    tree: SyntaxTree, statement: tree_sitter.Node, symbol: Symbol, path: str | None
) -> bool:
    text = tree.data[statement.start_byte : statement.end_byte]
    line = tree.line_at(statement.end_byte).of(tree.data)
    name = symbol.name.encode()
    is_package = (path or "").endswith("__init__.py")
    is_given_out = re.search(rb"\b%s as %s\b" % (re.escape(name), re.escape(name)), text)
    is_special = symbol.name == "React" or b"__future__" in text or b"noqa" in line
    return is_package or is_special or is_given_out is not None


def _variable(tree: SyntaxTree, node: tree_sitter.Node, symbol: Symbol) -> Iterator[Unused]:
    """A local that is assigned once, from something that does nothing else."""
    is_local = any(scope.kind is ScopeKind.FUNCTION for scope in symbol.scope.up())
    if not is_local or symbol.scope.kind is ScopeKind.CLASS or symbol.name.startswith("_"):
        return
    parent = node.parent
    if parent is None:
        return
    statement: tree_sitter.Node | None = None
    if parent.type == "assignment" and parent.child_by_field_name("left") == node:
        statement = parent.parent
    elif parent.type == "variable_declarator" and parent.parent is not None:
        is_single = len(parent.parent.named_children) == 1
        statement = parent.parent if is_single else None
    value = parent.child_by_field_name("right") or parent.child_by_field_name("value")
    if statement is None or value is None or not _is_pure(value):
        return
    if not _is_alone(statement):
        place = with_line(tree.data, span(statement.start_byte, statement.end_byte))
        yield Unused(symbol.name, "variable", place)


def _is_alone(statement: tree_sitter.Node) -> bool:
    """Whether a block would be empty without the statement and others that may go with it."""
    block = statement.parent
    if block is None or block.type not in ("block", "statement_block"):
        return False
    others = [each for each in block.named_children if each != statement]
    return all(each.type in _IMPORTS or _is_setting(each) for each in others)


def _is_setting(statement: tree_sitter.Node) -> bool:
    inner = next(iter(statement.named_children), None)
    is_declared = statement.type in ("comment", "lexical_declaration", "variable_declaration")
    return is_declared or (inner is not None and inner.type == "assignment")


def _is_pure(node: tree_sitter.Node) -> bool:
    """Whether computing it does nothing that could be seen."""
    if node.type in ("lambda", "arrow_function"):
        return True
    if node.type in _CALLING:
        return False
    return all(_is_pure(child) for child in node.named_children)


def _mentioned(tree: SyntaxTree) -> set[str]:
    """Words in strings: forward references, ``__all__``, names looked up by hand."""
    found: set[str] = set()
    stack = [] if tree.root is None else [tree.root]
    while stack:
        node = stack.pop()
        if node.type in tree.language.kinds.strings:
            text = tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace")
            found.update(re.findall(r"\w+", text) if len(text) < 200 else ())
        else:
            stack.extend(node.children)
    return found


def _node_at(tree: SyntaxTree, place: Span) -> tree_sitter.Node:
    root = tree.root
    if root is None:
        raise ValueError("a text without a tree has no nodes")
    return root.named_descendant_for_byte_range(place.start, place.end) or root


def _ancestor(node: tree_sitter.Node, kinds: frozenset[str]) -> tree_sitter.Node | None:
    found: tree_sitter.Node | None = node
    while found is not None and found.type not in kinds:
        found = found.parent
    return found
