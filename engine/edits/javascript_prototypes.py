"""What ``this`` is in JavaScript, and the members of functions: prototypes, and their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.binder import Member
from engine.edits.classes import Value
from engine.edits.symbols import Expression, Scope, ScopeKind, Symbol, SymbolKind

if TYPE_CHECKING:
    from engine.edits.javascript_names import JavaScriptBinder

_PROTOTYPE = "prototype"


class Prototypes:
    """The members of functions: those of what they make, and those of themselves."""

    def __init__(self, binder: JavaScriptBinder) -> None:
        self._binder = binder
        self._made: dict[Symbol, Scope] = {}
        self._own: dict[Symbol, Scope] = {}
        for member in binder.members:
            is_prototype = member.name == _PROTOTYPE or member.site.is_definition
            symbol = self._callable(member.owner) if is_prototype else None
            if symbol is not None and symbol.kind is SymbolKind.FUNCTION:
                kept = self._made if member.name == _PROTOTYPE else self._own
                kept.setdefault(symbol, Scope(ScopeKind.CLASS, member.owner.node))

    def made_by(self, symbol: Symbol) -> Scope | None:
        """The members of what ``new`` makes of a class or of a function with a prototype."""
        return symbol.body if symbol.kind is SymbolKind.CLASS else self._made.get(symbol)

    def owned_by(self, symbol: Symbol | None) -> Scope | None:
        """The members that were put on a function or class itself."""
        if symbol is None:
            return None
        return symbol.body if symbol.kind is SymbolKind.CLASS else self._own.get(symbol)

    def of_prototype(self, node: tree_sitter.Node, scope: Scope) -> Value | None:
        """What ``A.prototype`` stands for."""
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if owner is None or name is None or self._binder.text(name) != _PROTOTYPE:
            return None
        symbol = self._named(Expression(owner, scope))
        members = None if symbol is None else self.made_by(symbol)
        return None if members is None else Value(members, True)

    def this(self, scope: Scope) -> list[Value]:
        """What ``this`` is: of the class, object literal or prototype whose method is around."""
        for one in scope.up():
            if one.kind is ScopeKind.CLASS and one.node.type != "object":
                return [Value(one, True)]
            if one.kind is ScopeKind.FUNCTION and one.node.type != "arrow_function":
                parent, around = one.parent, one.node.parent
                if parent is not None and parent.node.id == one.node.id:
                    parent = parent.parent  # past the name of a function expression
                is_value = around is not None and around.type == "pair"
                is_method = one.node.type == "method_definition" or is_value
                if is_method and parent is not None and parent.kind is ScopeKind.CLASS:
                    return [Value(parent, True)]
                made = self._this_in(one)
                return [] if made is None else [made]
        return []

    def defined(self) -> Iterator[tuple[Member, Scope]]:
        """The members that are put on prototypes and functions, and where they belong."""
        for member in self._binder.members:
            owner = member.owner
            if member.site.is_definition and member.name != _PROTOTYPE:
                made = self.of_prototype(owner.node, owner.scope)
                own = self.owned_by(self._callable(owner))
                scope = own if made is None else made.scope
                if scope is not None:
                    yield member, scope

    def _this_in(self, function: Scope) -> Value | None:
        """What ``this`` is in a constructor function, and in a method put on a prototype."""
        owner, around = function.owner, function.node.parent
        if owner is not None and owner in self._made:
            return Value(self._made[owner], True)
        if around is None or around.type != "assignment_expression":
            return None
        left = around.child_by_field_name("left")
        on = None if left is None else left.child_by_field_name("object")
        return None if on is None else self.of_prototype(on, function)

    def _named(self, owner: Expression) -> Symbol | None:
        if owner.node.type != "identifier":
            return None
        return self._binder.look_up(self._binder.text(owner.node), owner.scope, 0)

    def _callable(self, owner: Expression) -> Symbol | None:
        """The function or class that an expression names."""
        symbol = self._named(owner)
        is_callable = symbol is not None and symbol.kind in (SymbolKind.FUNCTION, SymbolKind.CLASS)
        return symbol if is_callable else None
