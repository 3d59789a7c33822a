"""What JavaScript's patterns declare or assign: names, and properties that are taken apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.binder import Step, site_of
from engine.edits.symbols import Expression, Scope, Site, SymbolKind
from engine.spans import span

if TYPE_CHECKING:
    from engine.edits.javascript_names import JavaScriptBinder

_SHORTHANDS = frozenset(("shorthand_property_identifier_pattern", "shorthand_property_identifier"))
_OBJECTS = frozenset(("object_pattern", "object"))
_DEFAULTS = frozenset(("assignment_pattern", "object_assignment_pattern", "assignment_expression"))
_WRAPPERS = frozenset(
    """array_pattern array rest_pattern spread_element parenthesized_expression
    non_null_expression as_expression""".split()
)
_SIGNATURES = frozenset(
    """function_type method_signature abstract_method_signature call_signature
    construct_signature constructor_type""".split()
)
"""Functions without a body: what their patterns would declare is used by nobody."""
_NAMES = frozenset(("property_identifier", "private_property_identifier"))


@dataclass(frozen=True, slots=True)
class Declared:
    """What a pattern does with its names: declares them as ``kind`` in ``scope``, or assigns.

    ``value`` and ``annotation`` belong to the pattern as a whole.
    """

    kind: SymbolKind | None
    scope: Scope
    value: Expression | None = None
    annotation: Expression | None = None


def bind_assignment(
    binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope
) -> Iterator[Step]:
    """``a = b``: the names of a pattern on the left are used, its properties named."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    value = None if right is None else Expression(right, scope)
    if left is not None and left.type in ("object_pattern", "array_pattern"):
        yield from bind_pattern(binder, left, scope, Declared(None, scope, value))
    elif left is not None:
        yield left, scope
    yield from () if right is None else ((right, scope),)


def bind_pattern(
    binder: JavaScriptBinder, pattern: tree_sitter.Node, scope: Scope, declared: Declared
) -> Iterator[Step]:
    """Bind the names of a pattern; yields what is left to visit in ``scope``."""
    stack: list[tuple[tree_sitter.Node, Declared]] = [(pattern, declared)]
    while stack:
        node, how = stack.pop()
        if node.type == "identifier" or node.type in _SHORTHANDS:
            _bind_name(binder, node, how, prefix="")
        elif node.type in _OBJECTS:
            yield from _bind_object(binder, node, scope, how, stack)
        elif node.type in _DEFAULTS:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            stack.extend([] if left is None else [(left, how)])
            yield from () if right is None else ((right, scope),)
        elif node.type in _WRAPPERS:
            parts = [(one, _numbered(node, one, how)) for one in node.named_children]
            stack.extend(reversed(parts))
        else:
            yield node, scope


def _bind_name(
    binder: JavaScriptBinder, node: tree_sitter.Node, how: Declared, prefix: str
) -> None:
    place = Site(span(node.start_byte, node.end_byte), how.kind is not None, prefix)
    if how.kind is None:
        binder.use_at(place, binder.text(node), how.scope)
        return
    symbol = binder.declare(node, how.scope, how.kind)
    if prefix:
        symbol.sites[:] = [place if one.span == place.span else one for one in symbol.sites]
    symbol.values.extend([] if how.value is None else [how.value])
    symbol.annotation = symbol.annotation or how.annotation


def _bind_object(
    binder: JavaScriptBinder,
    node: tree_sitter.Node,
    scope: Scope,
    how: Declared,
    stack: list[tuple[tree_sitter.Node, Declared]],
) -> Iterator[Step]:
    """``{a, b: c = 1, ...d}``: each key is a member of what is taken apart."""
    inner = replace(how, value=None, annotation=None)
    owner = how.annotation or how.value
    if owner is None and how.kind is SymbolKind.PARAMETER:
        owner = Expression(node, scope)  # what the function must be may say its type
    for child in node.named_children:
        target = child
        if child.type == "object_assignment_pattern":
            left, right = child.child_by_field_name("left"), child.child_by_field_name("right")
            target = child if left is None else left
            yield from () if right is None else ((right, scope),)
        if target.type in _SHORTHANDS:
            name = binder.text(target)
            is_type = how.scope.node.type in _SIGNATURES
            if not is_type:
                taken = replace(inner, value=_taken(owner, name))
                _bind_name(binder, target, taken, prefix=f"{name}: ")
            if owner is not None:
                place = span(target.start_byte, target.end_byte)
                site = Site(place, suffix="" if is_type else f": {name}")
                binder.note_member(owner, target, site)
        elif target.type in ("pair_pattern", "pair"):
            key, value = target.child_by_field_name("key"), target.child_by_field_name("value")
            if key is not None and key.type in _NAMES and owner is not None:
                binder.note_member(owner, key, site_of(key))
            elif key is not None and key.type not in _NAMES:
                yield key, scope
            is_plain = key is not None and key.type in _NAMES
            given = _taken(owner, binder.text(key)) if key is not None and is_plain else None
            stack.extend([] if value is None else [(value, replace(inner, value=given))])
        else:
            stack.append((child, inner))


def _numbered(pattern: tree_sitter.Node, child: tree_sitter.Node, how: Declared) -> Declared:
    """What a part of ``[a, , b]`` is given."""
    index = sum(one.type == "," for one in pattern.children if one.end_byte <= child.start_byte)
    is_one = pattern.type == "array_pattern" and child.type != "rest_pattern"
    given = _taken(how.annotation or how.value, str(index)) if is_one else None
    return replace(how, value=given, annotation=None)


def _taken(owner: Expression | None, name: str) -> Expression | None:
    """The member that a name of a pattern is given."""
    return None if owner is None else replace(owner, path=(*owner.path, name))
