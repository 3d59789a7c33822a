"""What is written for a use of an inlined local of C and C++.

A declared type converts, a macro may read its argument twice or show its text, a reference may
write to it, a destructor may run at the end.
"""

from __future__ import annotations

import re

import tree_sitter

from engine.edits.c_types import declared_type, is_number, normal, type_of
from engine.edits.inlining import Inlining, function_around, text
from engine.edits.standard_c import STANDARD_FUNCTIONS
from engine.edits.symbols import SymbolKind
from engine.edits.value_weight import Weight

_MACRO = re.compile(r"[A-Z_][A-Z0-9_]+")
_NO_VALUES = frozenset("initializer_list lambda_expression null".split())
# Ask about the name, not the value; or hold it.
_ASKING = frozenset(
    """sizeof_expression alignof_expression decltype lambda_capture_specifier
    lambda_capture_initializer gnu_asm_expression static_assert_declaration
    template_argument_list delete_expression co_await_expression noexcept""".split()
)
_LOGICAL = frozenset(("&&", "||"))
_MACROS = frozenset(
    """assert offsetof va_arg va_start min max likely unlikely container_of typeof
    __typeof__ isnan isinf""".split()
)
_POINTED = frozenset("field_expression subscript_expression pointer_expression".split())
_PRIMARY = frozenset(
    """identifier field_expression call_expression subscript_expression number_literal
    parenthesized_expression char_literal""".split()
)


def c_text(inlining: Inlining, name: tree_sitter.Node) -> str | None:
    """None where the value would be converted otherwise, or the local is more than its value."""
    declaration, value, parent = inlining.declaration, inlining.value, name.parent
    if parent is None or value.type in _NO_VALUES or _asks(name) or _is_address(parent):
        return None
    if "&" in declaration.sign or not _may_be_given(inlining, name):
        return None
    written = _plain(inlining, name)
    found = type_of(inlining.table, value)
    is_c = inlining.tree.language.id == "c"
    if declaration.type is None:
        is_known = declaration.sign == "*" or (found is not None and _is_scalar(found))
        return written if is_known and not is_c else None
    declared = normal(f"{declaration.type} {declaration.sign}")
    if _goes_to(declared, name):
        return written
    if not _is_scalar(declared):
        is_typed = is_c and found == declared
        return written if is_typed else None
    is_string = is_c and declared in ("char *", "const char *") and found == "char *"
    is_asked = declared == "bool" and _is_asked(parent, name)
    if found == declared or is_string or is_asked:
        return written
    if is_number(declared):
        return _cast(inlining, name)
    return written if is_c and _is_passed_on(parent, name) else None


def _is_scalar(declared: str) -> bool:
    """Whether a copy of it is nothing but its value: no destructor runs, nothing is shared."""
    return declared.endswith("*") or is_number(declared)


def _plain(inlining: Inlining, name: tree_sitter.Node) -> str:
    """The value; what may be a macro gets brackets, too."""
    value, parent = inlining.value, name.parent
    function = value.child_by_field_name("function")
    named = text(value if function is None else function)
    is_macro = value.type in ("identifier", "call_expression") and _MACRO.fullmatch(named)
    is_free = parent is not None and parent.type in ("argument_list", "return_statement")
    if is_macro and not is_free:
        return f"({text(value)})"
    return inlining.plain(name)


def _asks(name: tree_sitter.Node) -> bool:
    """Whether a construct around wants the name itself, or is no code that runs there."""
    node = name.parent
    while node is not None and "statement" not in node.type and node.type != "compound_statement":
        if node.type in _ASKING or node.type.startswith("preproc"):
            return True
        node = node.parent
    return (
        node is not None
        and node.type == "case_statement"
        and any(child.id == name.id for child in node.children_by_field_name("value"))
    )


def _is_address(parent: tree_sitter.Node) -> bool:
    return any(child.type == "&" for child in parent.children) and parent.type in (
        "pointer_expression", "unary_expression",
    )  # fmt: skip


def _may_be_given(inlining: Inlining, name: tree_sitter.Node) -> bool:
    """Whether every call around is a function's, and none can write to the local."""
    node: tree_sitter.Node = name
    is_cpp = inlining.tree.language.id == "cpp"
    while node.parent is not None and "statement" not in node.parent.type:
        node = node.parent
        if node.type == "call_expression" and not _is_function(inlining, node):
            return False
    parent = name.parent
    if not is_cpp or parent is None:
        return True
    if _num_calls(inlining.value) > 1 and _is_in_call(name):
        return False  # what is made on the way would live as long as that call
    signs = {child.type for child in parent.children}
    is_read_in = parent.type == "binary_expression" and ">>" in signs
    is_given = parent.type in ("argument_list", "initializer_list", "init_declarator")
    is_out = inlining.num_uses > 1 or inlining.weight is Weight.STEADY
    is_written = is_read_in or (is_given and is_out and not _is_copied(parent))
    return inlining.declaration.is_constant or not is_written


