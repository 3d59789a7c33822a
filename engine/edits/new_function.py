"""A function to be, in a language with written types: what it takes, gives and is called with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.extraction import Extraction, Local
from engine.edits.writes import is_written
from engine.proposal import Edit


@dataclass(frozen=True, slots=True)
class Given:
    """One parameter: how it is declared, and what the call hands over."""

    declared: str
    value: str
    type: str


@dataclass(frozen=True, slots=True)
class NewFunction:
    """``edits`` make it and call it; ``name`` is what it is called in them."""

    name: str
    edits: tuple[Edit, ...]


def first_set(extraction: Extraction, local: Local) -> tree_sitter.Node | None:
    """The name in ``local = value;`` when that comes before all else the statements do with it."""
    name = local.inside[0]
    assignment = name.parent
    if assignment is None or assignment.type != "assignment_expression":
        return None
    if assignment.child_by_field_name("left") != name or not is_written(name):
        return None
    statement = assignment.parent
    is_top = statement is not None and statement in extraction.code
    is_top = is_top and statement is not None and statement.type == "expression_statement"
    is_read = any(assignment.end_byte >= one.end_byte for one in local.inside[1:])
    return name if _is_plain(assignment) and is_top and not is_read else None


def _is_plain(assignment: tree_sitter.Node) -> bool:
    """Whether it is ``=``, which reads nothing of what it sets."""
    operator = assignment.child_by_field_name("operator")
    return operator is None or operator.text == b"="


def is_counted_first(extraction: Extraction, local: Local) -> bool:
    """Whether the first that the statements do with it is ``for (local = value; …``."""
    assignment = local.inside[0].parent
    loop = None if assignment is None else assignment.parent
    if assignment is None or loop is None or assignment.type != "assignment_expression":
        return False
    is_left = assignment.child_by_field_name("left") == local.inside[0] and _is_plain(assignment)
    is_read = any(assignment.end_byte >= one.end_byte for one in local.inside[1:])
    is_start = (
        loop.type == "for_statement"
        and loop in extraction.code
        and (any(loop.child_by_field_name(name) == assignment for name in ("init", "initializer")))
    )
    return is_start and is_left and not is_read and is_written(local.inside[0])


def is_surely_set(
    statements: Sequence[tree_sitter.Node], leaves: Sequence[tree_sitter.Node]
) -> bool:
    """Whether every way to the end of the statements gives a value to the local at ``leaves``."""
    return any(_sets(statement, leaves) for statement in statements)


def _sets(node: tree_sitter.Node, leaves: Sequence[tree_sitter.Node]) -> bool:
    if node.type == "expression_statement" and node.named_children:
        inner = node.named_children[0]
        left = inner.child_by_field_name("left")
        return inner.type == "assignment_expression" and left in leaves and _is_plain(inner)
    if node.type in ("if_statement", "if_expression"):
        parts = [node.child_by_field_name(name) for name in ("consequence", "alternative")]
        return all(part is not None and _sets(part, leaves) for part in parts)
    if node.type in ("block", "compound_statement", "else_clause"):
        return any(_sets(child, leaves) for child in node.named_children)
    return False


def is_set_before(extraction: Extraction, local: Local) -> bool:
    """Whether a statement that surely ran before has given the local a value."""
    blocks = [node for node in extraction.around if node.type in _BODIES]
    sets = [node for node in local.before(extraction.place.start) if is_written(node)]
    return any(_block_of(node) in blocks for node in sets)


def _block_of(name: tree_sitter.Node) -> tree_sitter.Node | None:
    """Where ``name = value;`` stands."""
    node: tree_sitter.Node | None = name
    while node is not None and node.type in ("identifier", "assignment_expression"):
        node = node.parent
    return node.parent if node is not None and node.type == "expression_statement" else None


_BODIES = frozenset(
    """block constructor_body compound_statement switch_block_statement_group case_statement
    static_initializer""".split()
)
