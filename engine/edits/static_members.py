"""Which class an expression's value has, from declared types; for finding whose a member is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.classes import Value
from engine.edits.symbols import Expression, Part, Scope, ScopeKind, Symbol, SymbolKind

if TYPE_CHECKING:
    from engine.edits.static_names import StaticBinder

_MAX_DEPTH = 12


class StaticInference:
    """Infers classes by declared types alone."""

    def __init__(self, binder: StaticBinder) -> None:
        self._binder = binder
        self._cache: dict[tuple[int, Part], tuple[Value, ...]] = {}

    def infer(self, expression: Expression, depth: int = 0) -> tuple[Value, ...]:
        """What an expression may stand for; nothing when that is not plain."""
        key = (expression.node.id, expression.part)
        if key in self._cache:
            return self._cache[key]
        if depth > _MAX_DEPTH:
            return ()
        self._cache[key] = ()
        if expression.part is Part.ELEMENT:
            found = self._elements(expression, depth + 1)
        else:
            found = self._whole(expression.node, expression.scope, depth + 1)
        self._cache[key] = tuple(dict.fromkeys(found))
        return self._cache[key]

    def _whole(self, node: tree_sitter.Node, scope: Scope, depth: int) -> Iterable[Value]:
        rules = self._binder.rules
        if node.type in rules.receivers or self._binder.text(node) in ("self", "Self"):
            return self._receiver(scope)
        if node.type in rules.names or node.type == "namespace_identifier":
            symbol = self._symbol(node, scope)
            return () if symbol is None else self._of_symbol(symbol, depth)
        if node.type in rules.members or node.type in ("scoped_identifier", "qualified_identifier"):
            return self._of_member(node, scope, depth)
        if node.type in rules.callers:
            callee = node.child_by_field_name("function")
            return () if callee is None else self._of_call(callee, scope, depth)
        if node.type in rules.constructions:
            made = node.child_by_field_name("type") or node.child_by_field_name("name")
            return () if made is None else self._annotated(Expression(made, scope), depth)
        if node.type in ("index_expression", "subscript_expression", "array_access"):
            inside = Expression(node.named_children[0], scope, Part.ELEMENT)
            return self.infer(inside, depth)
        if node.type in rules.transparent and node.named_children:
            return self.infer(Expression(node.named_children[-1], scope), depth)
        return ()

    def _receiver(self, scope: Scope) -> Iterable[Value]:
        around = next((one for one in scope.up() if one.kind is ScopeKind.CLASS), None)
        return () if around is None else (Value(around, True),)

    def _of_symbol(self, symbol: Symbol, depth: int) -> list[Value]:
        if symbol.kind in (SymbolKind.CLASS, SymbolKind.MODULE):
            return [] if symbol.body is None else [Value(symbol.body)]
        if symbol.kind is SymbolKind.FUNCTION:
            return [Value(function=symbol)]
        if symbol.annotation is not None:
            return self._annotated(symbol.annotation, depth)
        return [one for value in symbol.values for one in self.infer(value, depth)]

    def _of_member(self, node: tree_sitter.Node, scope: Scope, depth: int) -> Iterable[Value]:
        owner_field, name_field = self._binder.rules.members.get(node.type, ("path", "name"))
        owner = node.child_by_field_name(owner_field) or node.child_by_field_name("scope")
        name = node.child_by_field_name(name_field)
        if name is None:
            return ()
        is_call = node.type == "method_invocation"
        text = ("()" if is_call else "") + self._binder.text(name)
        if owner is None:
            symbol = self._binder.look_up(text, scope, node.start_byte)
            found = [] if symbol is None else [symbol]
        else:
            owners = [one.scope for one in self.infer(Expression(owner, scope), depth)]
            members = [self._binder.classes.member(one, text) for one in owners if one is not None]
            found = [member for member in members if member is not None]
        values = [one for symbol in found for one in self._of_symbol(symbol, depth)]
        return self._results(values, depth) if is_call else values

    def _of_call(self, callee: tree_sitter.Node, scope: Scope, depth: int) -> Iterable[Value]:
        return self._results(self.infer(Expression(callee, scope), depth), depth)

    def _results(self, values: Iterable[Value], depth: int) -> list[Value]:
        found: list[Value] = []
        for value in values:
            if value.function is not None and value.function.annotation is not None:
                found.extend(self._annotated(value.function.annotation, depth))
            elif value.scope is not None and not value.is_instance:
                found.append(Value(value.scope, True))
        return found

    def _annotated(self, annotation: Expression, depth: int) -> list[Value]:
        """The objects of a declared type."""
        node = annotation.node
        while node.type in _HEADED and node.named_children:
            head = node.child_by_field_name("type") or node.child_by_field_name("name")
            is_first = node.type in ("generic_type", "template_type", "type_descriptor")
            node = head or node.named_children[0 if is_first else -1]
        values = self.infer(Expression(node, annotation.scope), depth)
        return [Value(one.scope, True) for one in values if one.scope is not None]

    def _elements(self, expression: Expression, depth: int) -> Iterable[Value]:
        """What an array or a generic container of one class holds."""
        node = expression.node
        symbol = self._symbol(node, expression.scope) if not node.named_children else None
        if symbol is None or symbol.annotation is None:
            return ()
        declared = symbol.annotation.node
        arguments = declared.child_by_field_name("type_arguments") or next(
            (child for child in declared.named_children if child.type == "type_arguments"), None
        )
        if arguments is not None:
            inner = arguments.named_children[-1:] if arguments.named_child_count < 3 else []
        else:
            element = declared.child_by_field_name("element")
            inner = [element] if element is not None else []
        scope = symbol.annotation.scope
        return [one for part in inner for one in self._annotated(Expression(part, scope), depth)]

    def _symbol(self, node: tree_sitter.Node, scope: Scope) -> Symbol | None:
        name = self._binder.space_of(node) + self._binder.text(node)
        return self._binder.look_up(name, scope, node.start_byte)


_HEADED = frozenset(
    """pointer_type reference_type generic_type template_type type_descriptor struct_specifier
    parenthesized_type""".split()
)
