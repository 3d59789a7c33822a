"""What is written for a use of an inlined local of Rust.

A value is moved once; a temporary ends with its statement, and what it borrows and guards, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.edits.inlining import Inlining, function_around, text, words
from engine.edits.rust_origins import lenders, roots
from engine.edits.value_weight import Weight

# Take the value itself, not a reference to it.
_TAKING = frozenset(
    """arguments binary_expression tuple_expression field_initializer shorthand_field_initializer
    return_expression let_declaration assignment_expression compound_assignment_expr
    range_expression if_expression try_expression await_expression block match_arm
    unary_expression type_cast_expression array_expression""".split()
)
_SCRUTINEES = frozenset("match_expression let_condition for_expression".split())
_NUMBERS = frozenset(("integer_literal", "float_literal"))
_COMPUTED = frozenset("binary_expression unary_expression parenthesized_expression".split())
_PRIMITIVES = re.compile(r"[iu](8|16|32|64|128|size)|f(32|64)")
_SUFFIXED = re.compile(r".*([iu](8|16|32|64|128|size)|f(32|64))")
_MACROS = frozenset(
    """println print eprintln eprint format write writeln panic assert assert_eq assert_ne
    debug_assert debug_assert_eq debug_assert_ne vec trace debug info warn error""".split()
)
_DELAYED = frozenset(("async_block", "closure_expression", "const_block"))
_LENT = frozenset("field_expression index_expression reference_expression try_expression".split())
_COMPARED = frozenset("== != < > <= >=".split())
_BORROWING = frozenset(
    """call_expression index_expression macro_invocation mutable_specifier
    method_call_expression""".split()
)
_GUARDS = re.compile(r"lock|guard|borrow|enter|span|read|write|pin|upgrade|scope|acquire|permit")


def rust_text(inlining: Inlining, name: tree_sitter.Node) -> str | None:
    """None where the value may live or be borrowed for another time, or be of another type."""
    parent, value = name.parent, inlining.value
    if parent is None or _is_delayed(inlining, name) or inlining.declaration.type == "!":
        return None
    is_unmarked = _is_number(value) and _SUFFIXED.fullmatch(text(value)) is None
    if is_unmarked and inlining.declaration.type is None:
        if inlining.num_uses > 1 or parent.type in ("type_cast_expression", "field_expression"):
            return None
    if not _is_taken(inlining, name) or not _is_borrowed_alike(inlining, name):
        return None
    if _holds(value, frozenset(("struct_expression",))) and _is_in_header(name):
        return None
    shown = _typed(inlining, name)
    if shown is None:
        return None
    return f"{text(name)}: {shown}" if parent.type == "shorthand_field_initializer" else shown


def _typed(inlining: Inlining, name: tree_sitter.Node) -> str | None:
    """The value, with the type that the declaration gave to it."""
    declared, value = inlining.declaration.type, inlining.value
    if declared is None:
        return inlining.plain(name)
    is_number = value.type in _NUMBERS and _PRIMITIVES.fullmatch(declared) is not None
    if is_number and text(value).replace("_", "").replace(".", "").isdigit():
        is_float = value.type == "float_literal" or not declared.startswith("f")
        return f"{text(value)}{declared}" if is_float and text(value)[-1] != "." else None
    is_plain = (value.type, declared) in (("boolean_literal", "bool"), ("char_literal", "char"))
    is_cast = (
        value.type == "type_cast_expression"
        and words(value.child_by_field_name("type")) == declared
    )
    return inlining.plain(name) if is_plain or is_cast or _goes_to(declared, name) else None


def _goes_to(declared: str, name: tree_sitter.Node) -> bool:
    parent = name.parent
    if parent is None:
        return False
    if parent.type == "let_declaration":
        return words(parent.child_by_field_name("type")) == declared
    function = function_around(name)
    body = None if function is None else function.child_by_field_name("body")
    is_last = body is not None and parent == body
    if function is None or function.type != "function_item":
        return False
    is_result = parent.type == "return_expression" or is_last
    return is_result and words(function.child_by_field_name("return_type")) == declared


def _is_delayed(inlining: Inlining, name: tree_sitter.Node) -> bool:
    node, block = name.parent, inlining.declaration.block
    while node is not None and node != block:
        if node.type in _DELAYED:
            return True
        node = node.parent
    return False


def _is_taken(inlining: Inlining, name: tree_sitter.Node) -> bool:
    """Whether the place takes the value, so that it ends where the local would."""
    parent, value = name.parent, inlining.value
    if parent is None:
        return False
    if parent.type == "token_tree":
        return inlining.weight is Weight.STEADY and _is_macro_argument(name)
    if _is_reference(value) and inlining.weight is Weight.STEADY:
        return parent.type in _TAKING | _SCRUTINEES or _is_owner(name)
    if parent.type == "unary_expression" and parent.children[0].type == "*":
        return False
    if parent.type == "index_expression" and parent.named_children[-1] == name:
        return True
    if _is_owner(name):
        return _is_copied(value) and not _is_number(value)
    if parent.type in _SCRUTINEES:
        is_guarded = _GUARDS.search(text(value)) is not None
        return not is_guarded and not _has_temporary(value)
    if parent.type not in _TAKING:
        return False
    return not _has_temporary(value) or _ends_at_once(name)


def _is_owner(name: tree_sitter.Node) -> bool:
    parent = name.parent
    return (
        parent is not None
        and parent.type == "field_expression"
        and (parent.child_by_field_name("value") == name)
    )


def _is_reference(value: tree_sitter.Node) -> bool:
    return value.type == "reference_expression" or value.type == "string_literal"


def _is_copied(value: tree_sitter.Node) -> bool:
    """Whether the value is read from behind ``&self``: nothing can be moved out of there."""
    node = value
    while node.type == "field_expression":
        node = node.named_children[0]
    return node != value and node.type == "self" and _is_lent_self(node)


def _is_lent_self(node: tree_sitter.Node) -> bool:
    """Whether the method around has ``&self``, which nothing can be moved out of."""
    function = function_around(node)
    while function is not None and function.type == "closure_expression":
        function = function_around(function)
    parameters = None if function is None else function.child_by_field_name("parameters")
    first = parameters.named_children[0] if parameters and parameters.named_children else None
    return first is not None and first.type == "self_parameter" and first.children[0].type == "&"


def _is_callee(node: tree_sitter.Node) -> bool:
    parent = node.parent
    return parent is not None and parent.child_by_field_name("function") == node


def _has_temporary(value: tree_sitter.Node) -> bool:
    """Whether something nameless is borrowed in the value, which then lives on to its end."""
    for call in _nodes(value, frozenset(("call_expression", "macro_invocation"))):
        parent = call.parent
        while parent is not None and parent.type in ("try_expression", "parenthesized_expression"):
            parent = parent.parent
        if parent is not None and call != value and parent.type in (
            "field_expression", "reference_expression", "index_expression", "unary_expression",
        ):  # fmt: skip
            return True
    return False


def _ends_at_once(name: tree_sitter.Node) -> bool:
    """Whether the statement does nothing else than to keep the value or to ask about it."""
    node = name.parent
    while node is not None and node.type in ("binary_expression", "parenthesized_expression"):
        node = node.parent
    return node is not None and node.type in ("let_declaration", "if_expression")


def _is_borrowed_alike(inlining: Inlining, name: tree_sitter.Node) -> bool:
    """Whether what comes before in the statement leaves the value's names as they are."""
    value = inlining.value
    shared = lenders(inlining.weights, value)
    lent = {text(leaf) for leaf in roots(value) if _is_lent(leaf)}
    is_lent = bool(lent) or len(shared) > len({text(leaf) for leaf in roots(value)})
    if any(text(leaf) in lent and _may_move(leaf) for leaf in _passed(inlining, name)):
        return False
    for other in _before(inlining, name):
        mine = [leaf for leaf in roots(other) if text(leaf) in shared]
        if not mine:
            continue
        if inlining.weight is Weight.EFFECTS or _holds(other, _BORROWING):
            return False
        is_kept = all(leaf.type == "self" and _is_lent_self(leaf) for leaf in mine)
        if _is_callee(other) and not is_kept:
            return False  # the method may take what it is called on
        if is_lent and not all(_is_lent(leaf) for leaf in mine):
            return False
    return True