def _num_calls(node: tree_sitter.Node) -> int:
    is_call = node.type in ("call_expression", "new_expression", "compound_literal_expression")
    function = node.child_by_field_name("function")
    is_cast = function is not None and function.type == "template_function"
    return (is_call and not is_cast) + sum(_num_calls(child) for child in node.named_children)


def _is_in_call(name: tree_sitter.Node) -> bool:
    node: tree_sitter.Node = name
    while node.parent is not None and "statement" not in node.type:
        node = node.parent
        if node.type in ("call_expression", "new_expression"):
            return True
    return False


def _is_copied(parent: tree_sitter.Node) -> bool:
    """Whether a variable of its own takes the value."""
    declarator = parent.child_by_field_name("declarator")
    return (
        parent.type == "init_declarator"
        and declarator is not None
        and (declarator.type in ("identifier", "pointer_declarator"))
    )


def _is_function(inlining: Inlining, call: tree_sitter.Node) -> bool:
    """Whether a call is no macro's that might read its argument twice, or not as a value."""
    function = call.child_by_field_name("function")
    if function is None:
        return False
    word = text(function)
    if function.type != "identifier":
        return not _MACRO.fullmatch(word.rpartition(".")[2].rpartition(">")[2])
    if word in _MACROS or _MACRO.fullmatch(word):
        return False
    symbols = inlining.table.at.get(function.start_byte, [])
    is_macro = any(_is_defined_by_macro(inlining, symbol.sites[0].span.start) for symbol in symbols)
    if is_macro:
        return False
    is_declared = any(symbol.kind is SymbolKind.FUNCTION for symbol in symbols)
    is_known = is_declared or word in STANDARD_FUNCTIONS or inlining.tree.language.id == "cpp"
    return is_known or inlining.weight is Weight.STEADY


def _is_defined_by_macro(inlining: Inlining, start: int) -> bool:
    root = inlining.tree.root
    node = None if root is None else root.named_descendant_for_byte_range(start, start + 1)
    return node is not None and node.parent is not None and node.parent.type.startswith("preproc")


def _goes_to(declared: str, name: tree_sitter.Node) -> bool:
    """Whether the value is assigned to the same type right away."""
    parent = name.parent
    if parent is None:
        return False
    if parent.type == "return_statement":
        function = function_around(name)
        head = None if function is None else function.child_by_field_name("declarator")
        while head is not None and head.child_by_field_name("declarator") is not None:
            head = head.child_by_field_name("declarator")
        is_named = function is not None and function.type == "function_definition"
        return (
            is_named
            and function is not None
            and head is not None
            and (declared_type(function, head) == declared)
        )
    holder, target = parent.parent, parent.child_by_field_name("declarator")
    if parent.type != "init_declarator" or holder is None or target is None:
        return False
    while target.child_by_field_name("declarator") is not None:
        target = target.child_by_field_name("declarator") or target
    return declared_type(holder, target) == declared


def _is_asked(parent: tree_sitter.Node, name: tree_sitter.Node) -> bool:
    """Whether only zero or not zero is asked there."""
    operator = text(parent.child_by_field_name("operator"))
    is_first = parent.child_by_field_name("condition") == name
    is_condition = parent.type == "condition_clause" or (
        parent.type == "conditional_expression" and is_first
    )
    return is_condition or operator in _LOGICAL or operator == "!"


def _is_passed_on(parent: tree_sitter.Node, name: tree_sitter.Node) -> bool:
    """Whether C takes any pointer there: as an argument, a result, to be compared."""
    operator = text(parent.child_by_field_name("operator"))
    is_compared = parent.type == "binary_expression" and operator in ("==", "!=")
    is_given = parent.type in ("argument_list", "return_statement")
    return is_compared or is_given or _is_asked(parent, name)


def _cast(inlining: Inlining, name: tree_sitter.Node) -> str:
    value, parent = inlining.value, name.parent
    if inlining.tree.language.id == "cpp":
        return f"static_cast<{inlining.declaration.type}>({text(value)})"
    shown = text(value) if value.type in _PRIMARY else f"({text(value)})"
    made = f"({inlining.declaration.type}){shown}"
    is_owner = parent is not None and parent.type in _POINTED
    return (
        f"({made})"
        if is_owner and parent is not None and (parent.child_by_field_name("argument") == name)
        else made
    )
