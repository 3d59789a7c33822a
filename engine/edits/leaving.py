"""How control leaves statements that are to become a function."""

from __future__ import annotations

from enum import Enum

import tree_sitter

from engine.edits.extraction import COMMENTS, Extraction, walk
from engine.edits.inlining import text
from engine.errors import BadInput

_RETURNS = frozenset(("return_statement", "return_expression"))
_JUMPS = {
    "break_statement": "break",
    "break_expression": "break",
    "continue_statement": "continue",
    "continue_expression": "continue",
    "yield_statement": "yield",
    "fallthrough_statement": "fallthrough",
}
_LOOPS = frozenset(
    """for_statement while_statement do_statement enhanced_for_statement for_range_loop
    for_expression while_expression loop_expression""".split()
)
_SWITCHES = frozenset(
    """switch_statement switch_expression expression_switch_statement type_switch_statement
    select_statement""".split()
)
_BLOCKS = frozenset(
    """block compound_statement statement_list else_clause synchronized_statement
    expression_statement finally_clause catch_clause""".split()
)


class Way(Enum):
    """What becomes of the code behind the call."""

    ON = "on"
    """The statements end, and what follows runs."""
    RETURN = "return"
    """They return in every case, or never end: nothing behind them runs."""
    END = "end"
    """They may return, and so does the code behind them: there is none."""


def way_of(extraction: Extraction, *, is_void: bool) -> Way:
    """Raises BadInput where control leaves in several ways, or to a place outside."""
    refuse_jumps(extraction)
    returns = [node for node in extraction.own_nodes if node.type in _RETURNS]
    if leaves(extraction.code[-1]):
        return Way.END if is_void and extraction.is_end else Way.RETURN
    if not returns:
        return Way.ON
    if is_void and extraction.is_end:
        return Way.END
    raise BadInput("the statements return in the middle: extract up to there, or all of it")


def refuse_jumps(extraction: Extraction) -> None:
    """Raises BadInput for a break and the like that leads out of the statements."""
    for node in extraction.own_nodes:
        word = _JUMPS.get(node.type)
        if word is not None and not _stays(extraction, node, word):
            raise BadInput(f"the statements hold a {word} that belongs to the code around them")


def _stays(extraction: Extraction, jump: tree_sitter.Node, word: str) -> bool:
    label = next((one for one in jump.named_children if _is_label(jump, one)), None)
    targets = _LOOPS if word == "continue" else _LOOPS | _SWITCHES
    targets = _SWITCHES if word in ("yield", "fallthrough") else targets
    node = jump.parent
    while node is not None and extraction.within(node):
        if label is None and node.type in targets:
            return True
        if label is not None and text(label) in (_label_of(node), _label_of(node.parent)):
            is_held = _label_of(node) == text(label) or extraction.within(node.parent or node)
            if is_held:
                return True
        node = node.parent
    return False


def _is_label(jump: tree_sitter.Node, node: tree_sitter.Node) -> bool:
    if jump.type == "yield_statement":
        return False
    return node.type in ("label", "label_name") or (
        node.type == "identifier" and jump.type in ("break_statement", "continue_statement")
    )


def _label_of(node: tree_sitter.Node | None) -> str:
    if node is None or not node.named_children:
        return ""
    first = node.named_children[0]
    if node.type == "labeled_statement" or first.type == "label":
        return text(first)
    return ""


def leaves(node: tree_sitter.Node) -> bool:
    """Whether nothing behind the statement is ever reached, as compilers see it."""
    kind = node.type
    if kind in _RETURNS or kind == "throw_statement":
        return True
    if kind == "call_expression":
        return text(node.child_by_field_name("function")) == "panic"
    if kind in _BLOCKS:
        inner = [child for child in node.named_children if child.type not in COMMENTS]
        return bool(inner) and leaves(inner[-1])
    if kind in ("if_statement", "if_expression"):
        parts = [node.child_by_field_name(name) for name in ("consequence", "alternative")]
        return all(part is not None and leaves(part) for part in parts)
    if kind in _LOOPS:
        return _is_endless(node)
    if kind == "match_expression":
        return _leaves_match(node)
    if kind in ("expression_switch_statement", "type_switch_statement", "select_statement"):
        return _leaves_switch(node)
    return kind in ("try_statement", "try_with_resources_statement") and _leaves_try(node)


def _leaves_match(node: tree_sitter.Node) -> bool:
    body = node.child_by_field_name("body")
    arms = [] if body is None else [one for one in body.named_children if one.type == "match_arm"]
    values = [arm.child_by_field_name("value") for arm in arms]
    return bool(values) and all(value is not None and leaves(value) for value in values)


def _leaves_switch(node: tree_sitter.Node) -> bool:
    """Go's switch and select, of which every case leaves."""
    cases = [child for child in node.named_children if child.type.endswith("_case")]
    is_full = node.type == "select_statement" or any(one.type == "default_case" for one in cases)
    lists = [one.named_children[-1] if one.named_children else one for one in cases]
    is_left = all(one.type == "statement_list" and leaves(one) for one in lists)
    return is_full and is_left and not any(_breaks(node, one) for one in walk(node))


def _leaves_try(node: tree_sitter.Node) -> bool:
    body = node.child_by_field_name("body")
    catches = [child for child in node.named_children if child.type == "catch_clause"]
    last = node.named_children[-1]
    is_final = last.type == "finally_clause" and leaves(last)
    return is_final or (body is not None and all(leaves(one) for one in [body, *catches]))


def _is_endless(loop: tree_sitter.Node) -> bool:
    condition = loop.child_by_field_name("condition")
    clauses = {child.type: child for child in loop.named_children}
    if loop.type == "loop_expression":
        is_endless = True
    elif "for_clause" in clauses:
        is_endless = clauses["for_clause"].child_by_field_name("condition") is None
    elif loop.type == "for_statement" and any(child.type == ";" for child in loop.children):
        is_endless = condition is None
    elif loop.type == "for_statement":
        is_endless = loop.named_child_count == 1  # Go's ``for {``
    else:
        is_endless = text(condition).strip("()") == "true"
    return is_endless and not any(_breaks(loop, one) for one in walk(loop))


def _breaks(loop: tree_sitter.Node, node: tree_sitter.Node) -> bool:
    """Whether ``node`` may end the loop; a break with a label is taken to do so."""
    if node.type not in ("break_statement", "break_expression"):
        return False
    if node.named_children:
        return True
    target = node.parent
    while target is not None and target.type not in _LOOPS | _SWITCHES:
        target = target.parent
    return target == loop
