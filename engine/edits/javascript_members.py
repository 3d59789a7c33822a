"""Whose member a property of JavaScript is: inference from types, ``new`` and object literals.

Conservative: an object whose class or type is not plain is not judged, and its members are listed
as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.binder import Member
from engine.edits.classes import ClassIndex, Value
from engine.edits.javascript_containers import GIVES, KEEPS, TRANSPARENT, argument_of
from engine.edits.javascript_context import contextual, parameter_types
from engine.edits.javascript_prototypes import Prototypes
from engine.edits.symbols import Expression, Origin, Part, Scope, ScopeKind, Symbol, SymbolKind

if TYPE_CHECKING:
    from engine.edits.javascript_names import JavaScriptBinder

_MAX_DEPTH = 12
_MAX_VALUES = 6
_FUNCTION_VALUES = frozenset("arrow_function function_expression generator_function".split())
_WRAPPERS = frozenset(
    "parenthesized_expression non_null_expression await_expression type_annotation".split()
)


def settle_members(binder: JavaScriptBinder) -> None:
    """Give every property its symbol, where that is certain."""
    settler = Settler(binder)
    settler.define_members()
    settler.unite_arms()
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
        self._cache: dict[tuple[int, Part], tuple[Value, ...]] = {}

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

    def unite_arms(self) -> None:
        """What the arms of ``{a: 1} | {a: 2}`` share is one property."""
        for arms in self.binder.unions:
            seen: dict[str, Symbol] = {}
            for members in (self.binder.scope_of.get(arm.id) for arm in arms):
                for name, symbols in () if members is None else members.symbols.items():
                    symbols[0].unite(seen.setdefault(name, symbols[0]))

    def unite_literals(self) -> None:
        """A property of an object literal is that of the type which the literal must have."""
        for literal in self.binder.literals:
            members = self.binder.scope_of[literal.node.id]
            for type_ in contextual(self, literal):
                for value in self.of_type(type_, 0, type_.part):
                    self._unite(members, value)

    def _unite(self, members: Scope, value: Value) -> None:
        for name, symbols in members.symbols.items():
            declared = None if value.scope is None else self.classes.member(value.scope, name)
            if declared is not None and symbols:
                symbols[0].unite(declared)

    def settle_member(self, member: Member) -> None:
        """Find out whose member it is; unknown when it is not plain."""
        is_known = False
        for value in self.infer(member.owner):
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
        key = (expression.node.id, expression.part)
        if key in self._cache:
            return self._cache[key]
        if depth > _MAX_DEPTH:
            return ()
        self._cache[key] = ()
        if expression.part is not Part.WHOLE:
            found = self._elements(expression, depth + 1)
        else:
            found = self._whole(expression.node, expression.scope, depth + 1)
        self._cache[key] = tuple(dict.fromkeys(found))[:_MAX_VALUES]
        return self._cache[key]

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
            return self.of_type(Expression(parts[1], scope), depth)
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
        if node.type == "subscript_expression" and node.named_children:
            owner = node.named_children[0]
            held = (Expression(owner, scope, part) for part in (Part.ELEMENT, Part.VALUE))
            return [value for one in held for value in self.infer(one, depth)]
        is_type = node.type.endswith("_type") or node.type == "type_identifier"
        return self.of_type(Expression(node, scope), depth) if is_type else ()

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
            return self.of_type(symbol.annotation, depth)
        found: list[Value] = []
        for value in symbol.values:
            if value.node.type in _FUNCTION_VALUES and value.part is Part.WHOLE:
                symbol.body = self.binder.scope_of.get(value.node.id)
                found.append(Value(function=symbol))
            else:
                found.extend(self.infer(value, depth))
        if symbol.kind is SymbolKind.PARAMETER and not found:
            for type_ in parameter_types(self, symbol, depth):
                found.extend(self.of_type(type_, depth + 1))
        return found

    def _of_member(self, node: tree_sitter.Node, scope: Scope, depth: int) -> list[Value]:
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if owner is None or name is None:
            return []
        made = self.prototypes.of_prototype(node, scope)
        text, found = self.binder.text(name), [] if made is None else [made]
        for value in self.infer(Expression(owner, scope), depth):
            members = value.scope or self.prototypes.owned_by(value.function)
            if members is not None:
                symbol = self.classes.member(members, text)
                found.extend([] if symbol is None else self.of_symbol(symbol, depth + 1))
            elif value.origin is not None and value.origin.name is None:
                found.append(Value(origin=Origin(value.origin.module, text)))
        return found

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
        owner, name = _method(self.binder, node)
        if not found and owner is not None and name in GIVES:
            found.extend(self.infer(Expression(owner, scope, GIVES[name]), depth))
        return found

    def returned(self, function: Symbol, depth: int) -> list[Value]:
        """What a function returns: by its annotation, else by what it returns."""
        if function.body is None:
            return []
        node = function.body.node
        result = node.child_by_field_name("return_type")
        if result is not None:
            return self.of_type(Expression(result, function.body), depth)
        body = node.child_by_field_name("body")
        if body is not None and body.type != "statement_block":
            return list(self.infer(Expression(body, function.body), depth))
        found: list[Value] = []
        stack = [] if body is None else list(body.named_children)
        while stack:
            part = stack.pop()
            if part.type == "return_statement" and part.named_children:
                scope = self.table.scope_at(part.start_byte)
                found.extend(self.infer(Expression(part.named_children[0], scope), depth))
            elif part.type not in _FUNCTION_VALUES and not part.type.startswith("class"):
                stack.extend(part.named_children)
        return found

    def of_type(self, type_: Expression, depth: int, part: Part = Part.WHOLE) -> list[Value]:
        """The objects of a type, or the elements of its containers."""
        node, scope = type_.node, type_.scope
        if depth > _MAX_DEPTH:
            return []
        inner = node.named_children
        if node.type in ("type_annotation", "parenthesized_type", "readonly_type") and inner:
            return self.of_type(Expression(inner[-1], scope), depth + 1, part)
        if node.type in ("union_type", "intersection_type"):
            parts = [Expression(one, scope) for one in inner]
            return [value for one in parts for value in self.of_type(one, depth + 1, part)]
        if node.type in ("array_type", "tuple_type"):
            parts = [Expression(one, scope) for one in inner] if part is not Part.WHOLE else []
            return [value for one in parts for value in self.of_type(one, depth + 1)]
        if node.type == "generic_type" and inner:
            return self._of_generic(node, scope, depth, part)
        if node.type == "lookup_type" and len(inner) > 1:
            return self._of_looked_up(inner[0], inner[1], scope, depth, part)
        if node.type in ("object_type", "object"):
            members = self.binder.scope_of.get(node.id)
            return [Value(members, True)] if members is not None and part is Part.WHOLE else []
        if node.type == "type_query" and inner:
            return list(self.infer(Expression(inner[0], scope), depth))
        if node.type in ("type_identifier", "identifier"):
            return self._of_named(node, scope, depth, part)
        return []

    def _of_looked_up(
        self,
        owner: tree_sitter.Node,
        key: tree_sitter.Node,
        scope: Scope,
        depth: int,
        part: Part,
    ) -> list[Value]:
        """``Owner["name"]``: the type of a property; of any other key, that of an element."""
        name = self.binder.text(key)
        if name[:1] not in ("'", '"'):
            return self.of_type(Expression(owner, scope), depth + 1, Part.ELEMENT)
        found: list[Value] = []
        for value in self.of_type(Expression(owner, scope), depth + 1):
            member = value.scope and self.classes.member(value.scope, name[1:-1])
            if member and member.annotation is not None:
                found.extend(self.of_type(member.annotation, depth + 1, part))
        return found

    def _of_generic(
        self, node: tree_sitter.Node, scope: Scope, depth: int, part: Part
    ) -> list[Value]:
        head = node.named_children[0]
        name = self.binder.text(head)
        arguments = node.named_children[-1].named_children
        held = argument_of(name, part)
        if held is not None and held < len(arguments):
            return self.of_type(Expression(arguments[held], scope), depth + 1)
        if name == "ReturnType" and arguments:
            called = self.infer(Expression(arguments[0], scope), depth + 1)
            functions = [one.function for one in called if one.function is not None]
            found = [value for one in functions for value in self.returned(one, depth + 1)]
            return found if part is Part.WHOLE else []
        if name in TRANSPARENT and arguments:
            return self.of_type(Expression(arguments[0], scope), depth + 1, part)
        return self.of_type(Expression(head, scope), depth + 1, part)

    def _of_named(
        self, node: tree_sitter.Node, scope: Scope, depth: int, part: Part
    ) -> list[Value]:
        symbol = self.binder.look_up(f"type:{self.binder.text(node)}", scope, 0)
        if symbol is None:
            return []
        if symbol.kind is SymbolKind.TYPE and symbol.body is None:
            alias = symbol.annotation
            return [] if alias is None else self.of_type(alias, depth + 1, part)
        if part is not Part.WHOLE:
            return []
        if symbol.body is not None:
            return [Value(symbol.body, True)]
        return [] if symbol.origin is None else [Value(None, True, symbol.origin)]

    def _elements(self, expression: Expression, depth: int) -> Iterable[Value]:
        """What an array, a set, a map or the like holds."""
        node, scope, part = expression.node, expression.scope, expression.part
        if node.type in ("array", "parenthesized_expression", "await_expression"):
            is_array = node.type == "array"
            inner = Part.WHOLE if is_array else part
            parts = [Expression(one, scope, inner) for one in node.named_children]
            return [value for one in parts for value in self.infer(one, depth)]
        owner, name = _method(self.binder, node)
        if owner is not None and name in KEEPS:
            return self.infer(Expression(owner, scope, part), depth)
        if owner is not None and name == "values":
            held = (Expression(owner, scope, one) for one in (Part.VALUE, Part.ELEMENT))
            return [value for one in held for value in self.infer(one, depth)]
        if node.type == "new_expression":
            type_ = self.held_type(node, part)
            return [] if type_ is None else self.of_type(Expression(type_, scope), depth)
        found: list[Value] = []
        for symbol in self.symbols_of(node, scope, depth):
            if symbol.annotation is not None:
                found.extend(self.of_type(symbol.annotation, depth, part))
            for value in () if symbol.annotation is not None else symbol.values:
                whole = Expression(value.node, value.scope, part)
                found.extend(self.infer(whole, depth) if value.part is Part.WHOLE else ())
        return found

    def held_type(self, node: tree_sitter.Node, part: Part) -> tree_sitter.Node | None:
        """The type of what ``new Map<K, V>()`` holds."""
        head = node.child_by_field_name("constructor")
        given = node.child_by_field_name("type_arguments")
        held = None if head is None else argument_of(self.binder.text(head), part)
        if given is None or held is None or held >= given.named_child_count:
            return None
        return given.named_children[held]

    def symbols_of(self, node: tree_sitter.Node, scope: Scope, depth: int) -> list[Symbol]:
        """The variable or members that an expression names; of a call, the function."""
        if node.type in ("identifier", "shorthand_property_identifier"):
            symbol = self.binder.look_up(self.binder.text(node), scope, 0)
            return [] if symbol is None else [symbol]
        if node.type == "call_expression":
            callee = node.child_by_field_name("function")
            values = () if callee is None else self.infer(Expression(callee, scope), depth)
            return [one.function for one in values if one.function is not None]
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if node.type != "member_expression" or owner is None or name is None:
            return []
        owners = [one.scope for one in self.infer(Expression(owner, scope), depth)]
        found = [self.classes.member(one, self.binder.text(name)) for one in owners if one]
        return [one for one in found if one is not None]


def _method(
    binder: JavaScriptBinder, node: tree_sitter.Node
) -> tuple[tree_sitter.Node | None, str]:
    """Owner and name of the method that a call calls."""
    callee = node.child_by_field_name("function") if node.type == "call_expression" else None
    if callee is None or callee.type != "member_expression":
        return None, ""
    name = callee.child_by_field_name("property")
    return callee.child_by_field_name("object"), "" if name is None else binder.text(name)
