"""Whether a value may be computed at a later place instead.

Between the two places nothing may happen that could change it or that it could change, and the
later place must be reached exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter

from engine.edits.value_weight import Weight, Weights

# All of their parts are computed, in the order of the text.
_WHOLE = frozenset(
    """binary_expression call_expression method_invocation argument_list arguments
    index_expression subscript_expression subscript_argument_list array_access field_expression
    field_access selector_expression parenthesized_expression unary_expression pointer_expression
    cast_expression type_cast_expression type_conversion_expression type_assertion_expression
    slice_expression instanceof_expression tuple_expression array_expression
    object_creation_expression new_expression array_creation_expression array_initializer
    composite_literal literal_value literal_element keyed_element struct_expression
    field_initializer_list field_initializer shorthand_field_initializer initializer_list
    init_declarator variable_declarator var_spec expression_list try_expression await_expression
    reference_expression range_expression condition_clause
    return_statement return_expression throw_statement expression_statement declaration
    local_variable_declaration let_declaration short_var_declaration var_declaration
    assignment_statement assignment_expression compound_assignment_expr go_statement
    defer_statement send_statement yield_statement
    call attribute subscript member_expression binary_operator boolean_operator
    comparison_operator not_operator unary_operator list tuple dictionary set object array pair
    keyword_argument string template_string interpolation template_substitution slice
    list_splat dictionary_splat spread_element as_expression non_null_expression await yield
    yield_expression assignment augmented_assignment augmented_assignment_expression
    lexical_declaration variable_declaration raise_statement with_statement with_clause
    with_item as_pattern""".split()
)
# Whose one part is computed first, and once.
_FIRST = {
    "if_statement": "condition",
    "if_expression": "condition",
    "switch_expression": "condition",
    "switch_statement": "condition",
    "expression_switch_statement": "value",
    "match_expression": "value",
    "for_expression": "value",
    "enhanced_for_statement": "value",
    "ternary_expression": "condition",
    "conditional_expression": "condition",
    "let_condition": "value",
    "range_clause": "right",
    "synchronized_statement": "",
    "for_in_statement": "right",
}
_LEFT_ALONE = frozenset(("&&", "||", "and", "or"))
_ASSIGNMENTS = frozenset(
    """assignment_expression assignment_statement compound_assignment_expr assignment
    augmented_assignment augmented_assignment_expression""".split()
)
# Where the order of a call's and an operator's parts is not said, or not for plain reads.
_UNORDERED = frozenset("c cpp go".split())
_RIGHT_FIRST = frozenset(("rust", "python"))
_DECLARING = frozenset(
    """lexical_declaration variable_declaration local_variable_declaration let_declaration
    declaration short_var_declaration var_declaration""".split()
)
_COMMENTS = frozenset("comment line_comment block_comment".split())
_NOT_COMPUTED = (
    "name declarator type pattern operator body consequence alternative parameters macro alias"
).split()


def is_computed_alike(
    weights: Weights, weight: Weight, statement: tree_sitter.Node, name: tree_sitter.Node
) -> bool:
    """Whether a value of ``weight``, set by ``statement``, may be computed at ``name`` instead."""
    last = _statement_of(name, statement)
    if last is None:
        return False
    between = list(_between(statement, last))
    if not all(_is_declared_apart(weights, weight, one) for one in between):
        return False
    node = name
    while node != last:
        parent = node.parent
        if parent is None or not _is_reached(weights, weight, parent, node):
            return False
        node = parent
    return True


def _statement_of(name: tree_sitter.Node, beside: tree_sitter.Node) -> tree_sitter.Node | None:
    node = name
    while node.parent is not None and node.parent != beside.parent:
        node = node.parent
    return node if node.parent is not None and node.start_byte >= beside.end_byte else None


def _between(first: tree_sitter.Node, last: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    node = first.next_named_sibling
    while node is not None and node != last:
        if node.type not in _COMMENTS:
            yield node
        node = node.next_named_sibling


def _is_declared_apart(weights: Weights, weight: Weight, statement: tree_sitter.Node) -> bool:
    """Whether the statement only sets other locals, to values that change nothing."""
    if statement.type not in _DECLARING:
        return False
    return all(weights.of(value).is_apart(weight) for value in _values(statement))


def _values(statement: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for field in ("value", "right"):
        value = statement.child_by_field_name(field)
        if value is not None:
            yield value
            return
    for child in statement.named_children:
        if child.type in ("variable_declarator", "init_declarator", "var_spec"):
            yield from _values(child)


def _is_reached(
    weights: Weights, weight: Weight, parent: tree_sitter.Node, node: tree_sitter.Node
) -> bool:
    """Whether ``node`` is computed whenever ``parent`` is, with nothing before it that matters."""
    if parent.type in _FIRST or parent.type == "for_statement":
        return _is_first(weights, weight, parent, node)
    if parent.type == "let_chain":
        return bool(parent.named_children[0] == node)
    if parent.type not in _WHOLE:
        return False
    operator = parent.child_by_field_name("operator")
    if operator is not None and operator.type in _LEFT_ALONE:
        return bool(parent.child_by_field_name("left") == node)
    if parent.type == "comparison_operator" and node not in parent.named_children[:2]:
        return False
    return all(other.is_apart(weight) for other in _others(weights, parent, node))


def _is_first(
    weights: Weights, weight: Weight, parent: tree_sitter.Node, node: tree_sitter.Node
) -> bool:
    if parent.type == "for_statement":
        is_python = parent.child_by_field_name("right") == node
        return is_python or node.type == "range_clause"
    field = _FIRST[parent.type]
    first = parent.child_by_field_name(field) if field else parent.named_children[0]
    before = parent.child_by_field_name("initializer")
    if first != node:
        return before == node and node.type in _DECLARING
    values = () if before is None else _values(before)
    return all(weights.of(value).is_apart(weight) for value in values)


def _others(weights: Weights, parent: tree_sitter.Node, node: tree_sitter.Node) -> Iterator[Weight]:
    """What may be computed before ``node`` below the same parent."""
    language = weights.tree.language.id
    if parent.type in _ASSIGNMENTS:
        yield from _beside_assigned(weights, parent, node)
        return
    if parent.type in _DECLARING:
        earlier = [one for one in parent.named_children if one.end_byte <= node.start_byte]
        yield from (weights.of(value) for one in earlier for value in _values(one))
        return
    skipped = {
        child.id for field in _NOT_COMPUTED for child in parent.children_by_field_name(field)
    }
    if parent.type in ("keyed_element", "field_initializer"):
        skipped |= {parent.named_children[0].id}
    for child in parent.named_children:
        is_later = child.start_byte >= node.end_byte and language not in _UNORDERED
        if child == node or is_later or child.id in skipped or child.type in _COMMENTS:
            continue
        if parent.child_by_field_name("function") == child:
            yield weights.callee(child)
        elif parent.type != "method_invocation" or parent.child_by_field_name("object") == child:
            yield weights.of(child)


def _beside_assigned(
    weights: Weights, parent: tree_sitter.Node, node: tree_sitter.Node
) -> Iterator[Weight]:
    left = parent.child_by_field_name("left")
    operator = parent.child_by_field_name("operator")
    is_compound = operator is not None and operator.type not in ("=", ":=")
    if left is None or left == node:
        yield Weight.UNKNOWN
    elif is_compound:
        yield weights.of(left)
    elif weights.tree.language.id not in _RIGHT_FIRST:
        yield weights.target(left)
