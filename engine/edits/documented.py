"""Where a function's documentation names one of its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.edits.symbols import NameTable, Site, Symbol, SymbolKind
from engine.planning.hole_spans import is_docstring
from engine.spans import Span, span
from engine.syntax import SyntaxTree

# :param name:, @param {T} name, and a line that starts with the name and goes on as an entry does.
_ENTRY = (
    rb"(?::param\s[^:\n]*?|[@\\]param(?:\[[^\]\n]*\])?\s+(?:\{[^}\n]*\}\s*)?\[?|^[ \t]+\*{0,2})"
    rb"(?P<name>%s)"
    rb"(?=:| : | \([^)\n]*\):|[\s=\].])"
)
_WRAPPERS = frozenset(
    """export_statement variable_declarator lexical_declaration template_declaration
    linkage_specification declaration field_declaration pointer_declarator""".split()
)
_WORD = rb"(?:`{1,2}|\{@code )(?P<name>%s)(?:`|\})"


def documented(table: NameTable, symbol: Symbol) -> list[Site]:
    """The entries and quoted words for a parameter, in text order; none for other symbols."""
    if symbol.kind is not SymbolKind.PARAMETER:
        return []
    name = re.escape(symbol.name.encode())
    found = {
        span(match.start("name"), match.end("name"))
        for place in _documentation(table.tree, symbol.scope.node)
        for pattern in (_ENTRY, _WORD)
        for match in re.compile(pattern % name, re.MULTILINE).finditer(
            table.tree.data, place.start, place.end
        )
        if not _is_prose(match.group(), table.tree.data[match.end("name") :])
    }
    return [Site(place) for place in sorted(found)]


def _is_prose(head: bytes, rest: bytes) -> bool:
    """Whether a line only happens to start with the word."""
    is_entry = rest.startswith((b":", b" : ")) or re.match(rb" \([^)\n]*\):", rest) is not None
    return b"param" not in head and b"`" not in head and b"{@" not in head and not is_entry


def _documentation(tree: SyntaxTree, function: tree_sitter.Node) -> Iterator[Span]:
    """The comment before the function, or the docstring in it."""
    body = function.child_by_field_name("body")
    first = None if body is None else next(iter(body.named_children), None)
    string = None if first is None else next(iter(first.named_children), None)
    if string is not None and is_docstring(string):
        yield span(string.start_byte, string.end_byte)
    node, parent = function, function.parent
    while parent is not None and parent.type in _WRAPPERS:
        node, parent = parent, parent.parent
    before = node.prev_sibling
    passed = tree.language.kinds.comments | {"attribute_item"}
    while before is not None and before.type in passed:
        if before.type != "attribute_item":
            yield span(before.start_byte, before.end_byte)
        before = before.prev_sibling
