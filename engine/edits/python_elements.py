"""What an expression of Python holds: the elements of lists, the values of dictionaries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.classes import Value
from engine.edits.python_types import annotated, part_of_tuple
from engine.edits.symbols import Expression, Part, Scope, Symbol

if TYPE_CHECKING:
    from engine.edits.python_members import Settler

_COPIES = frozenset("list tuple set frozenset sorted reversed iter".split())
"""Functions whose result holds what their argument holds."""


def elements(settler: Settler, expression: Expression, depth: int) -> Iterable[Value]:
    """What a loop gives, or with ``Part.VALUE`` what a key gives; of ``except`` an object."""
    node, scope, part = expression.node, expression.scope, expression.part
    if node.parent is not None and node.parent.type == "as_pattern":
        classes = node.named_children if node.type == "tuple" else [node]
        values = [one for each in classes for one in settler.infer(Expression(each, scope), depth)]
        return [Value(one.scope, True, one.origin) for one in values if one.function is None]
    if node.type in ("list", "tuple", "set") and part is Part.ELEMENT:
        parts = [Expression(each, scope) for each in node.named_children]
        return [value for one in parts for value in settler.infer(one, depth)]
    if node.type == "dictionary" and part is Part.VALUE:
        values_ = (one.child_by_field_name("value") for one in node.named_children)
        parts = [Expression(one, scope) for one in values_ if one is not None]
        return [value for one in parts for value in settler.infer(one, depth)]
    if node.type == "call":
        return _of_call(settler, expression, depth)
    found: list[Value] = []
    for symbol in symbols_of(settler, node, scope, depth):
        if symbol.annotation is not None:
            found.extend(annotated(settler, symbol.annotation, depth, part))
        for one in () if symbol.annotation is not None else symbol.values:
            if one.part is Part.WHOLE and not one.path:
                found.extend(settler.infer(Expression(one.node, one.scope, part), depth))
    return found


def _of_call(settler: Settler, expression: Expression, depth: int) -> list[Value]:
    """The elements of what a call gives."""
    node, scope, part = expression.node, expression.scope, expression.part
    callee, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if callee is None or given is None:
        return []
    if settler.binder.text(callee) in _COPIES and given.named_child_count:
        return list(settler.infer(Expression(given.named_children[0], scope, part), depth))
    owner, name = callee.child_by_field_name("object"), callee.child_by_field_name("attribute")
    if owner is not None and name is not None and settler.binder.text(name) == "values":
        held = settler.infer(Expression(owner, scope, Part.VALUE), depth)
        if held and part is Part.ELEMENT:
            return list(held)
    values = settler.infer(Expression(callee, scope), depth)
    functions = [one.function for one in values if one.function is not None]
    results = [one.annotation for one in functions if one.annotation is not None]
    return [value for one in results for value in annotated(settler, one, depth, part)]


def numbered(settler: Settler, whole: Expression, index: int, depth: int) -> Iterable[Value]:
    """What a name among several is given: of a tuple the part at its place, else an element."""
    node, scope = whole.node, whole.scope
    if whole.path:
        return ()
    if whole.part is Part.ELEMENT:
        return _numbered_of_loop(settler, whole, index, depth)
    if node.type in ("tuple", "expression_list", "list"):
        parts = node.named_children
        is_there = index < len(parts) and not any(one.type == "list_splat" for one in parts)
        return settler.infer(Expression(parts[index], scope), depth) if is_there else ()
    found: list[Value] = []
    for annotation in _annotations(settler, node, scope, depth):
        part = part_of_tuple(settler, annotation, index)
        if part is not None:
            found.extend(annotated(settler, part, depth))
        else:
            found.extend(annotated(settler, annotation, depth, Part.ELEMENT))
    return found


def _numbered_of_loop(
    settler: Settler, whole: Expression, index: int, depth: int
) -> Iterable[Value]:
    """``for a, b in …`` over items, numbered elements, several at once or a list of tuples."""
    node, scope = whole.node, whole.scope
    callee, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    written = "" if callee is None else settler.binder.text(callee)
    arguments = [] if given is None else given.named_children
    if written == "zip" and index < len(arguments):
        return settler.infer(Expression(arguments[index], scope, Part.ELEMENT), depth)
    if written == "enumerate" and arguments:
        inner = Expression(arguments[0], scope, Part.ELEMENT)
        return settler.infer(inner, depth) if index == 1 else ()
    owner = None if callee is None else callee.child_by_field_name("object")
    if owner is not None and written.endswith(".items"):
        held = Expression(owner, scope, Part.VALUE)
        return settler.infer(held, depth) if index == 1 else ()
    return ()


def _annotations(
    settler: Settler, node: tree_sitter.Node, scope: Scope, depth: int
) -> list[Expression]:
    """What is declared of a variable or member, or of what a call gives."""
    callee = node.child_by_field_name("function") if node.type == "call" else None
    if callee is not None:
        values = settler.infer(Expression(callee, scope), depth)
        symbols = [one.function for one in values if one.function is not None]
    elif node.type == "await" and node.named_children:
        return _annotations(settler, node.named_children[0], scope, depth)
    else:
        symbols = symbols_of(settler, node, scope, depth)
    return [one.annotation for one in symbols if one.annotation is not None]


def symbols_of(settler: Settler, node: tree_sitter.Node, scope: Scope, depth: int) -> list[Symbol]:
    """The variable or members that an expression names."""
    if node.type == "identifier":
        symbol = settler.symbol_of(Expression(node, scope))
        return [] if symbol is None else [symbol]
    owner, name = node.child_by_field_name("object"), node.child_by_field_name("attribute")
    if node.type != "attribute" or owner is None or name is None:
        return []
    scopes = [one.scope for one in settler.infer(Expression(owner, scope), depth)]
    found = [settler.classes.member(one, settler.binder.text(name)) for one in scopes if one]
    return [one for one in found if one is not None]
