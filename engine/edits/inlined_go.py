"""What is written for a use of an inlined local of Go.

A constant has no type before it is used, a copy is not the original, not everything has an address.
"""

from __future__ import annotations

import tree_sitter

from engine.edits.inlining import Inlining, text
from engine.edits.value_weight import names_in

_CONSTANTS = frozenset("int_literal float_literal imaginary_literal rune_literal".split())
_STRINGS = frozenset("interpreted_string_literal raw_string_literal".split())
_COMPUTED = frozenset("binary_expression unary_expression parenthesized_expression".split())
_MEMBERS = frozenset("selector_expression index_expression".split())
_HEADERS = frozenset("if_statement for_statement expression_switch_statement".split())
_SIMPLE_TYPES = frozenset(("type_identifier", "qualified_type"))
_SHARED_TYPES = frozenset(
    "pointer_type slice_type map_type channel_type function_type interface_type".split()
)
_REAL = frozenset("float32 float64 complex64 complex128".split())
_SHIFTS = frozenset(("<<", ">>"))


def go_text(inlining: Inlining, name: tree_sitter.Node) -> str | None:
    """None where the value might be of another type, or a copy might be written to."""
    parent, value = name.parent, inlining.value
    if (
        parent is None
        or value.type in ("nil", "iota")
        or any(text(leaf) in ("nil", "iota") for leaf in [*names_in(value), value])
    ):
        return None
    if _is_key(name) or _is_address(parent) or not _is_owner_alike(inlining, name):
        return None
    if value.type == "func_literal" and parent.type != "argument_list":
        return None
    if _holds(value, "composite_literal") and _is_in_header(name):
        return None
    if inlining.declaration.type is not None:
        is_large = _is_constant(value) and not _is_small(value)
        return None if is_large and parent.type == "argument_list" else _converted(inlining)
    if _is_large_conversion(value):
        return None
    if _is_constant(value) and not _is_typed_alike(inlining, name):
        return None
    return inlining.plain(name)


def _converted(inlining: Inlining) -> str | None:
    """``var x T = value``: the conversion says the type."""
    holder = inlining.declaration.name.parent
    type_ = None if holder is None else holder.child_by_field_name("type")
    if type_ is None or type_.type not in _SIMPLE_TYPES:
        return None
    return f"{text(type_)}({text(inlining.value)})"


def _is_key(name: tree_sitter.Node) -> bool:
    """Whether it is compared with others when the program is compiled."""
    parent = name.parent
    outer = None if parent is None else parent.parent
    if outer is None or parent is None:
        return False
    is_case = parent.type == "expression_list" and outer.type == "expression_case"
    return is_case or (outer.type == "keyed_element" and outer.named_children[0] == parent)


def _is_address(parent: tree_sitter.Node) -> bool:
    return parent.type == "unary_expression" and parent.children[0].type == "&"


def _is_owner_alike(inlining: Inlining, name: tree_sitter.Node) -> bool:
    """Whether what is done to the value at ``name`` may be done to it without a variable.

    A method may want its address, and a slice of an array shares its elements.
    """
    node, parent = name, name.parent
    if parent is not None and parent.type == "slice_expression":
        is_operand = parent.child_by_field_name("operand") == name
        return not is_operand or inlining.value.type in _STRINGS
    while parent is not None and parent.type in _MEMBERS and parent.named_children[0] == node:
        node, parent = parent, parent.parent
    if parent is None or node == name or parent.child_by_field_name("function") != node:
        return not (parent is not None and node != name and _is_address(parent))
    return _is_shared(inlining, inlining.value)


def _is_shared(inlining: Inlining, value: tree_sitter.Node) -> bool:
    """Whether the value is known to be a reference to what others share: a pointer, a map."""
    if value.type == "unary_expression" and value.children[0].type == "&":
        return True
    if value.type == "type_assertion_expression":
        type_ = value.child_by_field_name("type")
        return type_ is not None and type_.type in _SHARED_TYPES
    is_call = value.type == "call_expression"
    leaf = value.child_by_field_name("function") if is_call else value
    field = None if leaf is None else leaf.child_by_field_name("field")
    leaf = leaf if field is None else field
    if leaf is None or leaf.named_child_count:
        return False
    symbols = inlining.table.at.get(leaf.start_byte, [])
    types = [symbol.annotation for symbol in symbols]
    return bool(types) and all(
        found is not None and found.node.type in _SHARED_TYPES for found in types
    )


def _is_in_header(name: tree_sitter.Node) -> bool:
    node = name
    while node.parent is not None and node.type not in ("block", "argument_list"):
        if node.parent.type in _HEADERS:
            return True
        node = node.parent
    return False


def _holds(node: tree_sitter.Node, kind: str) -> bool:
    return node.type == kind or any(_holds(child, kind) for child in node.named_children)


def _is_constant(value: tree_sitter.Node) -> bool:
    if value.type in _COMPUTED:
        operator = text(value.child_by_field_name("operator"))
        parts = value.named_children[: 1 if operator in _SHIFTS else None]
        return all(_is_constant(child) for child in parts)
    return value.type in _CONSTANTS


def _is_small(value: tree_sitter.Node) -> bool:
    """Whether every type of numbers holds it."""
    return value.type == "int_literal" and text(value).isdigit() and int(text(value)) < 128


def _is_large_conversion(value: tree_sitter.Node) -> bool:
    """Whether it is a constant that the compiler would not convert again to any other type."""
    arguments = value.child_by_field_name("arguments")
    if value.type != "call_expression" or arguments is None or arguments.named_child_count != 1:
        return False
    given = arguments.named_children[0]
    return _is_constant(given) and not _is_small(given)


def _is_variable(inlining: Inlining, node: tree_sitter.Node) -> bool:
    """Whether it is a local that has a type, not a constant that may have none."""
    symbol = inlining.weights.local(node) if node.type == "identifier" else None
    root = inlining.tree.root
    if symbol is None or root is None:
        return False
    place = symbol.sites[0].span
    name = root.named_descendant_for_byte_range(place.start, place.end)
    return name is not None and name.parent is not None and name.parent.type != "const_spec"


def _is_typed_alike(inlining: Inlining, name: tree_sitter.Node) -> bool:
    """Whether an untyped constant gets there the type that a variable has by itself."""
    value, parent = inlining.value, name.parent
    while parent is not None and parent.type == "parenthesized_expression":
        name, parent = parent, parent.parent
    if parent is None or value.type not in _CONSTANTS:
        return False
    if parent.type == "binary_expression":
        left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
        other = right if left == name else left
        operator = text(parent.child_by_field_name("operator"))
        if other is None or operator in _SHIFTS:
            return False
        is_typed = _is_variable(inlining, other) and operator not in "/%"
        return is_typed and value.type == "int_literal"
    if parent.type == "argument_list" and parent.parent is not None:
        function = parent.parent.child_by_field_name("function")
        is_known = function is not None and function.type == "selector_expression"
        return is_known or (_is_small(value) and text(function) not in _REAL)
    return parent.type in ("expression_list", "index_expression", "literal_element") and (
        value.type == "int_literal"
    )
