"""An expression in the place of a name: in brackets where it would fall apart otherwise."""

from __future__ import annotations

import tree_sitter

# Beside these an operand needs its brackets.
_LOOSE = frozenset(
    """binary_operator boolean_operator comparison_operator not_operator unary_operator
    conditional_expression lambda named_expression await yield binary_expression
    unary_expression ternary_expression arrow_function assignment_expression await_expression
    yield_expression sequence_expression as_expression
    cast_expression type_cast_expression instanceof_expression range_expression
    reference_expression pointer_expression closure_expression lambda_expression
    switch_expression match_expression if_expression func_literal sizeof_expression
    concatenated_string new_expression array_creation_expression""".split()
)
_FREE_PARENTS = frozenset(
    """argument_list arguments expression_statement return_statement assignment
    variable_declarator keyword_argument parenthesized_expression list array tuple pair
    interpolation template_substitution
    return_expression let_declaration init_declarator assignment_statement expression_list
    short_var_declaration var_spec const_spec condition_clause subscript_argument_list
    tuple_expression array_expression literal_element field_initializer initializer_list
    array_initializer throw_statement yield_statement block match_arm send_statement
    statement_list if_statement if_expression match_expression for_expression while_statement
    while_expression for_statement range_clause expression_switch_statement switch_expression
    shorthand_field_initializer let_condition keyed_element token_tree""".split()
)
_INDEXED = frozenset("subscript index_expression array_access subscript_expression".split())


def is_bracketed(value: tree_sitter.Node, name: tree_sitter.Node) -> bool:
    """Whether ``value`` needs brackets where ``name`` stands."""
    parent = name.parent
    if value.type not in _LOOSE or parent is None or parent.type in _FREE_PARENTS:
        return False
    if parent.type in _INDEXED:
        return bool(parent.named_children[0] == name)
    is_set = parent.type in ("assignment_expression", "compound_assignment_expr")
    return not (is_set and parent.child_by_field_name("right") == name)
