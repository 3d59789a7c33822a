"""The type that an object literal or a function must have where it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.classes import Value
from engine.edits.javascript_containers import TAKES
from engine.edits.javascript_elements import held_type
from engine.edits.javascript_types import of_type
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
_ASSIGNMENTS = frozenset(("assignment_expression", "augmented_assignment_expression"))
_SIGNATURES = frozenset(("function_type", "method_signature", "abstract_method_signature"))
_RESULTS = frozenset(("return_statement", "arrow_function", "yield_expression"))
_HELD = frozenset(("type_annotation", "parenthesized_type", "union_type", "intersection_type"))


def contextual(settler: Settler, literal: Expression, depth: int = 0) -> list[Expression]:
    """The types that a literal must fit, by what is around it; of a method, its signature."""
    node, parent = literal.node, literal.node.parent
    if parent is None or depth > _MAX_DEPTH:
        return []
    if parent.type in ("array", "parenthesized_expression", "ternary_expression"):
        outer = contextual(settler, Expression(parent, literal.scope), depth + 1)
        held = [replace(one, part=Part.ELEMENT) for one in outer if one.part is Part.WHOLE]
        return held if parent.type == "array" else outer
    if parent.type in ("as_expression", "satisfies_expression"):
        if parent.named_child_count == 1:  # as const
            return contextual(settler, Expression(parent, literal.scope), depth + 1)
        return [Expression(parent.named_children[-1], literal.scope)]
    if parent.type in _TYPED:
        type_ = parent.child_by_field_name("type")
        return [] if type_ is None else [Expression(type_, literal.scope)]
    if parent.type in _ASSIGNMENTS:
        left = parent.child_by_field_name("left")
        symbols = [] if left is None else settler.symbols_of(left, literal.scope, depth)
        return [type_ for one in symbols for type_ in _declared(one)]
    if parent.type == "arguments":
        return _of_argument(settler, node, parent, literal.scope, depth)
    if parent.type in _RESULTS:
        results = _of_result(settler, literal.scope, depth)
        is_one = parent.type == "yield_expression"
        return [replace(one, part=Part.ELEMENT) for one in results] if is_one else results
    if parent.type == "pair" or node.type == "method_definition":
        pair = parent if parent.type == "pair" else node
        return _of_property(settler, pair, literal.scope, depth)
    return []


def _declared(symbol: Symbol) -> list[Expression]:
    """The type that was written for a variable, else the literals that it begins with."""
    if symbol.annotation is not None:
        return [symbol.annotation]
    literals = [one for one in symbol.values if one.node.type == "object" and not one.path]
    return [one for one in literals if one.part is Part.WHOLE]


def parameter_types(settler: Settler, place: int, function: Scope, depth: int) -> list[Expression]:
    """The types of the parameter at ``place``, by what its function must be where it stands."""
    around, listed = function.parent, function.node.child_by_field_name("parameters")
    if around is not None and around.node.id == function.node.id:
        around = around.parent  # past the name of a function expression
    if around is None or listed is None or function.node.type not in _FUNCTIONS:
        return []
    starts = [one.start_byte for one in listed.named_children]
    if place not in starts:
        return []
    types = contextual(settler, Expression(function.node, around), depth + 1)
    signatures = [one for type_ in types for one in _signatures(settler, type_, depth)]
    return [type_ for one in signatures for type_ in _parameter(one, starts.index(place))]


def results(settler: Settler, callee: Expression, depth: int) -> list[Value]:
    """What calls of a variable or member give whose type is a function's."""
    found: list[Value] = []
    for symbol in settler.symbols_of(callee.node, callee.scope, depth):
        for type_ in [] if symbol.annotation is None or symbol.body else [symbol.annotation]:
            for one in _signatures(settler, type_, depth):
                given = one.node.child_by_field_name("return_type")
                if given is not None:
                    found.extend(of_type(settler, Expression(given, one.scope), depth + 1))
    return found