def _passed(inlining: Inlining, name: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The names from the declaration to the use."""
    first, last = inlining.declaration.statement.end_byte, name.start_byte
    for leaf in roots(inlining.declaration.block):
        if first <= leaf.start_byte < last:
            yield leaf


def _may_move(leaf: tree_sitter.Node) -> bool:
    """Whether what a name stands for may be given away there."""
    path = leaf
    while path.parent is not None and path.parent.type == "field_expression":
        path = path.parent
    is_kept = leaf.type == "self" and _is_lent_self(leaf)
    return not _is_lent(leaf) or (_is_callee(path) and not is_kept)


def _before(inlining: Inlining, name: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """What is computed from the declaration to the use, in the block of the declaration."""
    node, block = name, inlining.declaration.block
    while node.parent is not None and node != block:
        parent = node.parent
        if parent == block and inlining.weight is Weight.STEADY:
            return
        for child in parent.named_children:
            is_target = parent.type in ("assignment_expression", "let_declaration")
            is_within = child.start_byte >= inlining.declaration.statement.end_byte
            if child.end_byte <= node.start_byte and is_within and not is_target:
                yield child
        node = parent


def _is_lent(leaf: tree_sitter.Node) -> bool:
    """Whether a name is looked into there, rather than given away."""
    parent = leaf.parent
    operator = None if parent is None else parent.child_by_field_name("operator")
    is_compared = operator is not None and operator.type in _COMPARED
    return parent is not None and (parent.type in _LENT or is_compared)


def _is_macro_argument(name: tree_sitter.Node) -> bool:
    """Whether it is a whole argument, not the first, of a macro that reads its arguments once."""
    tree_, before, after = name.parent, name.prev_sibling, name.next_sibling
    macro = None if tree_ is None else tree_.parent
    if macro is None or macro.type != "macro_invocation" or before is None or after is None:
        return False
    is_known = text(macro.child_by_field_name("macro")) in _MACROS
    return is_known and before.type == "," and after.type in (",", ")", "]")


def _is_in_header(name: tree_sitter.Node) -> bool:
    node = name
    while node.parent is not None and node.type not in ("block", "arguments"):
        if node.parent.type in (
            "if_expression", "match_expression", "for_expression", "while_expression",
        ):  # fmt: skip
            return True
        node = node.parent
    return False


def _is_number(value: tree_sitter.Node) -> bool:
    if value.type in _COMPUTED:
        operator = text(value.child_by_field_name("operator"))
        parts = value.named_children[: 1 if operator in ("<<", ">>") else None]
        return all(_is_number(child) for child in parts)
    return value.type in _NUMBERS


def _holds(node: tree_sitter.Node, kinds: frozenset[str]) -> bool:
    return next(_nodes(node, kinds), None) is not None


def _nodes(node: tree_sitter.Node, kinds: frozenset[str]) -> Iterator[tree_sitter.Node]:
    if node.type in kinds:
        yield node
    for child in node.named_children:
        yield from _nodes(child, kinds)
