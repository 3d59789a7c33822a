"""What an expression of JavaScript holds: the elements of arrays and sets, the values of maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.binder import Binder
from engine.edits.classes import Value
from engine.edits.javascript_containers import CONTAINERS, KEEPS, MAPS_BY, argument_of
from engine.edits.javascript_types import is_type, of_type
from engine.edits.symbols import Expression, Part, Scope

if TYPE_CHECKING:
    from engine.edits.javascript_members import Settler

_PASSED_ON = frozenset(
    """parenthesized_expression await_expression non_null_expression binary_expression
    instantiation_expression""".split()
)
_FUNCTIONS = frozenset(
    """arrow_function function_expression generator_function function_declaration
    generator_function_declaration method_definition""".split()
)
_HELD = (Part.ELEMENT, Part.VALUE)


def elements(settler: Settler, expression: Expression, depth: int) -> Iterable[Value]:
    """The elements, or with ``Part.VALUE`` the values, of what an expression stands for."""
    node, scope, part = expression.node, expression.scope, expression.part
    parts = node.named_children
    if node.type == "array":
        return [one for each in parts for one in _listed(settler, each, scope, depth)]
    if node.type in _PASSED_ON:
        inner = [Expression(one, scope, part) for one in parts]
        return [value for one in inner for value in settler.infer(one, depth)]
    if node.type == "ternary_expression":
        inner = [Expression(one, scope, part) for one in parts[1:]]
        return [value for one in inner for value in settler.infer(one, depth)]
    if node.type in ("as_expression", "satisfies_expression") and len(parts) > 1:
        return of_type(settler, Expression(parts[1], scope), depth, part)
    if node.type == "object":
        return _of_object(settler, expression, depth)
    if node.type == "call_expression":
        return _of_call(settler, expression, depth)
    if node.type == "new_expression":
        return _of_new(settler, expression, depth)
    if is_type(node):
        return of_type(settler, Expression(node, scope), depth, part)
    return _of_named(settler, expression, depth)


def _of_object(settler: Settler, expression: Expression, depth: int) -> Iterator[Value]:
    """The values of an object literal that is used as a table."""
    members = settler.binder.scope_of.get(expression.node.id)
    if expression.part is not Part.VALUE or members is None:
        return
    for one in expression.node.named_children:
        key = one.child_by_field_name("key") or one.child_by_field_name("name") or one
        symbol, value = members.get(settler.binder.text(key)), one.child_by_field_name("value")
        if symbol is not None:
            yield from settler.of_symbol(symbol, depth)
        elif value is not None:
            yield from settler.infer(Expression(value, members), depth)
        elif one.type == "spread_element":
            inner = Expression(one.named_children[0], expression.scope, Part.VALUE)
            yield from settler.infer(inner, depth)


def _listed(settler: Settler, node: tree_sitter.Node, scope: Scope, depth: int) -> Iterable[Value]:
    """What a part of ``[a, ...b]`` adds to it."""
    if node.type == "spread_element" and node.named_children:
        return settler.infer(Expression(node.named_children[0], scope, Part.ELEMENT), depth)
    return settler.infer(Expression(node, scope), depth)


def _of_call(settler: Settler, expression: Expression, depth: int) -> list[Value]:
    node, scope, part = expression.node, expression.scope, expression.part
    owner, name = method_of(settler.binder, node)
    if owner is not None and name in KEEPS:
        return list(settler.infer(Expression(owner, scope, part), depth))
    listed = node.child_by_field_name("arguments")
    given = [] if listed is None else listed.named_children
    callee = node.child_by_field_name("function")
    if owner is not None and name == "entries" and part is Part.VALUE:
        of = given[0] if settler.binder.text(owner) == "Object" and given else owner
        return list(settler.infer(Expression(of, scope, part), depth))
    if owner is not None and part is Part.ELEMENT:
        called = settler.binder.text(owner)
        if (called, name) in (("Object", "values"), ("Array", "from")) and len(given) == 1:
            held = Part.VALUE if name == "values" else Part.ELEMENT
            return list(settler.infer(Expression(given[0], scope, held), depth))
        if name in MAPS_BY and given:
            return _made_by(settler, given[0], depth)
    if owner is not None and name == "values":
        held_in = (Expression(owner, scope, one) for one in _HELD)
        found = [value for one in held_in for value in settler.infer(one, depth)]
        if found:
            return found
    values = () if callee is None else settler.infer(Expression(callee, scope), depth)
    functions = [one.function for one in values if one.function is not None]
    return [one for each in functions for one in settler.returned(each, depth, part)]


def _made_by(settler: Settler, callback: tree_sitter.Node, depth: int) -> list[Value]:
    """What the function returns that ``map`` is given."""
    function = settler.binder.scope_of.get(callback.id)
    return [] if function is None else settler.returned_by(function, depth)


def _of_new(settler: Settler, expression: Expression, depth: int) -> Iterable[Value]:
    node, scope = expression.node, expression.scope
    type_ = held_type(settler.binder, node, expression.part)
    if type_ is not None:
        return of_type(settler, Expression(type_, scope), depth)
    head, given = node.child_by_field_name("constructor"), node.child_by_field_name("arguments")
    is_copy = head is not None and settler.binder.text(head) in CONTAINERS - {"Array"}
    if not is_copy or given is None or given.named_child_count != 1:
        return ()
    return settler.infer(Expression(given.named_children[0], scope, expression.part), depth)


def _of_named(settler: Settler, expression: Expression, depth: int) -> list[Value]:
    node, scope, part = expression.node, expression.scope, expression.part
    found: list[Value] = []
    for symbol in settler.symbols_of(node, scope, depth):
        if symbol.annotation is not None:
            found.extend(of_type(settler, symbol.annotation, depth, part))
        for value in () if symbol.annotation is not None else symbol.values:
            if value.part is Part.WHOLE and not value.path:
                found.extend(settler.infer(Expression(value.node, value.scope, part), depth))
    return found


def held_type(binder: Binder, node: tree_sitter.Node, part: Part) -> tree_sitter.Node | None:
    """The type of what ``new Map<K, V>()`` holds."""
    head = node.child_by_field_name("constructor")
    given = node.child_by_field_name("type_arguments")
    held = None if head is None else argument_of(binder.text(head), part)
    if given is None or held is None or held >= given.named_child_count:
        return None
    return given.named_children[held]


def method_of(binder: Binder, node: tree_sitter.Node) -> tuple[tree_sitter.Node | None, str]:
    """Owner and name of the method that a call calls."""
    callee = node.child_by_field_name("function") if node.type == "call_expression" else None
    if callee is None or callee.type != "member_expression":
        return None, ""
    name = callee.child_by_field_name("property")
    return callee.child_by_field_name("object"), "" if name is None else binder.text(name)


def expressions_returned(function: Scope) -> Iterator[tree_sitter.Node]:
    """What the ``return`` statements of a function return, or the arrow's expression."""
    body = function.node.child_by_field_name("body")
    if body is not None and body.type != "statement_block":
        yield body
        return
    stack = [] if body is None else list(body.named_children)
    while stack:
        part = stack.pop()
        if part.type == "return_statement" and part.named_children:
            yield part.named_children[0]
        elif part.type not in _FUNCTIONS and not part.type.startswith("class"):
            stack.extend(part.named_children)