def _signatures(settler: Settler, type_: Expression, depth: int) -> list[Expression]:
    """The function types that a type holds."""
    node, inner = type_.node, type_.node.named_children
    if node.type in _SIGNATURES:
        scope = settler.binder.scope_of.get(node.id, type_.scope)
        return [Expression(node, scope)]
    if depth > _MAX_DEPTH:
        return []
    if node.type in _HELD:
        parts = [Expression(one, type_.scope) for one in inner]
        return [found for one in parts for found in _signatures(settler, one, depth + 1)]
    head = inner[0] if node.type == "generic_type" and inner else node
    if head.type != "type_identifier":
        return []
    name = f"type:{settler.binder.text(head)}"
    symbol = settler.binder.look_up(name, type_.scope, 0)
    alias = None if symbol is None else symbol.annotation
    return [] if alias is None else _signatures(settler, alias, depth + 1)


def _of_argument(
    settler: Settler,
    node: tree_sitter.Node,
    arguments: tree_sitter.Node,
    scope: Scope,
    depth: int,
) -> list[Expression]:
    """The annotation of the parameter that an argument is given for."""
    call = arguments.parent
    callee = None
    if call is not None:
        callee = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    if call is None or callee is None:
        return []
    index = [one.id for one in arguments.named_children].index(node.id)
    found = _of_held(settler, callee, index, scope)
    for value in settler.infer(Expression(callee, scope), depth):
        function = value.function
        if function is None and value.scope is not None:
            function = settler.classes.member(value.scope, "constructor")
        if function is not None and function.body is not None:
            found.extend(_parameter(Expression(function.body.node, function.body), index))
    for symbol in settler.symbols_of(callee, scope, depth):
        is_typed = symbol.annotation is not None and symbol.body is None
        for type_ in _declared(symbol) if is_typed else ():
            for one in _signatures(settler, type_, depth):
                found.extend(_parameter(one, index))
    return found or _of_type_argument(settler, node, call, scope, depth)


def _of_type_argument(
    settler: Settler, literal: tree_sitter.Node, call: tree_sitter.Node, scope: Scope, depth: int
) -> list[Expression]:
    """``Type`` in ``f<Type>({…})`` of an unknown function, if it has all the properties."""
    given = call.child_by_field_name("type_arguments")
    members = settler.binder.scope_of.get(literal.id) if literal.type == "object" else None
    if given is None or members is None or not members.symbols:
        return []
    found: list[Expression] = []
    for one in given.named_children:
        type_ = Expression(one, scope)
        scopes = [value.scope for value in of_type(settler, type_, depth + 1) if value.scope]
        if scopes and all(
            any(settler.classes.member(each, name) for each in scopes) for name in members.symbols
        ):
            found.append(type_)
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
        for value in (one for one in symbol.values if not one.path):
            held = held_type(settler.binder, value.node, part)
            found.extend([] if held is None else [Expression(held, value.scope)])
    return found


def _parameter(function: Expression, index: int) -> list[Expression]:
    """The annotation of a function's parameter."""
    parameters = function.node.child_by_field_name("parameters")
    listed = [] if parameters is None else parameters.named_children
    type_ = listed[index].child_by_field_name("type") if index < len(listed) else None
    return [] if type_ is None else [Expression(type_, function.scope)]


def _of_result(settler: Settler, scope: Scope, depth: int) -> list[Expression]:
    """The result of the function around: as it says, else as what it must be says."""
    function = next((one for one in scope.up() if one.node.type in _FUNCTIONS), None)
    if function is None:
        return []
    result = function.node.child_by_field_name("return_type")
    if result is not None or function.parent is None:
        return [] if result is None else [Expression(result, function)]
    found: list[Expression] = []
    for type_ in contextual(settler, Expression(function.node, function.parent), depth + 1):
        for one in _signatures(settler, type_, depth):
            given = one.node.child_by_field_name("return_type")
            found.extend([] if given is None else [Expression(given, one.scope)])
    return found


def _of_property(
    settler: Settler, pair: tree_sitter.Node, scope: Scope, depth: int
) -> list[Expression]:
    """The annotation of the property in the type of the literal around."""
    outer = pair.parent
    key = pair.child_by_field_name("key") or pair.child_by_field_name("name")
    if outer is None or key is None or outer.type != "object":
        return []
    found: list[Expression] = []
    around = scope.parent or scope
    for type_ in contextual(settler, Expression(outer, around), depth + 1):
        for value in of_type(settler, type_, depth, type_.part):
            member = value.scope and settler.classes.member(value.scope, settler.binder.text(key))
            if member and member.body is not None and member.body.node.type in _SIGNATURES:
                found.append(Expression(member.body.node, member.body))
            elif member and member.annotation is not None:
                found.append(member.annotation)
    return found
