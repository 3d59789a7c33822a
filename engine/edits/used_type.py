"""The type that a name must have by how a function uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.edits import c_types, java_types
from engine.edits.called_function import function_around, name_of
from engine.edits.inlining import text, words
from engine.edits.passed_value import is_c_number
from engine.edits.symbols import NameTable, Symbol, SymbolKind
from engine.edits.written_type import holder_of, is_same_type, written_type

_CONDITIONS = frozenset(
    "if_statement while_statement if_expression while_expression do_statement".split()
)
_RUST = re.compile(r"[iu](?:8|16|32|64|128|size)|f32|f64")
_TRUTH = {"go": "bool", "rust": "bool", "java": "boolean", "cpp": "bool", "c": "int"}


def used_type(table: NameTable, uses: list[tree_sitter.Node]) -> str | None:
    """What the first use that says anything says; None where none does."""
    for use in uses:
        for found in _of_use(table, use):
            if found and found not in ("var", "auto", "void", "()") and "\n" not in found:
                return found
    return None


def _of_use(table: NameTable, use: tree_sitter.Node) -> Iterator[str | None]:
    node, parent = use, use.parent
    while parent is not None and parent.type in ("parenthesized_expression", "expression_list"):
        node, parent = parent, parent.parent
    if parent is None:
        return
    if _is_truth(parent, node, use):
        yield _TRUTH[table.tree.language.id]
    elif parent.child_by_field_name("value") == node:
        is_written = parent.type in ("var_spec", "let_declaration")
        yield words(parent.child_by_field_name("type")) if is_written else None
        yield _of_declared(table, parent)
    elif parent.type == "binary_expression":
        yield _of_other_side(table, parent, node)
    elif parent.type.startswith("return_"):
        yield _result(table, use)
    elif parent.type.startswith("assignment"):
        yield _of_assigned(table, parent, node)
    elif parent.type in ("argument_list", "arguments"):
        yield _asked(table, parent, node)


def _of_other_side(
    table: NameTable, operation: tree_sitter.Node, node: tree_sitter.Node
) -> str | None:
    """The type of the other operand, where both have the same or are numbers."""
    if text(operation.child_by_field_name("operator")) in ("<<", ">>", ">>>"):
        return None
    sides = (operation.child_by_field_name("left"), operation.child_by_field_name("right"))
    other = next((one for one in sides if one is not None and one != node), None)
    found = None if other is None or other.type != "identifier" else _of_value(table, other)
    language = table.tree.language.id
    if found is None or language == "go":
        return found
    is_number = found in java_types.PRIMITIVES if language == "java" else is_c_number(found)
    return found if is_number or (language == "rust" and _RUST.fullmatch(found)) else None


def _is_truth(parent: tree_sitter.Node, node: tree_sitter.Node, use: tree_sitter.Node) -> bool:
    """Whether a place asks for true or false."""
    if parent.type == "binary_expression":
        return text(parent.child_by_field_name("operator")) in ("&&", "||")
    is_condition = parent.child_by_field_name("condition") in (node, use)
    return parent.type in _CONDITIONS and (is_condition or node.type.startswith("par"))


def _of_assigned(
    table: NameTable, assignment: tree_sitter.Node, node: tree_sitter.Node
) -> str | None:
    """The type of what the name is assigned to."""
    left = assignment.child_by_field_name("left")
    while left is not None and left.type == "expression_list" and left.named_child_count == 1:
        left = left.named_children[0]
    is_right = assignment.child_by_field_name("right") == node
    return _of_value(table, left) if is_right and left is not None else None


def _of_declared(table: NameTable, declarator: tree_sitter.Node) -> str | None:
    """The declared type of the variable that is set."""
    if declarator.type not in ("init_declarator", "variable_declarator"):
        return None
    inner = declarator.child_by_field_name("declarator") or declarator.child_by_field_name("name")
    while inner is not None and inner.type.endswith("declarator"):
        inner = inner.child_by_field_name("declarator") or inner.named_children[-1]
    return None if inner is None else _of_value(table, inner)


def _of_value(table: NameTable, node: tree_sitter.Node) -> str | None:
    """The written type of a variable."""
    if node.type not in ("identifier", "field_identifier"):
        if table.tree.language.id == "java":
            return java_types.type_of(table, node)
        return c_types.type_of(table, node) if table.tree.language.id == "c" else None
    symbols = table.at.get(node.start_byte, [])
    types = {written_type(table, symbol) for symbol in symbols}
    found = types.pop() if len(types) == 1 else None
    return None if found is None else found.removesuffix("&").removesuffix("& ").strip()


def _result(table: NameTable, use: tree_sitter.Node) -> str | None:
    function = function_around(use)
    closure: tree_sitter.Node | None = use
    while closure is not None and closure != function:
        if closure.type in ("func_literal", "closure_expression", "lambda_expression"):
            return None
        closure = closure.parent
    if function is None:
        return None
    if table.tree.language.id in ("c", "cpp"):
        name = name_of(function)
        while name is not None and name.parent and name.parent.type == "qualified_identifier":
            name = name.parent
        return None if name is None else c_types.declared_type(function, name)
    fields = ("result", "return_type", "type")
    node = next((one for f in fields if (one := function.child_by_field_name(f))), None)
    is_several = node is not None and node.type == "parameter_list"
    return None if node is None or is_several else words(node)


def _asked(table: NameTable, arguments: tree_sitter.Node, node: tree_sitter.Node) -> str | None:
    """The type of the parameter that the name is given to, of a function of the file."""
    call = arguments.parent
    called = None
    if call is not None:
        called = call.child_by_field_name("function") or call.child_by_field_name("name")
    while called is not None and called.child_by_field_name("field") is not None:
        called = called.child_by_field_name("field")
    given = [one for one in arguments.named_children if "comment" not in one.type]
    symbols = [] if called is None else table.at.get(called.start_byte, [])
    bodies = [one.body for one in symbols if one.body is not None]
    if len(bodies) != 1 or node not in given:
        return None
    asked = [
        one for one in table.symbols if one.kind is SymbolKind.PARAMETER and one.scope is bodies[0]
    ]
    index = given.index(node)
    is_plain = len(asked) == len(given)
    found = written_type(table, asked[index]) if is_plain else None
    is_known = found and is_same_type(table, found, bodies[0].node.start_byte, node.start_byte)
    return found if is_known else None


def alike_type(table: NameTable, name: str, here: int) -> str | None:
    """The type of the file's other parameters of the name, where all have the same."""
    types = {
        _alike(table, symbol, here)
        for symbol in table.symbols
        if symbol.name == name and symbol.kind is SymbolKind.PARAMETER
    }
    return types.pop() if len(types) == 1 else None


def _alike(table: NameTable, symbol: Symbol, here: int) -> str | None:
    found, written = holder_of(table, symbol), written_type(table, symbol)
    if found is None or written is None:
        return None
    return written if is_same_type(table, written, found[0].start_byte, here) else None
