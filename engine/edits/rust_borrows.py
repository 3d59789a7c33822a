"""Which locals may hold a borrow of another one, so that it can be neither moved nor lent."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

from engine.edits.extraction import Extraction, walk
from engine.edits.inlining import text
from engine.edits.rust_types import declared_type, is_copied, is_free

_HEADED = {
    "for_expression": "value",
    "match_expression": "value",
    "while_expression": "condition",
    "if_expression": "condition",
    "let_declaration": "value",
    "match_arm": "pattern",
}
_STORING = frozenset(
    """push insert extend push_back push_front entry append replace set push_str add""".split()
)


def borrowers(x: Extraction, name: str) -> str:
    """A local that may hold a borrow of ``name`` when the statements run; empty for none.

    Only those that the statements or the code behind them use are of interest, and what the code
    around runs over or looks into.
    """
    for node in x.around:
        header = _HEADED.get(node.type)
        value = None if header is None else node.child_by_field_name(header)
        if value is not None and name in _names(value):
            return text(value)
    tainted = {name}
    live: set[str] = set()
    for statement in _earlier(x):
        names = _names(statement)
        if not names & tainted:
            continue
        if statement.type != "let_declaration":
            tainted |= _stored(statement, tainted)
            continue
        pattern = statement.child_by_field_name("pattern")
        declared = [one for one in ([] if pattern is None else walk(pattern))
                    if one.type in ("identifier", "shorthand_field_identifier")]  # fmt: skip
        for one in declared:
            type_ = declared_type(x.table, one)
            is_harmless = type_ is not None and (
                is_free(type_) or (is_copied(type_) and "&" not in type_)
            )
            value = statement.child_by_field_name("value")
            if not is_harmless and value is not None and _names(value) & tainted:
                tainted.add(text(one))
    live = _later(x)
    return next(iter(sorted((tainted - {name}) & live)), "")


def _earlier(x: Extraction) -> Iterator[tree_sitter.Node]:
    """The statements that ran before, those around blocks left out."""
    holders = {node.id for node in x.around}
    body = x.body
    blocks = [node for node in [*x.around[::-1], body] if node is not None]
    seen: set[int] = set()
    for block in blocks:
        for child in block.named_children:
            is_before = child.end_byte <= x.place.start and child.id not in holders
            if is_before and child.id not in seen and block.type == "block":
                seen.add(child.id)
                yield child


def _stored(statement: tree_sitter.Node, tainted: set[str]) -> set[str]:
    """Locals into which a statement may have put a borrow."""
    found: set[str] = set()
    for node in walk(statement):
        if node.type == "assignment_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None and right is not None and _names(right) & tainted:
                found |= _names(left)
        elif node.type == "call_expression":
            function = node.child_by_field_name("function")
            method = None if function is None else function.child_by_field_name("field")
            owner = None if function is None else function.child_by_field_name("value")
            arguments = node.child_by_field_name("arguments")
            is_storing = method is not None and text(method) in _STORING
            is_given = arguments is not None and _names(arguments) & tainted
            if owner is not None and is_storing and is_given:
                found |= _names(owner)
    return found


def _later(x: Extraction) -> set[str]:
    """The names that the statements and the code behind them use."""
    found: set[str] = set()
    loop = x.loops[-1] if x.loops else None
    for node in walk(x.function):
        is_again = loop is not None and loop.start_byte <= node.start_byte < loop.end_byte
        if is_again or node.start_byte >= x.place.start:
            found |= {text(node)} if not node.child_count else set()
    return found


def _names(node: tree_sitter.Node) -> set[str]:
    kinds = ("identifier", "self", "shorthand_field_identifier")
    return {text(one) for one in walk(node) if one.type in kinds}


def is_part_moved(path: tree_sitter.Node) -> bool:
    """Whether a field of a local may be moved out of it where ``path`` names the local."""
    found = path
    while found.parent is not None and found.parent.type == "field_expression":
        if found.parent.child_by_field_name("value") != found:
            break
        found = found.parent
    parent = found.parent
    if parent is None or found == path:
        return False
    if parent.type == "call_expression" and parent.child_by_field_name("function") == found:
        outer = found.child_by_field_name("value")
        return outer is not None and outer != path  # the method of a field may take it
    return parent.type in _TAKING


_TAKING = frozenset(
    """arguments let_declaration field_initializer return_expression tuple_expression
    array_expression block match_expression for_expression let_condition""".split()
)
