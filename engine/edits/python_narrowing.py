"""What ``isinstance`` has said of a name where it stands: a class that it is an object of."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.edits.binder import Binder
from engine.edits.symbols import Expression, Scope

_QUESTION = re.compile(rb"\bisinstance\(\s*([\w.]+)")
_BORDERS = frozenset("function_definition lambda class_definition module".split())
_BRANCHES = frozenset("if_statement elif_clause while_statement".split())
_COMPREHENSIONS = frozenset(
    "list_comprehension set_comprehension dictionary_comprehension generator_expression".split()
)


def names_asked(data: bytes) -> frozenset[str]:
    """The names and members of which a text asks at all."""
    return frozenset(one.decode("utf-8", "replace") for one in _QUESTION.findall(data))


def classes_asked(binder: Binder, node: tree_sitter.Node, scope: Scope) -> list[Expression]:
    """The classes of which a name or member must be one, by the nearest question around it.

    Nothing where it may have been assigned since.
    """
    name = binder.text(node)
    for condition, start in _conditions(node):
        for call in _conjuncts(condition):
            asked = _asked(binder, call, name)
            if asked is None:
                continue
            between = binder.data[max(start, call.end_byte) : node.start_byte]
            is_set = re.search(rb"\b%s\s*(?::[^=\n]*)?=(?!=)" % re.escape(name.encode()), between)
            listed = asked.named_children if asked.type == "tuple" else [asked]
            return [] if is_set else [Expression(one, scope) for one in listed]
    return []


def _conditions(node: tree_sitter.Node) -> Iterator[tuple[tree_sitter.Node, int]]:
    """What holds where a node stands, and from which byte on; innermost first."""
    while node.parent is not None and node.parent.type not in _BORDERS:
        around = node.parent
        parts = around.named_children
        if around.type == "boolean_operator" and parts[-1] == node:
            operator = around.child_by_field_name("operator")
            if operator is not None and operator.type == "and":
                yield parts[0], parts[0].end_byte
        elif around.type == "conditional_expression" and parts[0] == node:
            yield parts[1], node.start_byte
        elif around.type in _BRANCHES and around.child_by_field_name("consequence") == node:
            condition = around.child_by_field_name("condition")
            if condition is not None:
                yield condition, condition.end_byte
        elif around.type in _COMPREHENSIONS and parts[0] == node:
            yield from (
                (one.named_children[0], node.start_byte) for one in parts if one.type == "if_clause"
            )
        elif around.type == "block":
            before = (one for one in reversed(parts) if one.end_byte <= node.start_byte)
            asserted = (one for one in before if one.type == "assert_statement")
            yield from ((one.named_children[0], one.end_byte) for one in asserted)
        node = around


def _conjuncts(condition: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The parts of ``a and (b and c)``."""
    stack = [condition]
    while stack:
        one = stack.pop()
        operator = one.child_by_field_name("operator") if one.type == "boolean_operator" else None
        if one.type == "parenthesized_expression" or (operator and operator.type == "and"):
            stack.extend(one.named_children)
        else:
            yield one


def _asked(binder: Binder, call: tree_sitter.Node, name: str) -> tree_sitter.Node | None:
    """The class in ``isinstance(name, Class)``."""
    callee, given = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if callee is None or given is None or binder.text(callee) != "isinstance":
        return None
    arguments = given.named_children
    is_it = len(arguments) == 2 and binder.text(arguments[0]) == name
    return arguments[1] if is_it else None
