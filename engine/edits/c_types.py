"""The types of C's and C++'s expressions, as far as one file says them."""

from __future__ import annotations

import re

import tree_sitter

from engine.edits.inlining import text, words
from engine.edits.symbols import NameTable, Symbol, SymbolKind

_SIZES = frozenset(
    """size_t ssize_t ptrdiff_t intptr_t uintptr_t uint64_t int64_t uint32_t off_t time_t""".split()
)
NUMBERS = (
    frozenset(
        """int8_t int16_t int32_t uint8_t uint16_t char short long unsigned float double int bool
    _Bool
    signed""".split()
    )
    | _SIZES
)
"""Types that a cast converts to as an assignment does."""
_RANKED = ("int", "unsigned int", "long", "unsigned long", "long long", "unsigned long long")
_SMALL = frozenset(
    """char short bool _Bool int8_t int16_t uint8_t uint16_t int32_t int""".split()
) | {"signed char", "unsigned char", "short int", "unsigned short", "unsigned short int"}
_SAME = {
    "unsigned": "unsigned int",
    "signed": "int",
    "long int": "long",
    "unsigned long int": "unsigned long",
    "long long int": "long long",
    "signed int": "int",
    "_Bool": "bool",
    "int32_t": "int",
    "uint32_t": "unsigned int",
}
_TRUTHS = frozenset("== != < > <= >= && ||".split())
_INTEGER = re.compile(r"0|[1-9][0-9]{0,8}")
_REAL = re.compile(r"[0-9]*\.[0-9]+|[0-9]+\.[0-9]*")
_STRINGS = frozenset(("string_literal", "concatenated_string"))


def normal(written: str) -> str:
    """One spelling for a type: ``char*`` and ``char *`` are ``char *``."""
    base, stars = written.rstrip(" *"), written.count("*")
    base = " ".join(base.replace("struct ", "").split())
    return f"{_SAME.get(base, base)} {'*' * stars}".strip()


def is_number(written: str) -> bool:
    """Whether a type is a number's, by its words."""
    return "*" not in written and all(word in NUMBERS for word in written.split())


def type_of(table: NameTable, node: tree_sitter.Node) -> str | None:
    """The type in its normal spelling; None where the file does not say it."""
    is_c = table.tree.language.id == "c"
    kind = node.type
    if kind == "number_literal":
        written = text(node)
        is_int = _INTEGER.fullmatch(written) is not None
        return "int" if is_int else ("double" if _REAL.fullmatch(written) else None)
    if kind in ("true", "false"):
        return "bool"
    if kind == "char_literal":
        return "int" if is_c else "char"
    if kind in _STRINGS and text(node).startswith('"'):
        return "char *" if is_c else "const char *"
    if kind == "sizeof_expression":
        return "size_t"
    reader = _READERS.get(kind)
    return None if reader is None else reader(table, node)


def declared_type(declaration: tree_sitter.Node, name: tree_sitter.Node) -> str | None:
    """The type that a declaration, a parameter or a function's head gives to ``name``."""
    type_ = declaration.child_by_field_name("type")
    stars, node = 0, name
    while node.parent is not None and node.parent.id != declaration.id:
        node = node.parent
        if node.type == "pointer_declarator":
            stars += 1
        elif node.type not in ("init_declarator", "function_declarator"):
            return None
    if type_ is None or type_.type == "placeholder_type_specifier":
        return None
    quals = [one for one in declaration.named_children if one.type == "type_qualifier"]
    marks = {text(one) for one in quals}
    if marks - {"const", "constexpr"} or any(one.type == "bitfield_clause" for one in quals):
        return None
    if any(one.type == "bitfield_clause" for one in declaration.named_children):
        return None
    is_const = bool(stars) and "const" in marks
    return normal(f"{'const ' if is_const else ''}{words(type_)} {'*' * stars}")


def _inner(table: NameTable, node: tree_sitter.Node) -> str | None:
    return type_of(table, node.named_children[0]) if node.named_child_count == 1 else None


def _cast(table: NameTable, node: tree_sitter.Node) -> str | None:
    del table
    return _described(node.child_by_field_name("type"))


def _described(type_: tree_sitter.Node | None) -> str | None:
    written = words(type_)
    return None if "(" in written or "[" in written or "&" in written else normal(written)


