"""Whose member a property of JavaScript is: inference from types, ``new`` and object literals.

Conservative: an object whose class or type is not plain is not judged, and its members are listed
as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.binder import Member
from engine.edits.classes import ClassIndex, Value
from engine.edits.javascript_containers import GIVES
from engine.edits.javascript_context import contextual, parameter_types, results
from engine.edits.javascript_elements import elements, expressions_returned, method_of
from engine.edits.javascript_narrowing import (
    arms_of_literal,
    is_literal_type,
    names_asked,
    narrowed,
)
from engine.edits.javascript_prototypes import Prototypes
from engine.edits.javascript_types import is_type, of_type
from engine.edits.symbols import Expression, Origin, Part, Scope, ScopeKind, Symbol, SymbolKind

if TYPE_CHECKING:
    from engine.edits.javascript_names import JavaScriptBinder

_MAX_DEPTH = 12
_MAX_VALUES = 64
_FUNCTION_VALUES = frozenset("arrow_function function_expression generator_function".split())
_WRAPPERS = frozenset(
    """parenthesized_expression non_null_expression await_expression type_annotation
    instantiation_expression""".split()
)


def settle_members(binder: JavaScriptBinder) -> None:
    """Give every property its symbol, where that is certain."""
    settler = Settler(binder)
    settler.define_members()
    settler.unite_discriminants()
    settler.unite_literals()
    settler.classes.unite_overrides()
    for member in binder.members:
        settler.settle_member(member)


class Settler:
    """Infers what expressions stand for, and settles members by it."""

    def __init__(self, binder: JavaScriptBinder) -> None:
        self.binder = binder
        self.table = binder.table
        self.classes = ClassIndex(self.table, self.infer)
        self.prototypes = Prototypes(binder)
        self._cache: dict[tuple[int, Part, tuple[str, ...]], tuple[Value, ...]] = {}
        self.asked = names_asked(binder.data)
        self.types: dict[tuple[int, Part], list[Value]] = {}
        """What types allow, by their nodes."""

    def define_members(self) -> None:
        """``this.x = …`` declares a field of a class that has none of that name."""
        found = list(self.prototypes.defined())
        for member in self.binder.members:
            if member.site.is_definition and member.owner.node.type == "this":
                found += [
                    (member, one.scope)
                    for one in self.prototypes.this(member.owner.scope)
                    if one.scope
                ]
        for member, scope in found:
            if self.classes.member(scope, member.name) is None:
                symbol = Symbol(member.name, SymbolKind.MEMBER, scope)
                symbol.values.extend([] if member.value is None else [member.value])
                scope.symbols[member.name] = [symbol]
                self.table.symbols.append(symbol)
        self._cache.clear()
        self.types.clear()

    def unite_discriminants(self) -> None:
        """What tells the arms of ``{ok: true} | {ok: false}`` apart is one property."""
        for arms in self.binder.unions:
            seen: dict[str, Symbol] = {}
            for members in (self.binder.scope_of.get(arm.id) for arm in arms):
                for name, symbols in () if members is None else members.symbols.items():
                    if is_literal_type(self, symbols[0].annotation):
                        symbols[0].unite(seen.setdefault(name, symbols[0]))

    def unite_literals(self) -> None:
        """A property of an object literal is that of the type which the literal must have."""
        for literal in self.binder.literals:
            members = self.binder.scope_of[literal.node.id]
            types = contextual(self, literal)
            values = [value for one in types for value in of_type(self, one, 0, one.part)]
            for value in arms_of_literal(self, literal, values):
                self._unite(members, value)

    def _unite(self, members: Scope, value: Value) -> None:
        for name, symbols in members.symbols.items():
            declared = None if value.scope is None else self.classes.member(value.scope, name)
            if declared is not None and symbols:
                symbols[0].unite(declared)

    def settle_member(self, member: Member) -> None:
        """Find out whose member it is; unknown when it is not plain."""
        is_known = False
        for value in self._owners(member.owner):
            is_known = self._settle_for(value, member) or is_known
        if not is_known and member.site.span.start not in self.table.at:
            self.table.unknown.setdefault(member.name, []).append(member.site)

    def _settle_for(self, value: Value, member: Member) -> bool:
        outer: list[Origin] = []
        scope = value.scope or self.prototypes.owned_by(value.function)
        if value.origin is not None:
            outer = [value.origin]
        elif scope is not None:
            symbol = self.classes.member(scope, member.name) or self.classes.member(
                scope, f"type:{member.name}"
            )
            if symbol is not None:
                self.table.place_one(symbol, member.site)
                return True
            outer = self.classes.outer_bases(scope)
        self.table.outer_members.extend((origin, member.name, member.site) for origin in outer)
        return bool(outer)

    def infer(self, expression: Expression, depth: int = 0) -> tuple[Value, ...]:
        """What an expression, or a type, may stand for; nothing when that is not plain."""
        key = (expression.node.id, expression.part, expression.path)
        if key in self._cache:
            return self._cache[key]
        if depth > _MAX_DEPTH:
            return ()
        self._cache[key] = ()
        found = self._inferred(expression, depth)
        self._cache[key] = tuple(dict.fromkeys(found))[:_MAX_VALUES]
        return self._cache[key]

    def _inferred(self, expression: Expression, depth: int) -> Iterable[Value]:
        if expression.path:
            owner, name = replace(expression, path=expression.path[:-1]), expression.path[-1]
            found = self._below(self._owners(owner, depth), name, depth)
            return found or (self._numbered(owner, int(name), depth) if name.isdigit() else [])
        if expression.part is Part.AWAITED:
            return self._awaited(expression, depth)
        if expression.part is not Part.WHOLE:
            return elements(self, expression, depth + 1)
        return self._whole(expression.node, expression.scope, depth + 1)

    def _whole(self, node: tree_sitter.Node, scope: Scope, depth: int) -> Iterable[Value]:
        parts = node.named_children
        if node.type in ("identifier", "shorthand_property_identifier"):
            symbol = self.binder.look_up(self.binder.text(node), scope, 0)
            return () if symbol is None else self.of_symbol(symbol, depth)
        if node.type == "this":
            return self.prototypes.this(scope)
        if node.type == "member_expression":
            return self._of_member(node, scope, depth)
        if node.type in ("call_expression", "new_expression"):
            return self._of_call(node, scope, depth)
        if node.type in ("as_expression", "satisfies_expression") and parts:
            if len(parts) == 1:  # as const
                return self.infer(Expression(parts[0], scope), depth)
            return of_type(self, Expression(parts[1], scope), depth)
        if node.type == "object" or node.type == "class":
            members = self.binder.scope_of.get(node.id)
            return () if members is None else (Value(members, node.type == "object"),)
        if node.type in ("ternary_expression", "binary_expression") and len(parts) > 1:
            ends = parts[-2:] if node.type == "ternary_expression" else parts
            return [value for one in ends for value in self.infer(Expression(one, scope), depth)]
        if node.type in _WRAPPERS and parts:
            return self.infer(Expression(parts[0], scope), depth)
        return self._of_rest(node, scope, depth)

    def _of_rest(self, node: tree_sitter.Node, scope: Scope, depth: int) -> Iterable[Value]:
        if node.type == "super":
            return self._super(scope)
        if node.type == "assignment_expression":
            return self.infer(Expression(node.named_children[-1], scope), depth)
        if node.type == "subscript_expression" and node.named_children:
            owner, key = node.named_children[0], self.binder.text(node.named_children[-1])
            owners = self.infer(Expression(owner, scope), depth)
            is_named = key[:1] in ("'", '"') or key.isdigit()
            named = self._below(owners, key.strip("'\""), depth) if is_named else []
            held = (Expression(owner, scope, part) for part in (Part.ELEMENT, Part.VALUE))
            return named or [value for one in held for value in self.infer(one, depth)]
        if node.type == "object_pattern":
            types = parameter_types(self, node.start_byte, scope, depth)
            return [value for one in types for value in of_type(self, one, depth + 1, one.part)]
        return of_type(self, Expression(node, scope), depth) if is_type(node) else ()

    def _super(self, scope: Scope) -> list[Value]:
        around = next((one for one in scope.up() if one.kind is ScopeKind.CLASS), None)
        if around is None:
            return []
        scopes, origins = self.classes.bases(around)
        return [*(Value(one, True) for one in scopes), *(Value(None, True, one) for one in origins)]

    def of_symbol(self, symbol: Symbol, depth: int) -> list[Value]:
        """What a name stands for."""
        if depth > _MAX_DEPTH:
            return []
        if symbol.kind is SymbolKind.CLASS:
            return [] if symbol.body is None else [Value(symbol.body)]
        if symbol.kind is SymbolKind.FUNCTION or (symbol.body and symbol.kind is SymbolKind.MEMBER):
            is_getter = symbol.body is not None and any(
                child.type == "get" for child in symbol.body.node.children
            )
            return self.returned(symbol, depth) if is_getter else [Value(function=symbol)]
        if symbol.origin is not None:
            return [Value(origin=symbol.origin)]
        if symbol.annotation is not None:
            return of_type(self, symbol.annotation, depth)
        found: list[Value] = []
        for value in symbol.values:
            is_plain = value.part is Part.WHOLE and not value.path
            if value.node.type in _FUNCTION_VALUES and is_plain:
                symbol.body = self.binder.scope_of.get(value.node.id)
                found.append(Value(function=symbol))
            else:
                found.extend(self.infer(value, depth))
        if symbol.kind is SymbolKind.PARAMETER and symbol.sites and not found:
            start = symbol.sites[0].span.start
            for type_ in parameter_types(self, start, symbol.scope, depth):
                found.extend(of_type(self, type_, depth + 1, type_.part))
        return found

    def _of_member(self, node: tree_sitter.Node, scope: Scope, depth: int) -> list[Value]:
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if owner is None or name is None:
            return []
        if self.binder.text(node) == "module.exports":
            return [value for one in self._exported() for value in self.infer(one, depth)]
        made = self.prototypes.of_prototype(node, scope)
        owners = self._owners(Expression(owner, scope), depth)
        found = self._below(owners, self.binder.text(name), depth)
        return found if made is None else [made, *found]

    def _exported(self) -> Iterator[Expression]:
        """What is assigned to ``module.exports``."""
        for one in self.binder.members:
            is_it = one.name == "exports" and self.binder.text(one.owner.node) == "module"
            if is_it and one.value is not None:
                yield one.value

    def _owners(self, owner: Expression, depth: int = 0) -> Sequence[Value]:
        """What the owner of a member may be, after the conditions around it."""
        return narrowed(self, owner, self.infer(owner, depth))

    def _below(self, owners: Iterable[Value], name: str, depth: int) -> list[Value]:
        """What a member of each of the owners stands for."""
        found: list[Value] = []
        for value in owners:
            members = value.scope or self.prototypes.owned_by(value.function)
            if members is not None:
                symbol = self.classes.member(members, name)
                found.extend([] if symbol is None else self.of_symbol(symbol, depth + 1))
            elif value.origin is not None and value.origin.name is None:
                found.append(Value(origin=Origin(value.origin.module, name)))
        return found

    def _numbered(self, owner: Expression, index: int, depth: int) -> Iterable[Value]:
        """What a pattern takes from something else than a tuple: an element, a map's value."""
        if owner.path:
            return ()
        if owner.part is Part.ELEMENT:
            return self.infer(replace(owner, part=Part.VALUE), depth) if index == 1 else ()
        listed = owner.node.named_children
        if owner.node.type != "array":
            return self.infer(replace(owner, part=Part.ELEMENT), depth)
        is_there = index < len(listed) and listed[index].type != "spread_element"
        return self.infer(Expression(listed[index], owner.scope), depth) if is_there else ()

    def _awaited(self, expression: Expression, depth: int) -> Iterator[Value]:
        """What a promise gives; of a class with a method ``then`` nothing is known."""
        for value in self.infer(Expression(expression.node, expression.scope), depth):
            if value.scope is None or self.classes.member(value.scope, "then") is None:
                yield value

    def _of_call(self, node: tree_sitter.Node, scope: Scope, depth: int) -> list[Value]:
        is_new = node.type == "new_expression"
        callee = node.child_by_field_name("constructor" if is_new else "function")
        if callee is None:
            return []
        found: list[Value] = []
        for value in self.infer(Expression(callee, scope), depth):
            if is_new and not value.is_instance:
                made = value.function and self.prototypes.made_by(value.function)
                found.append(Value(made or value.scope, True, value.origin))
            elif value.function is not None:
                found.extend(self.returned(value.function, depth))
        if not found:
            found.extend(results(self, Expression(callee, scope), depth))
        owner, name = method_of(self.binder, node)
        if not found and owner is not None and name in GIVES:
            found.extend(self.infer(Expression(owner, scope, GIVES[name]), depth))
        return found

    def returned(self, function: Symbol, depth: int, part: Part = Part.WHOLE) -> list[Value]:
        """What a function returns: by its annotation, else by what it returns."""
        return [] if function.body is None else self.returned_by(function.body, depth, part)

    def returned_by(self, function: Scope, depth: int, part: Part = Part.WHOLE) -> list[Value]:
        """The same for the function that opens a scope."""
        result = function.node.child_by_field_name("return_type")
        if result is not None:
            return of_type(self, Expression(result, function), depth, part)
        found: list[Value] = []
        for node in expressions_returned(function):
            scope = self.table.scope_at(node.start_byte)
            found.extend(self.infer(Expression(node, scope, part), depth))
        return found

    def symbols_of(self, node: tree_sitter.Node, scope: Scope, depth: int) -> list[Symbol]:
        """The variable or members that an expression names; of a call, the function."""
        if node.type in ("identifier", "shorthand_property_identifier"):
            symbol = self.binder.look_up(self.binder.text(node), scope, 0)
            return [] if symbol is None else self._sources(symbol, depth) or [symbol]
        if node.type == "call_expression":
            callee = node.child_by_field_name("function")
            values = () if callee is None else self.infer(Expression(callee, scope), depth)
            return [one.function for one in values if one.function is not None]
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if node.type != "member_expression" or owner is None or name is None:
            return []
        return self._members(Expression(owner, scope), self.binder.text(name), depth)

    def _sources(self, symbol: Symbol, depth: int) -> list[Symbol]:
        """What a variable is another name of: the members that it is given or taken from."""
        found: list[Symbol] = []
        for one in symbol.values if symbol.annotation is None and depth < _MAX_DEPTH else ():
            if one.path:
                owner = replace(one, path=one.path[:-1])
                found.extend(self._members(owner, one.path[-1], depth + 1))
            elif one.node.type == "member_expression" and one.part is Part.WHOLE:
                found.extend(self.symbols_of(one.node, one.scope, depth + 1))
        return found

    def _members(self, owner: Expression, name: str, depth: int) -> list[Symbol]:
        scopes = [one.scope for one in self._owners(owner, depth) if one.scope is not None]
        found = [self.classes.member(one, name) for one in scopes]
        return [one for one in found if one is not None]
