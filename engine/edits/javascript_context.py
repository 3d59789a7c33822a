"""The declared type that an object literal must have where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.javascript_containers import TAKES
from engine.edits.symbols import Expression, Part, Scope, Symbol

if TYPE_CHECKING:
    from engine.edits.javascript_members import Settler

_MAX_DEPTH = 8
_TYPED = frozenset(
    """variable_declarator required_parameter optional_parameter
    public_field_definition""".split()
)
_FUNCTIONS = frozenset(
    """function_declaration function_expression generator_function method_definition
    generator_function_declaration arrow_function""".split()
)


def contextual(settler: Settler, literal: Expression, depth: int = 0) -> list[Expression]:
    """The types that a literal must fit, by what is around it."""
    node, parent = literal.node, literal.node.parent
    if parent is None or depth > _MAX_DEPTH:
        return []
    if parent.type == "array":
        outer = contextual(settler, Expression(parent, literal.scope), depth + 1)
        return [replace(one, part=Part.ELEMENT) for one in outer if one.part is Part.WHOLE]
    if parent.type in ("parenthesized_expression", "ternary_expression"):
        return contextual(settler, Expression(parent, literal.scope), depth + 1)
    if parent.type in ("as_expression", "satisfies_expression"):
        return [Expression(parent.named_children[-1], literal.scope)]
    if parent.type in _TYPED:
        type_ = parent.child_by_field_name("type")
        return [] if type_ is None else [Expression(type_, literal.scope)]
    if parent.type == "assignment_expression":
        left = parent.child_by_field_name("left")
        symbols = [] if left is None else settler.symbols_of(left, literal.scope, 0)
        return [one.annotation for one in symbols if one.annotation is not None]
    if parent.type == "arguments":
        return _of_argument(settler, node, parent, literal.scope)
    if parent.type == "return_statement" or parent.type == "arrow_function":
        return _of_result(literal.scope)
    if parent.type == "pair":
        return _of_property(settler, parent, literal.scope, depth)
    return []


def _of_argument(
    settler: Settler, node: tree_sitter.Node, arguments: tree_sitter.Node, scope: Scope
) -> list[Expression]:
    """The annotation of the parameter that an argument is given for."""
    call = arguments.parent
    callee = None
    if call is not None:
        callee = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    if callee is None:
        return []
    index = [one.id for one in arguments.named_children].index(node.id)
    found = _of_held(settler, callee, index, scope)
    for value in settler.infer(Expression(callee, scope)):
        function = value.function
        if function is None and value.scope is not None:
            function = settler.classes.member(value.scope, "constructor")
        found.extend(_parameter_type(function, index))
    return found


def _of_held(
    settler: Settler, callee: tree_sitter.Node, index: int, scope: Scope
) -> list[Expression]:
    """The annotation of the container that a method such as ``push`` puts an argument in."""
    owner, name = callee.child_by_field_name("object"), callee.child_by_field_name("property")
    if owner is None or name is None:
        return []
    wanted, part = TAKES.get(settler.binder.text(name), (-1, Part.WHOLE))
    found: list[Expression] = []
    for symbol in settler.symbols_of(owner, scope, 0) if wanted == index else ():
        if symbol.annotation is not None:
            found.append(replace(symbol.annotation, part=part))
        for value in symbol.values:
            held = settler.held_type(value.node, part)
            found.extend([] if held is None else [Expression(held, value.scope)])
    return found


def _parameter_type(function: Symbol | None, index: int) -> list[Expression]:
    if function is None or function.body is None:
        return []
    parameters = function.body.node.child_by_field_name("parameters")
    listed = [] if parameters is None else parameters.named_children
    type_ = listed[index].child_by_field_name("type") if index < len(listed) else None
    return [] if type_ is None else [Expression(type_, function.body)]


def _of_result(scope: Scope) -> list[Expression]:
    """The declared result of the function around."""
    function = next((one for one in scope.up() if one.node.type in _FUNCTIONS), None)
    result = None if function is None else function.node.child_by_field_name("return_type")
    return [] if function is None or result is None else [Expression(result, function)]


def _of_property(
    settler: Settler, pair: tree_sitter.Node, scope: Scope, depth: int
) -> list[Expression]:
    """The annotation of the property in the type of the literal around."""
    outer, key = pair.parent, pair.child_by_field_name("key")
    if outer is None or key is None:
        return []
    found: list[Expression] = []
    around = scope.parent or scope
    for type_ in contextual(settler, Expression(outer, around), depth + 1):
        for value in settler.of_type(type_, 0, type_.part):
            name = settler.binder.text(key)
            member = value.scope and settler.classes.member(value.scope, name)
            if member and member.annotation is not None:
                found.append(member.annotation)
    return found
