"""The objects that an annotation of Python allows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.classes import Value
from engine.edits.symbols import Expression, Part, Scope, SymbolKind

if TYPE_CHECKING:
    from engine.edits.python_members import Settler

_MAX_DEPTH = 12
_CONTAINERS = frozenset(
    """list List set Set frozenset FrozenSet Sequence Iterable Iterator Collection Generator
    AsyncIterator AsyncIterable Deque deque MutableSequence AbstractSet tuple Tuple""".split()
)
_TUPLES = frozenset(("tuple", "Tuple"))
_MAPS = frozenset(
    """dict Dict Mapping MutableMapping defaultdict DefaultDict OrderedDict ChainMap""".split()
)
_TRANSPARENT = frozenset(
    """Optional Annotated Final ClassVar Union Awaitable Required NotRequired""".split()
)
_CLASSES = frozenset(("Type", "type"))
_QUOTED = re.compile(
    r"(?:\w+\.)?(?:Optional\[|(?P<class>[Tt]ype\[))?(?P<name>\w+)\]?(?: *\| *None)?"
)
"""A type in quotes that stands for one class."""


def annotated(
    settler: Settler, annotation: Expression, depth: int, part: Part = Part.WHOLE
) -> list[Value]:
    """The objects that an annotation allows, or the elements of its containers."""
    node = annotation.node
    if depth > _MAX_DEPTH:  # a variable of types that is bound to itself
        return []
    while node.type in ("type", "parenthesized_expression") and node.named_children:
        node = node.named_children[0]
    head, arguments = _subscripted(node)
    name = "" if head is None else settler.binder.text(head).rpartition(".")[2]
    if part is Part.VALUE and name in _MAPS and len(arguments) > 1:
        return annotated(settler, replace(annotation, node=arguments[1]), depth + 1)
    is_container = part is Part.ELEMENT and name in _CONTAINERS
    if node.type in ("binary_operator", "union_type") or name in _TRANSPARENT or is_container:
        inner = Part.WHOLE if is_container else part
        return [
            value
            for one in arguments or node.named_children
            for value in annotated(settler, Expression(one, annotation.scope), depth + 1, inner)
        ]
    if part is not Part.WHOLE:
        return []
    if name in _CLASSES and arguments:
        classes = annotated(settler, replace(annotation, node=arguments[0]), depth)
        return [replace(one, is_instance=False) for one in classes]
    if node.type == "string":
        return _named(settler, settler.binder.text(node).strip("\"'"), annotation.scope)
    bound = _bound(settler, head or node, annotation.scope)
    if bound is not None:
        return annotated(settler, bound, depth + 1)
    values = settler.infer(Expression(head or node, annotation.scope), depth)
    return [Value(one.scope, True, one.origin) for one in values if one.function is None]


def result_of(settler: Settler, annotation: Expression) -> Expression | None:
    """What ``Callable[[…], Type]`` gives when it is called."""
    node = annotation.node
    while node.type in ("type", "parenthesized_expression") and node.named_children:
        node = node.named_children[0]
    head, arguments = _subscripted(node)
    is_callable = head is not None and settler.binder.text(head).endswith("Callable")
    return replace(annotation, node=arguments[-1]) if is_callable and arguments else None


def part_of_tuple(settler: Settler, annotation: Expression, index: int) -> Expression | None:
    """The type at a place of ``tuple[A, B]``; None for other types, and for ``tuple[A, ...]``."""
    node = annotation.node
    while node.type in ("type", "parenthesized_expression") and node.named_children:
        node = node.named_children[0]
    head, arguments = _subscripted(node)
    is_tuple = head is not None and settler.binder.text(head).rpartition(".")[2] in _TUPLES
    is_there = is_tuple and index < len(arguments)
    if not is_there or any(settler.binder.text(one) == "..." for one in arguments):
        return None
    return replace(annotation, node=arguments[index])


def _bound(settler: Settler, name: tree_sitter.Node, scope: Scope) -> Expression | None:
    """The type that ``T = TypeVar("T", bound=Type)`` binds a variable of types to."""
    symbol = None if name.type != "identifier" else settler.symbol_of(Expression(name, scope))
    for value in () if symbol is None else symbol.values:
        if value.path:
            continue
        callee = value.node.child_by_field_name("function")
        given = value.node.child_by_field_name("arguments")
        is_variable = callee is not None and settler.binder.text(callee).endswith("TypeVar")
        for one in given.named_children if given is not None and is_variable else ():
            key, bound = one.child_by_field_name("name"), one.child_by_field_name("value")
            if key is not None and bound is not None and settler.binder.text(key) == "bound":
                return Expression(bound, value.scope)
    return None


def _named(settler: Settler, text: str, scope: Scope) -> list[Value]:
    """The objects of a class that is named in quotes."""
    quoted = _QUOTED.fullmatch(text)
    symbol = None if quoted is None else settler.binder.look_up(quoted["name"], scope, 0)
    if quoted is None or symbol is None:
        return []
    if symbol.kind not in (SymbolKind.CLASS, SymbolKind.IMPORT):
        return []
    return [Value(symbol.body, quoted["class"] is None, symbol.origin)]


def _subscripted(node: tree_sitter.Node) -> tuple[tree_sitter.Node | None, list[tree_sitter.Node]]:
    """Head and arguments of ``Head[argument, …]``, in either shape the grammar gives it."""
    parts = node.named_children
    if node.type == "subscript" and len(parts) > 1:
        return parts[0], parts[1:]
    if node.type == "generic_type" and len(parts) > 1:
        return parts[0], parts[1].named_children
    return None, []
