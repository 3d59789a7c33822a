"""The type of a variable or parameter as the file writes it."""

from __future__ import annotations

import re

import tree_sitter

from engine.edits.inlining import text, words
from engine.edits.static_names import innermost
from engine.edits.symbols import NameTable, ScopeKind, Symbol, SymbolKind
from engine.edits.writes import written_names
from engine.spans import span

_HOLDERS = frozenset(
    """parameter_declaration variadic_parameter_declaration optional_parameter_declaration var_spec
    short_var_declaration formal_parameter spread_parameter local_variable_declaration
    enhanced_for_statement catch_formal_parameter resource declaration parameter let_declaration
    range_clause for_range_loop""".split()
)
_SETTERS = frozenset(
    """init_declarator variable_declarator short_var_declaration var_spec let_declaration
    range_clause resource""".split()
)
_STORAGE = re.compile(r"\b(?:static|register|extern|constexpr|inline|thread_local|mutable)\b")
_WORD = re.compile(r"[A-Za-z_]\w*")
_GO_LITERALS = {
    "interpreted_string_literal": "string",
    "raw_string_literal": "string",
    "int_literal": "int",
    "float_literal": "float64",
    "rune_literal": "rune",
    "true": "bool",
    "false": "bool",
}


def holder_of(table: NameTable, symbol: Symbol) -> tuple[tree_sitter.Node, tree_sitter.Node] | None:
    """The name in the declaration of a local or parameter, and that declaration."""
    root = table.tree.root
    definitions = [site for site in symbol.sites if site.is_definition]
    if root is None or not definitions:
        return None
    place = definitions[0].span
    name = root.named_descendant_for_byte_range(place.start, place.end)
    holder = None if name is None else name.parent
    while holder is not None and holder.type not in _HOLDERS:
        holder = holder.parent
    return None if name is None or holder is None else (name, holder)


def written_type(table: NameTable, symbol: Symbol) -> str | None:
    """As a parameter would have it; None where the file does not say it, or it has another form."""
    found = holder_of(table, symbol)
    if found is None:
        return None
    name, holder = found
    readers = {"go": _go, "java": _java, "rust": _rust, "c": _c, "cpp": _c}
    reader = readers.get(table.tree.language.id)
    written = None if reader is None else reader(table, name, holder)
    return None if written is None or "\n" in written else written


def _go(table: NameTable, name: tree_sitter.Node, holder: tree_sitter.Node) -> str | None:
    del table
    type_ = holder.child_by_field_name("type")
    if type_ is not None:
        is_many = holder.type == "variadic_parameter_declaration"
        return f"[]{words(type_)}" if is_many else words(type_)
    left, right = holder.child_by_field_name("left"), holder.child_by_field_name("right")
    if holder.type != "short_var_declaration" or left is None or right is None:
        return None
    names, values = left.named_children, right.named_children
    if len(names) != len(values):
        return None
    value = next((two for one, two in zip(names, values, strict=True) if one == name), None)
    return None if value is None else _go_value(value)


def _go_value(value: tree_sitter.Node) -> str | None:
    if value.type in _GO_LITERALS:
        return _GO_LITERALS[value.type]
    inner = value.child_by_field_name("operand")
    if value.type == "unary_expression" and text(value)[:1] == "&" and inner is not None:
        made = _go_value(inner) if inner.type == "composite_literal" else None
        return made and f"*{made}"
    if value.type == "composite_literal":
        type_ = value.child_by_field_name("type")
        is_open = type_ is not None and type_.type == "implicit_length_array_type"
        return None if is_open else words(type_)
    function, arguments = value.child_by_field_name("function"), value.named_children[-1:]
    if value.type == "call_expression" and text(function) == "make" and arguments:
        return words(arguments[0].named_children[0])
    return None


def _java(table: NameTable, name: tree_sitter.Node, holder: tree_sitter.Node) -> str | None:
    del table
    declarator = name.parent
    has_dimensions = declarator is not None and declarator.child_by_field_name("dimensions")
    if has_dimensions or holder.child_by_field_name("dimensions") is not None:
        return None
    if holder.type == "spread_parameter":
        return f"{words(holder.named_children[-2])}[]"
    written = words(holder.child_by_field_name("type"))
    return written if written and written != "var" else None


def _rust(table: NameTable, name: tree_sitter.Node, holder: tree_sitter.Node) -> str | None:
    del table
    pattern, type_ = holder.child_by_field_name("pattern"), holder.child_by_field_name("type")
    if pattern is None or type_ is None or pattern != name:
        return None
    written = re.sub(r"&\s*'(?!static\b)\w+\s*", "&", words(type_))
    return None if "'" in written.replace("'static", "") or "impl " in written else written


