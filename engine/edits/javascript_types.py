"""The objects that a type of TypeScript allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.classes import Value
from engine.edits.javascript_containers import TRANSPARENT, argument_of
from engine.edits.symbols import Expression, Part, Scope, SymbolKind

if TYPE_CHECKING:
    from engine.edits.javascript_members import Settler

_MAX_DEPTH = 12
_LEAVES = frozenset("type_identifier identifier object_type object this_type".split())


def is_type(node: tree_sitter.Node) -> bool:
    """Whether a node stands for a type."""
    return node.type.endswith("_type") or node.type in ("type_identifier", "type_query")


def of_type(
    settler: Settler, type_: Expression, depth: int, part: Part = Part.WHOLE
) -> list[Value]:
    """The objects of a type, or the elements of its containers."""
    handler = _HANDLERS.get(type_.node.type)
    is_empty = not type_.node.named_children and type_.node.type not in _LEAVES
    if handler is None or is_empty or depth > _MAX_DEPTH:
        return []
    key = (type_.node.id, part)
    if key not in settler.types:
        settler.types[key] = []  # a type that is made of itself ends here
        settler.types[key] = list(dict.fromkeys(handler(settler, type_, depth, part)))
    return settler.types[key]


def _of_wrapped(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    return of_type(settler, replace(type_, node=type_.node.named_children[-1]), depth + 1, part)


def _of_arms(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    arms, stack = list[tree_sitter.Node](), [type_.node]
    while stack:  # a union of many nests as deep
        one = stack.pop()
        is_nested = one.type == type_.node.type
        (stack if is_nested else arms).extend(reversed(one.named_children) if is_nested else [one])
    return _of_all(settler, arms, type_.scope, depth, part)


def _of_conditional(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    """``A extends B ? C : D``: either of both."""
    return _of_all(settler, type_.node.named_children[-2:], type_.scope, depth, part)


def _of_array(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    inner = type_.node.named_children if part is Part.ELEMENT else []
    return _of_all(settler, inner, type_.scope, depth)


def _of_tuple(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    """``[A, B]``: an object with members that are called 0 and 1."""
    members = settler.binder.scope_of.get(type_.node.id)
    if members is None or part is Part.VALUE:
        return []
    if part is Part.WHOLE:
        return [Value(members, True)]
    symbols = [symbol for named in members.symbols.values() for symbol in named]
    return [value for one in symbols for value in settler.of_symbol(one, depth + 1)]


def _of_query(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    """``typeof a``."""
    inner = Expression(type_.node.named_children[0], type_.scope, part)
    return list(settler.infer(inner, depth))


def _of_all(
    settler: Settler,
    nodes: list[tree_sitter.Node],
    scope: Scope,
    depth: int,
    part: Part = Part.WHOLE,
) -> list[Value]:
    parts = [Expression(one, scope) for one in nodes]
    return [value for one in parts for value in of_type(settler, one, depth + 1, part)]


def _of_literal(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    """``{a: A}``, or what ``{[key: string]: A}`` holds."""
    node, scope = type_.node, type_.scope
    members = settler.binder.scope_of.get(node.id)
    if part is Part.WHOLE:
        return [] if members is None else [Value(members, True)]
    signatures = [one for one in node.named_children if one.type == "index_signature"]
    held = [one.named_children[-1] for one in signatures if one.named_children]
    return _of_all(settler, held, scope, depth) if part is Part.VALUE else []


def _of_looked_up(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    """``Owner["name"]``: the type of a property; of any other key, that of an element."""
    owner, scope = type_.node.named_children[0], type_.scope
    name = settler.binder.text(type_.node.named_children[-1])
    if name[:1] not in ("'", '"'):
        return of_type(settler, Expression(owner, scope), depth + 1, Part.ELEMENT)
    found: list[Value] = []
    for value in of_type(settler, Expression(owner, scope), depth + 1):
        member = value.scope and settler.classes.member(value.scope, name[1:-1])
        if member and member.annotation is not None:
            found.extend(of_type(settler, member.annotation, depth + 1, part))
    return found


def _of_generic(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    node, scope = type_.node, type_.scope
    head = node.named_children[0]
    name = settler.binder.text(head)
    arguments = node.named_children[-1].named_children
    held = argument_of(name, part)
    if held is not None and held < len(arguments):
        return of_type(settler, Expression(arguments[held], scope), depth + 1)
    if name == "ReturnType" and arguments:
        called = of_type(settler, Expression(arguments[0], scope), depth + 1)
        functions = [one.function for one in called if one.function is not None]
        return [one for each in functions for one in settler.returned(each, depth + 1, part)]
    if name == "InstanceType" and arguments and part is Part.WHOLE:
        classes = of_type(settler, Expression(arguments[0], scope), depth + 1)
        return [Value(one.scope, True, one.origin) for one in classes if one.function is None]
    if name in TRANSPARENT and arguments:
        return of_type(settler, Expression(arguments[0], scope), depth + 1, part)
    return of_type(settler, Expression(head, scope), depth + 1, part)


def _of_named(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    symbol = settler.binder.look_up(f"type:{settler.binder.text(type_.node)}", type_.scope, 0)
    if symbol is None:
        return []
    if symbol.kind is SymbolKind.TYPE and symbol.body is None:
        alias = symbol.annotation or _asked(settler, type_)
        return [] if alias is None else of_type(settler, alias, depth + 1, part)
    if part is not Part.WHOLE:
        return []
    if symbol.body is not None:
        return [Value(symbol.body, True)]
    return [] if symbol.origin is None else [Value(None, True, symbol.origin)]


def _asked(settler: Settler, type_: Expression) -> Expression | None:
    """What a type without a bound is where ``T extends A ?`` has asked for it."""
    node, name = type_.node, settler.binder.text(type_.node)
    while node.parent is not None:
        around, asked = node.parent, node.parent.child_by_field_name("left")
        is_there = around.type == "conditional_type" and asked is not None
        if is_there and around.child_by_field_name("consequence") == node:
            bound = around.child_by_field_name("right")
            if bound is not None and asked is not None and settler.binder.text(asked) == name:
                return Expression(bound, type_.scope)
        node = around
    return None


def _of_this(settler: Settler, type_: Expression, depth: int, part: Part) -> list[Value]:
    del depth
    return settler.prototypes.this(type_.scope) if part is Part.WHOLE else []


_HANDLERS: dict[str, Callable[[Settler, Expression, int, Part], list[Value]]] = {
    **dict.fromkeys("type_annotation parenthesized_type readonly_type".split(), _of_wrapped),
    **dict.fromkeys("union_type intersection_type".split(), _of_arms),
    **dict.fromkeys("object_type object".split(), _of_literal),
    **dict.fromkeys("type_identifier identifier".split(), _of_named),
    "array_type": _of_array,
    "conditional_type": _of_conditional,
    "generic_type": _of_generic,
    "lookup_type": _of_looked_up,
    "type_query": _of_query,
    "this_type": _of_this,
    "tuple_type": _of_tuple,
}
