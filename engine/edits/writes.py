"""What a stretch of code writes to: assignments in all their forms."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

from engine.spans import Span
from engine.syntax import touches

_ASSIGNMENTS = frozenset(
    """assignment augmented_assignment assignment_expression augmented_assignment_expression
    compound_assignment_expr assignment_statement for_in_statement""".split()
)
_COUNTED = frozenset("update_expression inc_statement dec_statement delete_statement".split())
# What stands around several targets of one assignment.
_LISTS = frozenset(
    """expression_list pattern_list tuple_pattern list_pattern tuple list array array_pattern
    object_pattern pair_pattern rest_pattern assignment_pattern object_assignment_pattern
    tuple_expression array_expression parenthesized_expression list_splat_pattern""".split()
)


def is_written(node: tree_sitter.Node) -> bool:
    """Whether what ``node`` names is given another value there."""
    found = node
    while found.parent is not None and (found.parent.type in _LISTS or _is_misread(found.parent)):
        found = found.parent
    parent = found.parent
    if parent is None:
        return False
    if parent.type in _ASSIGNMENTS:
        return bool(parent.child_by_field_name("left") == found)
    operator = parent.child_by_field_name("operator")
    is_deleted = operator is not None and operator.type == "delete"
    return parent.type in _COUNTED or is_deleted


def _is_misread(signed: tree_sitter.Node) -> bool:
    """Whether C's ``!x++`` was read as ``(!x)++``, as its grammar does."""
    above = signed.parent
    is_counted = above is not None and above.type == "update_expression"
    return signed.type == "unary_expression" and is_counted


def written_names(root: tree_sitter.Node, within: Span) -> Iterator[bytes]:
    """The names, of members without what they belong to, that ``within`` writes to."""
    stack = [root]
    while stack:
        node = stack.pop()
        if not touches(node, within):
            continue
        if is_written(node):
            name = _name(node)
            if name is not None and name.text is not None and name.start_byte >= within.start:
                yield name.text
        stack.extend(node.named_children)


def _name(node: tree_sitter.Node) -> tree_sitter.Node | None:
    """The name that a target ends in: of ``a.b`` it is ``b``, of ``a[0]`` it is ``a``."""
    found: tree_sitter.Node | None = node
    while found is not None and found.named_child_count:
        fields = ("attribute", "property", "field", "value", "object", "operand", "argument")
        parts = (found.child_by_field_name(field) for field in fields)
        found = next((part for part in parts if part is not None), None)
    return found
