"""A Python loop that only appends, as a comprehension."""

from __future__ import annotations

import tree_sitter

from engine.proposal import Edit
from engine.spans import span
from engine.syntax import SyntaxTree

_MAX_COLUMNS = 88


def comprehension(tree: SyntaxTree, offset: int) -> Edit | None:
    """None where no such loop is at ``offset``, or the result would be no shorter to read."""
    if tree.language.id != "python" or tree.root is None or tree.root.has_error:
        return None
    loop = tree.enclosing(offset + 1, frozenset(("for_statement",)))
    before = None if loop is None else loop.prev_named_sibling
    if loop is None or before is None or b"#" in tree.data[before.start_byte : loop.end_byte]:
        return None
    name = _empty_list(tree, before)
    appended = _appended(tree, loop, name) if name else None
    target, source = loop.child_by_field_name("left"), loop.child_by_field_name("right")
    if appended is None or target is None or source is None or loop.children[0].type == "async":
        return None
    value, condition = appended
    parts = [value, target, source, *([condition] if condition is not None else [])]
    if any(_mentions(tree, part, name) for part in parts) or _is_loose(condition):
        return None
    tail = "" if condition is None else f" if {_text(tree, condition)}"
    body = f"{_text(tree, value)} for {_text(tree, target)} in {_text(tree, source)}{tail}"
    line = f"{name} = [{body}]"
    column = before.start_point.column
    is_short = "\n" not in line and column + len(line) <= _MAX_COLUMNS
    return Edit(span(before.start_byte, loop.end_byte), line) if is_short else None


def _empty_list(tree: SyntaxTree, statement: tree_sitter.Node) -> str:
    """The name that the statement sets to ``[]``."""
    node = next(iter(statement.named_children), None)
    if statement.type != "expression_statement" or node is None or node.type != "assignment":
        return ""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    is_plain = left is not None and left.type == "identifier" and len(node.named_children) == 2
    is_empty = right is not None and right.type == "list" and not right.named_children
    return _text(tree, left) if left is not None and is_plain and is_empty else ""


def _appended(
    tree: SyntaxTree, loop: tree_sitter.Node, name: str
) -> tuple[tree_sitter.Node, tree_sitter.Node | None] | None:
    """What the loop appends to ``name``, and under which condition; None when it does more."""
    body = loop.child_by_field_name("body")
    if body is None or len(body.named_children) != 1 or loop.child_by_field_name("alternative"):
        return None
    statement, condition = body.named_children[0], None
    if statement.type == "if_statement":
        inner = statement.child_by_field_name("consequence")
        condition = statement.child_by_field_name("condition")
        if inner is None or len(inner.named_children) != 1 or len(statement.named_children) != 2:
            return None
        statement = inner.named_children[0]
    call = next(iter(statement.named_children), None)
    if statement.type != "expression_statement" or call is None or call.type != "call":
        return None
    function, given = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if function is None or given is None or len(given.named_children) != 1:
        return None
    value = given.named_children[0]
    is_append = _text(tree, function) == f"{name}.append"
    is_value = value.type not in ("list_splat", "keyword_argument", "generator_expression")
    return (value, condition) if is_append and is_value else None


def _is_loose(condition: tree_sitter.Node | None) -> bool:
    """What binds weaker than the ``if`` of a comprehension."""
    loose = ("conditional_expression", "lambda", "named_expression", "yield")
    return condition is not None and condition.type in loose


def _mentions(tree: SyntaxTree, node: tree_sitter.Node, name: str) -> bool:
    if node.type == "identifier":
        return _text(tree, node) == name
    is_waiting = node.type in ("await", "yield")
    return is_waiting or any(_mentions(tree, child, name) for child in node.named_children)


def _text(tree: SyntaxTree, node: tree_sitter.Node) -> str:
    return tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace")
