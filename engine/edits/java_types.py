"""The types of Java's expressions, as far as one file says them."""

from __future__ import annotations

import tree_sitter

from engine.edits.inlining import text, words
from engine.edits.symbols import NameTable, Symbol, SymbolKind

PRIMITIVES = frozenset("byte short char int long float double boolean".split())
_NUMBERS = ("int", "long", "float", "double")
_SMALL = frozenset("byte short char".split())
_FINAL_CLASSES = frozenset(
    "String StringBuilder StringBuffer Pattern Matcher UUID URI URL LocalDate Instant".split()
)
_TRUTHS = frozenset("== != < > <= >= && ||".split())
_LITERALS = {
    "string_literal": "String",
    "character_literal": "char",
    "true": "boolean",
    "false": "boolean",
    "instanceof_expression": "boolean",
}
# What only one type can be where the declared one is the same.
_ASKED = {
    "toString": "String",
    "hashCode": "int",
    "length": "int",
    "size": "int",
    "isEmpty": "boolean",
    "hasNext": "boolean",
    "ordinal": "int",
}
_DECLARING = frozenset(
    """local_variable_declaration field_declaration formal_parameter enhanced_for_statement
    resource catch_formal_parameter constant_declaration""".split()
)


def is_exact(declared: str) -> bool:
    """Whether only values of the very type can be assigned to it."""
    element = declared.removesuffix("[]").strip()
    is_array = element != declared
    return declared in _FINAL_CLASSES or (is_array and element in PRIMITIVES | _FINAL_CLASSES)


def type_of(table: NameTable, node: tree_sitter.Node) -> str | None:
    """The type as it would be written; None where the file does not say it."""
    kind = node.type
    if kind in _LITERALS:
        return _LITERALS[kind]
    if kind.endswith("integer_literal"):
        return "long" if text(node)[-1] in "lL" else "int"
    if kind == "decimal_floating_point_literal":
        return "float" if text(node)[-1] in "fF" else "double"
    reader = _READERS.get(kind)
    return None if reader is None else reader(table, node)


def _inner(table: NameTable, node: tree_sitter.Node) -> str | None:
    return type_of(table, node.named_children[0]) if node.named_child_count == 1 else None


def _cast(table: NameTable, node: tree_sitter.Node) -> str | None:
    del table
    return words(node.child_by_field_name("type"))


def _made(table: NameTable, node: tree_sitter.Node) -> str | None:
    """A class with a body of its own is another one; a diamond gets its type from around."""
    del table
    made = words(node.child_by_field_name("type"))
    has_body = any(child.type == "class_body" for child in node.named_children)
    return None if has_body or "<>" in made else made


def _binary(table: NameTable, node: tree_sitter.Node) -> str | None:
    operator = text(node.child_by_field_name("operator"))
    if operator in _TRUTHS:
        return "boolean"
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    types = [None if one is None else type_of(table, one) for one in (left, right)]
    if operator == "+" and "String" in types:
        return "String"
    if operator in ("<<", ">>", ">>>"):
        return _promoted(types[0])
    if operator in "&|^" and types == ["boolean", "boolean"]:
        return "boolean"
    promoted = [_promoted(one) for one in types]
    if None in promoted:
        return None
    return max((one for one in promoted if one is not None), key=_NUMBERS.index)


def _promoted(found: str | None) -> str | None:
    return "int" if found in _SMALL else (found if found in _NUMBERS else None)


def _unary(table: NameTable, node: tree_sitter.Node) -> str | None:
    operand = node.child_by_field_name("operand")
    if text(node).startswith("!"):
        return "boolean"
    return None if operand is None else _promoted(type_of(table, operand))


def _ternary(table: NameTable, node: tree_sitter.Node) -> str | None:
    parts = [node.child_by_field_name(field) for field in ("consequence", "alternative")]
    types = {None if part is None else type_of(table, part) for part in parts}
    return types.pop() if len(types) == 1 else None


def _named(table: NameTable, node: tree_sitter.Node) -> str | None:
    """A variable, or a field that is named alone or of ``this``."""
    symbols = table.at.get(node.start_byte, [])
    types = {_declared(table, symbol) for symbol in symbols}
    return types.pop() if len(types) == 1 else None


def _declared(table: NameTable, symbol: Symbol) -> str | None:
    sites = [site for site in table.sites_of(symbol) if site.is_definition]
    if len(sites) != 1 or table.tree.root is None:
        return None
    name = table.tree.root.named_descendant_for_byte_range(sites[0].span.start, sites[0].span.end)
    holder = None if name is None else name.parent
    if holder is not None and holder.type == "variable_declarator":
        holder = None if holder.child_by_field_name("dimensions") else holder.parent
    if holder is None or holder.type not in _DECLARING:
        return None
    found = words(holder.child_by_field_name("type"))
    return None if found == "var" or holder.child_by_field_name("dimensions") else found


def _field(table: NameTable, node: tree_sitter.Node) -> str | None:
    name = node.child_by_field_name("field")
    if name is None:
        return None
    return "int" if text(name) == "length" else _named(table, name)


def _element(table: NameTable, node: tree_sitter.Node) -> str | None:
    array = node.child_by_field_name("array")
    found = None if array is None else type_of(table, array)
    return found[:-2].strip() if found is not None and found.endswith("[]") else None


def _called(table: NameTable, node: tree_sitter.Node) -> str | None:
    """What all methods of the file that may be meant give; none may have types of its own."""
    name, arguments = node.child_by_field_name("name"), node.child_by_field_name("arguments")
    if name is None or arguments is None:
        return None
    symbols = [one for one in table.at.get(name.start_byte, []) if one.kind is SymbolKind.FUNCTION]
    types = {
        found
        for symbol in symbols
        for site in table.sites_of(symbol)
        if site.is_definition
        for found in [_result(table, site.span.start)]
    }
    if len(types) == 1:
        return types.pop()
    if symbols or node.child_by_field_name("object") is None:
        return None
    is_equals = text(name) == "equals" and arguments.named_child_count == 1
    return (
        "boolean"
        if is_equals
        else (None if arguments.named_child_count else _ASKED.get(text(name)))
    )


def _result(table: NameTable, start: int) -> str | None:
    root = table.tree.root
    name = None if root is None else root.named_descendant_for_byte_range(start, start + 1)
    method = None if name is None else name.parent
    if method is None or method.type != "method_declaration":
        return None
    is_generic = method.child_by_field_name("type_parameters") is not None
    is_odd = method.child_by_field_name("dimensions") is not None
    return None if is_generic or is_odd else words(method.child_by_field_name("type"))


_READERS = {
    "identifier": _named,
    "parenthesized_expression": _inner,
    "cast_expression": _cast,
    "object_creation_expression": _made,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "ternary_expression": _ternary,
    "field_access": _field,
    "array_access": _element,
    "method_invocation": _called,
}
