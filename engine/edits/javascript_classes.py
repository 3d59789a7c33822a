"""JavaScript's functions, classes, interfaces, enums and object literals, and their members."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import tree_sitter

from engine.edits.binder import TYPE_SPACE, Step, Use
from engine.edits.javascript_containers import CALLS_BACK, GIVEN_BY_PROMISES
from engine.edits.javascript_patterns import Declared, bind_pattern
from engine.edits.symbols import Expression, Part, Scope, ScopeKind, Site, Symbol, SymbolKind
from engine.spans import span

if TYPE_CHECKING:
    from engine.edits.javascript_names import JavaScriptBinder

_DECLARED = frozenset(
    "function_declaration generator_function_declaration function_signature".split()
)
_METHODS = frozenset("method_definition method_signature abstract_method_signature".split())
_NAMES = frozenset(("property_identifier", "private_property_identifier"))
_MODIFIERS = frozenset(("accessibility_modifier", "readonly", "override_modifier"))


def bind_function(binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """Declare a function or method, and its parameters in a scope of its own."""
    name = node.child_by_field_name("name")
    symbol = None
    if name is not None and node.type in _DECLARED:
        symbol = binder.declare(name, scope, SymbolKind.FUNCTION)
    elif name is not None and node.type in _METHODS:
        symbol = _member_symbol(binder, name, scope)
        if symbol is None:
            yield name, scope
    own = None
    if name is not None and name.type == "identifier" and symbol is None:
        # An expression's own name is seen inside of it, and hidden by what is declared there.
        scope = binder.open(ScopeKind.BLOCK, node, scope)
        own = binder.declare(name, scope, SymbolKind.FUNCTION)
    inner = binder.open(ScopeKind.FUNCTION, node, scope, symbol or own)
    result = node.child_by_field_name("return_type")
    if symbol is not None and result is not None:
        symbol.annotation = Expression(result, inner)
    parameter = node.child_by_field_name("parameter")
    called_with = _elements_given(binder, node, scope)
    if parameter is not None:
        declared = Declared(SymbolKind.PARAMETER, inner, called_with.get(0))
        yield from bind_pattern(binder, parameter, inner, declared)
    parameters = node.child_by_field_name("parameters")
    for index, each in enumerate(parameters.named_children if parameters is not None else ()):
        yield from _parameter(binder, each, inner, called_with.get(index))
    done = {one.id for one in (name, parameter, parameters) if one is not None}
    for child in node.named_children:
        is_body = child.type == "statement_block"
        if child.id not in done:
            yield from ((part, inner) for part in (child.named_children if is_body else [child]))


def _elements_given(
    binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope
) -> dict[int, Expression]:
    """The parameters of a function that are elements: ``items.map((item) => …)``."""
    call = node.parent.parent if node.parent is not None else None
    if node.parent is None or node.parent.type != "arguments" or call is None:
        return {}
    callee = call.child_by_field_name("function")
    owner = None if callee is None else callee.child_by_field_name("object")
    name = None if callee is None else callee.child_by_field_name("property")
    if owner is None or name is None:
        return {}
    if binder.text(name) == GIVEN_BY_PROMISES and call.child_by_field_name("arguments") is not None:
        return {0: Expression(owner, scope, Part.AWAITED)}
    element = Expression(owner, scope, Part.ELEMENT)
    return dict.fromkeys(CALLS_BACK.get(binder.text(name), ()), element)


def _parameter(
    binder: JavaScriptBinder, node: tree_sitter.Node, inner: Scope, value: Expression | None
) -> Iterator[Step]:
    """Declare a parameter; one with ``private`` or the like is a field of the class too."""
    pattern, type_ = node.child_by_field_name("pattern"), node.child_by_field_name("type")
    default = node.child_by_field_name("value")
    target = node if pattern is None else pattern
    annotation = None if type_ is None else Expression(type_, inner)
    declared = Declared(SymbolKind.PARAMETER, inner, value, annotation)
    yield from bind_pattern(binder, target, inner, declared)
    is_field = any(child.type in _MODIFIERS for child in node.children)
    symbol = inner.get(binder.text(target)) if target.type == "identifier" else None
    outer = inner.parent
    if is_field and symbol is not None and outer is not None and outer.kind is ScopeKind.CLASS:
        field = Symbol(symbol.name, SymbolKind.MEMBER, outer, annotation=annotation)
        outer.symbols.setdefault(symbol.name, []).append(field)
        binder.table.symbols.append(field)
        symbol.unite(field)
    if pattern is not None:
        yield from ((part, inner) for part in (type_, default) if part is not None)


def bind_class(binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """Declare a class and open the scope of its members."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    outer = binder.open(ScopeKind.BLOCK, node, scope)
    symbol = None
    if name is not None:
        home = outer if node.type == "class" else scope
        symbol = binder.declare(name, home, SymbolKind.CLASS)
    members = None if body is None else member_scope(binder, node, body, outer, symbol)
    for child in node.named_children:
        if members is not None and body is not None and child.id == body.id:
            yield from ((part, members) for part in child.named_children)
        elif name is None or child.id != name.id:
            yield child, outer


