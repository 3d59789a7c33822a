"""What is written for a use of an inlined local of Java.

Another static type may mean another call.
"""

from __future__ import annotations

import tree_sitter

from engine.edits.inlining import Inlining, function_around, text, words
from engine.edits.java_types import PRIMITIVES, is_exact, type_of

_TYPED_BY_PLACE = frozenset(
    """lambda_expression method_reference null_literal array_initializer switch_expression
    generic_method""".split()
)
_CONDITIONS = frozenset("if_statement while_statement do_statement ternary_expression".split())
_LOOPS = frozenset("while_statement do_statement for_statement".split())
_LOGICAL = frozenset(("&&", "||"))
_ARITHMETIC = frozenset("- * / % & | ^ < > <= >=".split())
_PRIMARY = frozenset(
    """identifier field_access method_invocation array_access parenthesized_expression this
    decimal_integer_literal hex_integer_literal character_literal
    decimal_floating_point_literal""".split()
)


def java_text(inlining: Inlining, name: tree_sitter.Node) -> str | None:
    """None where the value might be taken for another type than the local's."""
    parent, value = name.parent, inlining.value
    if parent is None or value.type in _TYPED_BY_PLACE or parent.type == "method_reference":
        return None
    is_constant = value.type in ("true", "false")
    if is_constant and any(one.type in _LOOPS for one in (parent, parent.parent or parent)):
        return None  # what follows a loop without end is an error
    declared = inlining.declaration.type
    if declared is None:
        is_untyped = "<>" in text(value) or value.type == "ternary_expression"
        return None if is_untyped else inlining.plain(name)
    found = type_of(inlining.table, value)
    if found == declared or (is_exact(declared) and found is None) or _goes_to(declared, name):
        return inlining.plain(name)
    if declared not in PRIMITIVES:
        return None
    if _is_promoted(inlining, name, declared):
        return inlining.plain(name)
    if declared == "boolean":
        return None
    shown = text(value) if value.type in _PRIMARY else f"({text(value)})"
    made = f"({declared}) {shown}"
    return f"({made})" if _binds_tighter(parent, name) else made


def _goes_to(declared: str, name: tree_sitter.Node) -> bool:
    """Whether the value is assigned to the same type right away."""
    parent = name.parent
    if parent is None:
        return False
    if parent.type == "return_statement":
        function = function_around(name)
        is_method = function is not None and function.type == "method_declaration"
        result = function.child_by_field_name("type") if function is not None else None
        return is_method and words(result) == declared
    if parent.type == "variable_declarator" and parent.parent is not None:
        is_plain = parent.child_by_field_name("dimensions") is None
        return is_plain and words(parent.parent.child_by_field_name("type")) == declared
    return False


def _is_promoted(inlining: Inlining, name: tree_sitter.Node, declared: str) -> bool:
    """Whether the operator around makes the same of all values that the local could be set to."""
    parent, node = name.parent, name
    while parent is not None and parent.type == "parenthesized_expression":
        node, parent = parent, parent.parent
    if parent is None:
        return False
    operator = text(parent.child_by_field_name("operator"))
    if declared == "boolean":
        is_condition = (
            parent.type in _CONDITIONS and parent.child_by_field_name("condition") == node
        )
        return (
            is_condition
            or operator in _LOGICAL
            or (parent.type == "unary_expression" and operator == "!")
        )
    if declared != "int":
        return False
    if parent.type == "array_access":
        return bool(parent.child_by_field_name("index") == node)
    if parent.type != "binary_expression":
        return False
    left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
    other = right if left == node else left
    is_number = other is not None and type_of(inlining.table, other) in PRIMITIVES
    return operator in _ARITHMETIC or (operator in ("+", "==", "!=") and is_number)


def _binds_tighter(parent: tree_sitter.Node, name: tree_sitter.Node) -> bool:
    """Whether a cast needs brackets there."""
    is_owner = parent.child_by_field_name("object") == name
    return is_owner or parent.child_by_field_name("array") == name