def _binary(table: NameTable, node: tree_sitter.Node) -> str | None:
    operator = text(node.child_by_field_name("operator"))
    if operator in _TRUTHS:
        return "int" if table.tree.language.id == "c" else "bool"
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    types = [None if one is None else type_of(table, one) for one in (left, right)]
    if operator in ("<<", ">>"):
        return _promoted(types[0])
    if operator in "+-" and types[0] is not None and types[0].endswith("*"):
        return types[0] if _promoted(types[1]) else None
    first, second = (_promoted(one) for one in types)
    if first == second or first is None or second is None:
        return first if first == second else None
    if "double" in (first, second):
        return "double"
    if first in _RANKED and second in _RANKED:
        return max(first, second, key=_RANKED.index)
    sized = {first, second} & (_SIZES - {"ssize_t", "ptrdiff_t", "off_t", "time_t"})
    return sized.pop() if len(sized) == 1 and "int" in (first, second) else None


def _promoted(found: str | None) -> str | None:
    if found in _SMALL:
        return "int"
    return found if found in _RANKED or found in _SIZES or found == "double" else None


def _unary(table: NameTable, node: tree_sitter.Node) -> str | None:
    operand = node.child_by_field_name("argument")
    if text(node).startswith("!"):
        return "int" if table.tree.language.id == "c" else "bool"
    return None if operand is None else _promoted(type_of(table, operand))


def _pointed(table: NameTable, node: tree_sitter.Node) -> str | None:
    operand = node.child_by_field_name("argument")
    found = None if operand is None else type_of(table, operand)
    if found is None:
        return None
    is_address = text(node).startswith("&")
    return normal(f"{found} *") if is_address else _below(found)


def _below(found: str) -> str | None:
    return normal(found[:-1]).removeprefix("const ") if found.endswith("*") else None


def _element(table: NameTable, node: tree_sitter.Node) -> str | None:
    array = node.child_by_field_name("argument")
    found = None if array is None else type_of(table, array)
    return None if found is None else _below(found)


def _conditional(table: NameTable, node: tree_sitter.Node) -> str | None:
    parts = [node.child_by_field_name(field) for field in ("consequence", "alternative")]
    types = {None if part is None else type_of(table, part) for part in parts}
    return types.pop() if len(types) == 1 else None


def _named(table: NameTable, node: tree_sitter.Node) -> str | None:
    types = {
        found
        for symbol in table.at.get(node.start_byte, [])
        for found in _declared(table, symbol, is_function=False)
    }
    return types.pop() if len(types) == 1 else None


def _declared(table: NameTable, symbol: Symbol, *, is_function: bool) -> set[str | None]:
    """The types of all declarations of a symbol."""
    root = table.tree.root
    if root is None or (symbol.kind is SymbolKind.FUNCTION) is not is_function:
        return {None}
    found: set[str | None] = set()
    for site in table.sites_of(symbol):
        if not site.is_definition:
            continue
        name = root.named_descendant_for_byte_range(site.span.start, site.span.end)
        holder = name
        while holder is not None and holder.type not in _HOLDERS:
            holder = holder.parent
        known = name is not None and holder is not None
        found.add(declared_type(holder, name) if known and holder and name else None)
    return found or {None}


_HOLDERS = frozenset(
    """declaration field_declaration parameter_declaration function_definition
    preproc_def preproc_function_def enumerator for_range_loop""".split()
)


def _field(table: NameTable, node: tree_sitter.Node) -> str | None:
    name = node.child_by_field_name("field")
    return None if name is None else _named(table, name)


def _called(table: NameTable, node: tree_sitter.Node) -> str | None:
    function = node.child_by_field_name("function")
    if function is None:
        return None
    if function.type == "template_function":
        is_cast = text(function).startswith(("static_cast<", "reinterpret_cast<"))
        return _described(function.named_children[-1].named_children[0]) if is_cast else None
    if function.type == "field_expression":
        function = function.child_by_field_name("field")
    elif function.type != "identifier":
        return None
    if function is None:
        return None
    symbols = table.at.get(function.start_byte, [])
    types = {one for symbol in symbols for one in _declared(table, symbol, is_function=True)}
    if not symbols and text(function) in ("strlen", "fread", "fwrite"):
        return "size_t"
    return types.pop() if len(types) == 1 else None


_READERS = {
    "identifier": _named,
    "parenthesized_expression": _inner,
    "cast_expression": _cast,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "pointer_expression": _pointed,
    "subscript_expression": _element,
    "conditional_expression": _conditional,
    "field_expression": _field,
    "call_expression": _called,
}