def bind_interface(
    binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope
) -> Iterator[Step]:
    """Declare an interface, or open the scope of an object type's members."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    outer = binder.open(ScopeKind.BLOCK, node, scope) if body is not None else scope
    symbol = None
    if name is not None:
        symbol = binder.declare(name, scope, SymbolKind.TYPE, space=TYPE_SPACE)
    members = member_scope(binder, node, body or node, outer, symbol)
    yield from ((child, members) for child in (body or node).named_children)
    if body is not None:
        done = {body.id, *([] if name is None else [name.id])}
        yield from ((child, outer) for child in node.named_children if child.id not in done)


def member_scope(
    binder: JavaScriptBinder,
    node: tree_sitter.Node,
    body: tree_sitter.Node,
    outer: Scope,
    symbol: Symbol | None,
) -> Scope:
    """The scope of the members of ``node``; declarations of one name share it."""
    inner = binder.open(ScopeKind.CLASS, body, outer)
    inner.owner = symbol
    binder.scope_of[node.id] = inner
    if symbol is not None and symbol.body is not None:
        inner = symbol.body
    elif symbol is not None:
        symbol.body = inner
    for child in node.named_children:
        if child.type in ("class_heritage", "extends_type_clause"):
            inner.bases.extend(Expression(base, outer) for base in _bases(child))
    return inner


def _bases(clause: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    for child in clause.named_children:
        if child.type in ("extends_clause", "implements_clause"):
            yield from _bases(child)
        elif child.type != "type_arguments":
            yield child


def bind_tuple(binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """Open the scope of a tuple type: its members are called by their number."""
    members = binder.open(ScopeKind.CLASS, node, scope)
    for index, child in enumerate(node.named_children):
        type_ = child.child_by_field_name("type") or child
        if child.type == "optional_type" and child.named_children:
            type_ = child.named_children[0]
        annotation = Expression(type_, scope)
        symbol = Symbol(str(index), SymbolKind.MEMBER, members, annotation=annotation)
        members.symbols[symbol.name] = [symbol]
        yield type_, scope


def bind_enum(binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """Declare an enum and its members."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        return
    members = member_scope(binder, node, body, scope, binder.declare(name, scope, SymbolKind.CLASS))
    for child in body.named_children:
        if child.type in _NAMES:
            binder.declare_member(child, members)
        else:
            yield child, members


def bind_field(binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """Declare a field, a property of an interface or of an object literal."""
    name = next(
        (
            found
            for field in ("name", "property", "key")
            if (found := node.child_by_field_name(field)) is not None
        ),
        None,
    )
    symbol = None if name is None else _member_symbol(binder, name, scope)
    type_, value = node.child_by_field_name("type"), node.child_by_field_name("value")
    if symbol is not None and type_ is not None:
        symbol.annotation = Expression(type_, scope)
    if symbol is not None and value is not None:
        symbol.values.append(Expression(value, scope))
    done = None if name is None or symbol is None else name.id
    yield from ((child, scope) for child in node.named_children if child.id != done)


def _member_symbol(binder: JavaScriptBinder, name: tree_sitter.Node, scope: Scope) -> Symbol | None:
    """The member that ``name`` declares; None for a computed one."""
    if scope.kind is not ScopeKind.CLASS:
        return None
    if name.type in _NAMES:
        return binder.declare_member(name, scope)
    if name.type == "string" and len(name.named_children) == 1:
        inside = name.named_children[0]
        if binder.text(inside).isidentifier():
            return binder.declare_member(inside, scope)
    return None


def bind_object(binder: JavaScriptBinder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """Open the scope of an object literal's properties."""
    members = member_scope(binder, node, node, scope, None)
    binder.literals.append(Expression(node, scope))
    for child in node.named_children:
        if child.type == "shorthand_property_identifier":
            name, place = binder.text(child), span(child.start_byte, child.end_byte)
            binder.uses.append(Use(Site(place, prefix=f"{name}: "), name, scope))
            symbol = binder.declare_member(child, members, Site(place, True, suffix=f": {name}"))
            symbol.values.append(Expression(child, scope))
        else:
            yield child, members
