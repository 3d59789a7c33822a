"""Whose member an attribute of Python is: a small inference of classes, then look-up.

Conservative: an object whose class is not plain from assignments, annotations and calls is not
judged, and its members are listed as unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.binder import Keyword, Member
from engine.edits.classes import ClassIndex, Value
from engine.edits.python_elements import elements, numbered, symbols_of
from engine.edits.python_narrowing import classes_asked, names_asked
from engine.edits.python_types import annotated, result_of
from engine.edits.symbols import Expression, Origin, Part, Scope, ScopeKind, Symbol, SymbolKind

if TYPE_CHECKING:
    from engine.edits.python_names import PythonBinder

_MAX_DEPTH = 12
_MAX_VALUES = 4


def settle_members(binder: PythonBinder) -> None:
    """Give every attribute and keyword argument its symbol, where that is certain."""
    settler = Settler(binder)
    settler.define_members()
    settler.classes.unite_overrides()
    for member in binder.members:
        settler.settle_member(member)
    for keyword in binder.keywords:
        settler.settle_keyword(keyword)


class Settler:
    """Infers what expressions stand for, and settles members by it."""

    def __init__(self, binder: PythonBinder) -> None:
        self.binder = binder
        self.table = binder.table
        self.classes = ClassIndex(self.table, self.infer)
        self._asked = names_asked(binder.data)
        self._cache: dict[tuple[int, Part, tuple[str, ...]], tuple[Value, ...]] = {}

    def define_members(self) -> None:
        """Members that methods give to ``self``, and others to a class of this file."""
        for member in self.binder.members:
            if not member.site.is_definition:
                continue
            for value in self._receiver(member.owner):
                self._define(value, member)
        self._cache.clear()

    def _receiver(self, owner: Expression) -> Iterable[Value]:
        """The class of ``self``, ``cls`` or a class's own name: all that can define a member."""
        if owner.node.type != "identifier":
            return ()
        symbol = self.symbol_of(owner)
        if symbol is None:
            return ()
        if symbol in self.binder.receivers:
            return (Value(self.binder.receivers[symbol][0], True),)
        is_class = symbol.kind is SymbolKind.CLASS and symbol.body is not None
        return (Value(symbol.body),) if is_class else ()

    def _define(self, value: Value, member: Member) -> None:
        scope = value.scope
        if scope is None:
            return
        symbol = self.classes.member(scope, member.name)
        if symbol is None:
            symbol = Symbol(member.name, SymbolKind.MEMBER, scope)
            scope.symbols[member.name] = [symbol]
            self.table.symbols.append(symbol)
        self.table.place(symbol, member.site)
        if member.value is not None:
            symbol.values.append(member.value)
        symbol.annotation = symbol.annotation or member.annotation

    def settle_member(self, member: Member) -> None:
        """Find out whose member it is; unknown when it is not plain."""
        if member.site.span.start in self.table.at:
            return
        is_known = False
        for value in self.infer(member.owner):
            is_known = self._settle_for(value, member) or is_known
        if not is_known:
            self.table.unknown.setdefault(member.name, []).append(member.site)

    def _settle_for(self, value: Value, member: Member) -> bool:
        """Whether the member belongs to ``value`` for certain."""
        outer: list[Origin] = []
        if value.origin is not None:
            outer = [value.origin]
        elif value.scope is not None:
            symbol = self.classes.member(value.scope, member.name)
            if symbol is not None:
                self.table.place_one(symbol, member.site)
                return True
            outer = self.classes.outer_bases(value.scope)
        self.table.outer_members.extend((origin, member.name, member.site) for origin in outer)
        return bool(outer)

    def settle_keyword(self, keyword: Keyword) -> None:
        """Find the parameter, or the field of a class without a constructor of its own."""
        for value in self.infer(keyword.callee):
            if value.origin is not None and not value.is_instance:
                outer = (value.origin, keyword.name, keyword.site)
                self.table.outer_keywords.append(outer)
            elif value.function is not None:
                self._settle_parameter(value.function, keyword)
            elif value.scope is not None and not value.is_instance:
                constructor = self._constructor(value.scope)
                if constructor is not None:
                    self._settle_parameter(constructor, keyword)
                else:
                    self._settle_field(value.scope, keyword)

    def _constructor(self, scope: Scope) -> Symbol | None:
        return self.classes.member(scope, "__init__") or self.classes.member(scope, "__new__")

    def _settle_field(self, scope: Scope, keyword: Keyword) -> None:
        field = self.classes.member(scope, keyword.name)
        if field is not None:
            self.table.place(field, keyword.site)

    def _settle_parameter(self, function: Symbol, keyword: Keyword) -> None:
        parameter = None if function.body is None else function.body.get(keyword.name)
        if parameter is not None and parameter.kind is SymbolKind.PARAMETER:
            self.table.place(parameter, keyword.site)

    def infer(self, expression: Expression, depth: int = 0) -> tuple[Value, ...]:
        """What an expression may stand for; nothing when that is not plain."""
        key = (expression.node.id, expression.part, expression.path)
        if key in self._cache:
            return self._cache[key]
        if depth > _MAX_DEPTH:
            return ()
        self._cache[key] = ()  # an expression that depends on itself ends here
        if expression.path:
            whole = replace(expression, path=expression.path[:-1])
            found = numbered(self, whole, int(expression.path[-1]), depth + 1)
        elif expression.part is Part.WHOLE:
            found = self._narrowed(expression, depth + 1)
        elif expression.part is Part.ENTERED:
            found = self._entered(expression, depth + 1)
        else:
            found = elements(self, expression, depth + 1)
        distinct = tuple(dict.fromkeys(found))[:_MAX_VALUES]
        self._cache[key] = distinct
        return distinct

    def _narrowed(self, expression: Expression, depth: int) -> Iterable[Value]:
        """What an expression may stand for, by what ``isinstance`` has said of it too."""
        node, scope = expression.node, expression.scope
        found = list(self._whole(node, scope, depth))
        is_name = node.type in ("identifier", "attribute")
        if not is_name or self.binder.text(node) not in self._asked:
            return found
        asked = [
            Value(one.scope, True, one.origin)
            for each in classes_asked(self.binder, node, scope)
            for one in self.infer(each, depth)
            if one.function is None and not one.is_instance
        ]
        lines = [list(self.classes.lineage(one.scope)) for one in found if one.scope is not None]
        is_less = any(one.scope in line for one in asked for line in lines)
        return found if is_less or not asked else asked

    def _whole(self, node: tree_sitter.Node, scope: Scope, depth: int) -> Iterable[Value]:
        parts = node.named_children
        if node.type == "identifier":
            before = node.prev_named_sibling
            if before is not None and node.parent is not None and node.parent.type == "dotted_name":
                return self._of_attribute(before, node, scope, depth)
            symbol = self.symbol_of(Expression(node, scope))
            return () if symbol is None else self.of_symbol(symbol, depth)
        if node.type == "attribute":
            owner = node.child_by_field_name("object")
            name = node.child_by_field_name("attribute")
            return (
                []
                if owner is None or name is None
                else self._of_attribute(owner, name, scope, depth)
            )
        if node.type == "call":
            return self._of_call(node, scope, depth)
        if node.type == "subscript" and len(parts) == 2 and parts[1].type != "slice":
            held = (Expression(parts[0], scope, one) for one in (Part.ELEMENT, Part.VALUE))
            found = dict.fromkeys(value for one in held for value in self.infer(one, depth))
            # Which of several things stands at a place that is written is not looked up.
            is_one = len(found) == 1 or parts[1].type not in ("integer", "string")
            return list(found) if is_one else ()
        if node.type in ("parenthesized_expression", "await", "type") and parts:
            return self.infer(Expression(parts[0], scope), depth)
        if node.type in ("conditional_expression", "boolean_operator") and len(parts) > 1:
            ends = (parts[0], parts[-1])
            return [one for part in ends for one in self.infer(Expression(part, scope), depth)]
        return ()

    def of_symbol(self, symbol: Symbol, depth: int) -> list[Value]:
        """What a name stands for."""
        if symbol in self.binder.receivers:
            scope, is_instance = self.binder.receivers[symbol]
            return [Value(scope, is_instance)]
        if symbol.kind is SymbolKind.CLASS:
            return [Value(symbol.body)]
        if symbol.kind is SymbolKind.FUNCTION:
            return self._of_function(symbol, depth)
        if symbol.origin is not None:
            return [Value(origin=symbol.origin)]
        if symbol.annotation is not None:
            return annotated(self, symbol.annotation, depth)
        return [one for value in symbol.values for one in self.infer(value, depth)]

    def _of_function(self, symbol: Symbol, depth: int) -> list[Value]:
        """A function; a property stands for what it returns."""
        node = None if symbol.body is None else symbol.body.node.parent
        is_property = node is not None and node.type == "decorated_definition" and any(
            "property" in self.binder.text(child)
            for child in node.named_children
            if child.type == "decorator"
        )  # fmt: skip
        return self._returned(symbol, depth) if is_property else [Value(function=symbol)]

    def _of_attribute(
        self, owner: tree_sitter.Node, name: tree_sitter.Node, scope: Scope, depth: int
    ) -> list[Value]:
        text = self.binder.text(name)
        found: list[Value] = []
        for value in self.infer(Expression(owner, scope), depth):
            if value.scope is not None:
                symbol = self.classes.member(value.scope, text)
                found.extend([] if symbol is None else self.of_symbol(symbol, depth))
            elif value.origin is not None and not value.is_instance:
                found.append(Value(origin=_member_origin(value.origin, text)))
        return found

    def _of_call(self, node: tree_sitter.Node, scope: Scope, depth: int) -> Iterable[Value]:
        callee = node.child_by_field_name("function")
        if callee is None:
            return ()
        written, given = self.binder.text(callee), node.child_by_field_name("arguments")
        if written == "super":
            return self._of_super(scope)
        if written.rpartition(".")[2] == "cast" and given is not None and given.named_children:
            return annotated(self, Expression(given.named_children[0], scope), depth)
        found: list[Value] = []
        for value in self.infer(Expression(callee, scope), depth):
            if value.function is not None:
                found.extend(self._returned(value.function, depth))
            elif not value.is_instance:
                is_class = value.origin is None or (value.origin.name or "a")[:1].isupper()
                found.extend([Value(value.scope, True, value.origin)] if is_class else [])
        for symbol in symbols_of(self, callee, scope, depth) if not found else ():
            result = None if symbol.annotation is None else result_of(self, symbol.annotation)
            found.extend([] if result is None else annotated(self, result, depth))
        return found

    def _of_super(self, scope: Scope) -> list[Value]:
        """The bases of the class around."""
        around = next((one for one in scope.up() if one.kind is ScopeKind.CLASS), None)
        if around is None:
            return []
        scopes, origins = self.classes.bases(around)
        return [
            *(Value(one, True) for one in scopes),
            *(Value(origin=one, is_instance=True) for one in origins),
        ]

    def _returned(self, function: Symbol, depth: int) -> list[Value]:
        if function.annotation is not None:
            return annotated(self, function.annotation, depth)
        if function.body is None:
            return []
        found: list[Value] = []
        stack = [function.body.node.child_by_field_name("body")]
        while stack:
            node = stack.pop()
            if node is None or node.type in ("function_definition", "class_definition", "lambda"):
                continue
            if node.type == "return_statement" and node.named_children:
                result = Expression(node.named_children[0], function.body)
                found.extend(self.infer(result, depth))
            stack.extend(node.named_children)
        return found

    def _entered(self, expression: Expression, depth: int) -> Iterable[Value]:
        """What ``with`` gives: what ``__enter__`` returns."""
        found: list[Value] = []
        for value in self.infer(Expression(expression.node, expression.scope), depth):
            if value.scope is None:
                continue
            enter = self.classes.member(value.scope, "__enter__") or self.classes.member(
                value.scope, "__aenter__"
            )
            found.extend([] if enter is None else self._returned(enter, depth) or [value])
        return found

    def symbol_of(self, name: Expression) -> Symbol | None:
        """What a name stands for."""
        return self.binder.look_up(self.binder.text(name.node), name.scope, name.node.start_byte)


def _member_origin(owner: Origin, name: str) -> Origin:
    """The member of an imported module; what is imported by name may be a module too."""
    parts = [part for part in (owner.module, owner.name) if part]
    return Origin(".".join(parts), name, owner.level)