def _c(table: NameTable, name: tree_sitter.Node, holder: tree_sitter.Node) -> str | None:
    """Qualifiers and type, then the stars; no arrays, no functions."""
    node, stars = name, ""
    while node.parent is not None and node.parent != holder:
        node = node.parent
        if node.type in ("pointer_declarator", "reference_declarator"):
            if any(
                one.type != "identifier" and "declarator" not in one.type
                for one in node.named_children
            ):
                return None
            stars = text(node)[: 2 if text(node).startswith("&&") else 1] + stars
        elif node.type != "init_declarator":
            return None
    first = holder.child_by_field_name("declarator")
    if first is None or holder.type == "for_range_loop":
        return None
    base = table.tree.data[holder.start_byte : first.start_byte].decode("utf-8", "replace")
    base = " ".join(_STORAGE.sub(" ", base).split())
    if not base or "auto" in base.split() or any(one in base for one in "[]()#{}/"):
        return None
    if stars.endswith("&&"):
        return None
    return f"{base} {stars}".strip()


def is_known_at(table: NameTable, symbol: Symbol, offset: int) -> bool:
    """Whether a local or parameter surely has a value at ``offset``."""
    found = holder_of(table, symbol)
    if found is None or symbol.kind not in (SymbolKind.VARIABLE, SymbolKind.PARAMETER):
        return False
    name, holder = found
    setter: tree_sitter.Node | None = name
    while setter is not None and setter != holder and setter.type not in _SETTERS:
        setter = setter.parent
    if holder.type in ("declaration", "local_variable_declaration", "let_declaration", "var_spec"):
        has_value = setter is not None and setter.child_by_field_name("value") is not None
        if not has_value and not _is_set_before(table, name, holder, offset):
            return False
    is_inside = setter is not None and setter.start_byte <= offset < setter.end_byte
    is_own = is_inside and setter is not None and setter.type in _SETTERS
    return not is_own and name.start_byte < offset and not _is_apart(table, name, offset)


def _is_set_before(
    table: NameTable, name: tree_sitter.Node, holder: tree_sitter.Node, offset: int
) -> bool:
    """Whether something is written to a variable in the statements of its own block before."""
    if table.tree.language.id == "go":
        return True
    if table.tree.language.id not in ("c", "cpp"):
        return False
    code = table.tree.data[holder.end_byte : offset]
    word = re.escape(name.text or b"")
    return re.search(rb"(?<![\w.>])%s\s*=(?!=)|&%s\b" % (word, word), code) is not None


def _is_apart(table: NameTable, name: tree_sitter.Node, offset: int) -> bool:
    """Whether a function stands between a local and a place that cannot see it, or not freely."""
    root, language = table.tree.root, table.tree.language.id
    node = None if root is None else root.named_descendant_for_byte_range(offset, offset)
    while node is not None and not node.start_byte <= name.start_byte < node.end_byte:
        if node.type == "function_item" or (language == "cpp" and node.type == "lambda_expression"):
            return True
        if node.type in ("function_definition", "function_declaration"):
            return True
        if language == "java" and node.type in ("lambda_expression", "class_body"):
            return not _is_final(name)
        node = node.parent
    return False


def _is_final(name: tree_sitter.Node) -> bool:
    """Whether nothing is written to a local of Java in the method around it."""
    around = name
    while around.parent is not None and not around.type.endswith("_body"):
        if around.type in ("method_declaration", "constructor_declaration"):
            break
        around = around.parent
    place = span(around.start_byte, around.end_byte)
    return name.text not in set(written_names(around, place))


def seen(table: NameTable, word: str, offset: int) -> Symbol | None:
    """What a word means at ``offset``, by the scopes around it."""
    for scope in table.scope_at(offset).up():
        limit = offset if scope.kind is ScopeKind.BLOCK else None
        symbol = scope.get(word, limit) or scope.get(f"tag:{word}", limit)
        if symbol is not None:
            return symbol
    return None


def _is_class_apart(table: NameTable, word: str, there: int, here: int) -> bool:
    """Whether a word of C++ may be a type of the class that only ``there`` is a method of."""
    vocabulary = table.tree.language.vocabulary
    if table.tree.language.id != "cpp" or word in vocabulary.keywords | vocabulary.builtins:
        return False
    owner = _owner_at(table, there)
    return owner not in ("", _owner_at(table, here))


def _owner_at(table: NameTable, offset: int) -> str:
    """The class of the method around ``offset``, as it is written; empty outside of methods."""
    root = table.tree.root
    node = None if root is None else root.named_descendant_for_byte_range(offset, offset)
    while node is not None:
        if node.type == "function_definition":
            declarator = node.child_by_field_name("declarator")
            name = None if declarator is None else innermost(declarator)
            if name is not None and name.type == "qualified_identifier":
                return text(name).rpartition("::")[0]
        if node.type in ("class_specifier", "struct_specifier"):
            return text(node.child_by_field_name("name"))
        node = node.parent
    return ""


def is_same_type(table: NameTable, written: str, there: int, here: int) -> bool:
    """Whether the words of a type mean the same at ``here`` as at ``there``."""
    for word in _WORD.findall(written):
        symbol = seen(table, word, there)
        if symbol is not seen(table, word, here):
            return False
        if symbol is None and not _is_class_apart(table, word, there, here):
            continue
        if symbol is None:
            return False
        if not symbol.sites:
            continue
        is_late = symbol.sites[0].span.start > here
        if is_late and table.tree.language.id in ("c", "cpp"):
            return False
        if table.tree.language.id == "java" and symbol.kind is SymbolKind.TYPE:
            return False
    return True
