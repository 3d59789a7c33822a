"""The types of Rust's locals and expressions, as far as one file says them."""

from __future__ import annotations

import re

import tree_sitter

from engine.edits.inlining import text, words
from engine.edits.symbols import NameTable, SymbolKind

PRIMITIVES = frozenset(
    """i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 bool char""".split()
)
_SUFFIX = re.compile(r"[\d._xoba-f]*?_?([iu](?:8|16|32|64|128|size)|f(?:32|64))")
_TRUTHS = frozenset("== != < > <= >= && ||".split())
# What only one type can be, whatever they are asked of.
_ASKED = {
    "len": "usize",
    "capacity": "usize",
    "count": "usize",
    "is_empty": "bool",
    "is_some": "bool",
    "is_none": "bool",
    "is_ok": "bool",
    "is_err": "bool",
    "contains_key": "bool",
    "starts_with": "bool",
    "ends_with": "bool",
    "to_string": "String",
    "to_lowercase": "String",
    "to_uppercase": "String",
}
_OWNED = re.compile(
    r"(?:(?:std|alloc|core)::\w+::)?(?:String|PathBuf|OsString|(?:Vec|Option|Box)<(?:\w+)>)"
)


def is_copied(type_: str) -> bool:
    """Whether a value of the type is copied where it is used, and never moved."""
    if type_.startswith("&"):
        return not re.match(r"&\s*('\w+\s+)?mut\b", type_)
    if type_.startswith("Option<") and type_.endswith(">"):
        return is_copied(type_[7:-1])
    is_pointer = type_.startswith(("*const ", "*mut "))
    return is_pointer or type_ in PRIMITIVES or type_ == "()"


def is_free(type_: str) -> bool:
    """Whether a value of the type surely borrows nothing."""
    element = re.fullmatch(r"(?:Vec|Option|Box)<(\w+)>", type_)
    inner = type_ if element is None else element[1]
    return inner in PRIMITIVES or _OWNED.fullmatch(inner) is not None


def declared_type(table: NameTable, name: tree_sitter.Node) -> str | None:
    """The type of the variable that is declared at ``name``; None where the file does not say."""
    holder = name.parent
    if holder is None or holder.child_by_field_name("pattern") != name:
        return None
    if holder.type == "parameter":
        return words(holder.child_by_field_name("type"))
    if holder.type != "let_declaration":
        return None
    type_, value = holder.child_by_field_name("type"), holder.child_by_field_name("value")
    if type_ is not None:
        return words(type_)
    return None if value is None else type_of(table, value)


def type_of(table: NameTable, node: tree_sitter.Node) -> str | None:
    """The type as it would be written; None where the file does not say it."""
    if node.type in ("integer_literal", "float_literal"):
        match = _SUFFIX.fullmatch(text(node))
        return None if match is None else match[1]
    if node.type == "string_literal":
        return "&'static str" if text(node).startswith('"') else None
    found = _LITERALS.get(node.type)
    reader = _READERS.get(node.type)
    return found if found or reader is None else reader(table, node)


_LITERALS = {"boolean_literal": "bool", "char_literal": "char"}


def _cast(table: NameTable, node: tree_sitter.Node) -> str | None:
    del table
    found = words(node.child_by_field_name("type"))
    return None if "_" in re.findall(r"\w+", found) else found


def _named(table: NameTable, node: tree_sitter.Node) -> str | None:
    symbols = table.at.get(node.start_byte, [])
    root = table.tree.root
    if len(symbols) != 1 or root is None:
        return None
    if symbols[0].kind not in (SymbolKind.VARIABLE, SymbolKind.PARAMETER):
        return None
    site = next((one.span for one in symbols[0].sites if one.is_definition), None)
    if site is None or site.start >= node.start_byte:
        return None
    leaf = root.named_descendant_for_byte_range(site.start, site.end)
    return None if leaf is None else declared_type(table, leaf)


def _binary(table: NameTable, node: tree_sitter.Node) -> str | None:
    if text(node.child_by_field_name("operator")) in _TRUTHS:
        return "bool"
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None:
        return None
    types = [type_of(table, one) for one in (left, right)]
    if text(node.child_by_field_name("operator")) in ("<<", ">>"):
        return types[0] if types[0] in PRIMITIVES else None
    bare = [one.type in ("integer_literal", "float_literal") for one in (left, right)]
    if bare[0] != bare[1] and None in types:
        types = [types[bare[0]]] * 2
    return types[0] if types[0] == types[1] and types[0] in PRIMITIVES else None


def _reference(table: NameTable, node: tree_sitter.Node) -> str | None:
    value = node.child_by_field_name("value")
    found = None if value is None else type_of(table, value)
    is_mutable = any(child.type == "mutable_specifier" for child in node.named_children)
    return None if found is None else f"&{'mut ' if is_mutable else ''}{found}"


def _called(table: NameTable, node: tree_sitter.Node) -> str | None:
    function, arguments = (node.child_by_field_name(one) for one in ("function", "arguments"))
    if function is None or arguments is None:
        return None
    if function.type == "field_expression":
        method = text(function.child_by_field_name("field"))
        is_plain = method not in _declared_methods(table) and arguments.named_child_count <= 1
        return _ASKED.get(method) if is_plain else None
    if text(function) in ("String::new", "String::from", "String::with_capacity"):
        return "String"
    if function.type != "identifier":
        return None
    symbols = table.at.get(function.start_byte, [])
    if len(symbols) != 1 or symbols[0].annotation is None:
        return None
    owner = symbols[0].annotation.node.parent
    is_plain = owner is not None and owner.type == "function_item"
    is_generic = owner is not None and owner.child_by_field_name("type_parameters") is not None
    found = words(symbols[0].annotation.node)
    is_borrowed = re.search(r"&|'|\bimpl\b|\bdyn\b|\bSelf\b", found) is not None
    is_async = owner is not None and "async" in text(owner).partition("fn")[0]
    return found if is_plain and not (is_generic or is_borrowed or is_async) else None


def _declared_methods(table: NameTable) -> set[str]:
    return {one.name for one in table.symbols if one.kind is SymbolKind.FUNCTION}


def _macro(table: NameTable, node: tree_sitter.Node) -> str | None:
    del table
    return "String" if text(node.child_by_field_name("macro")) == "format" else None


def _inner(table: NameTable, node: tree_sitter.Node) -> str | None:
    return type_of(table, node.named_children[0]) if node.named_child_count == 1 else None


def _unary(table: NameTable, node: tree_sitter.Node) -> str | None:
    found = _inner(table, node)
    sign = node.children[0].type
    if sign == "*":
        return None if found is None or not found.startswith("&") else _below(found)
    return found if found in PRIMITIVES else None


def _below(found: str) -> str | None:
    inner = re.sub(r"^&\s*('\w+\s+)?(mut\s+)?", "", found)
    return inner if inner in PRIMITIVES else None


_READERS = {
    "identifier": _named,
    "type_cast_expression": _cast,
    "binary_expression": _binary,
    "reference_expression": _reference,
    "call_expression": _called,
    "macro_invocation": _macro,
    "parenthesized_expression": _inner,
    "unary_expression": _unary,
}
