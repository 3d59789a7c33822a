"""Functions of Python: their parameters, what ``self`` is, where ``global`` sends a name."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import tree_sitter

from engine.edits.binder import Binder, Step
from engine.edits.symbols import Expression, Scope, ScopeKind, Symbol, SymbolKind

Receivers = dict[Symbol, tuple[Scope, bool]]
"""First parameters of methods: of which class, and whether they are an instance (``self``)."""

_CLASS_METHODS = frozenset(("__new__", "__init_subclass__", "__class_getitem__"))
_SPLATS = frozenset(("list_splat_pattern", "dictionary_splat_pattern"))


def bind_function(
    binder: Binder, node: tree_sitter.Node, scope: Scope, receivers: Receivers
) -> Iterator[Step]:
    """Declare a function and its parameters; yields what is left to visit."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        yield from ((child, scope) for child in node.named_children)
        return
    symbol = binder.declare(name, scope, SymbolKind.FUNCTION)
    outer = yield from bind_generics(binder, node, scope)
    overload = symbol.body if _is_overload(binder, symbol.body) else None
    inner = binder.open(ScopeKind.FUNCTION, node, outer, symbol)
    inner.redirects = _redirects(binder, body, inner)
    parameters = node.child_by_field_name("parameters")
    if parameters is not None:
        yield from _parameters(binder, parameters, inner, outer)
        if scope.kind is ScopeKind.CLASS:
            _receive(binder, node, scope, inner, receivers)
        _unite_parameters(overload, inner, receivers)
    result = node.child_by_field_name("return_type")
    if result is not None:
        symbol.annotation = Expression(result, outer)
        yield result, outer
    yield body, inner


def bind_lambda(binder: Binder, node: tree_sitter.Node, scope: Scope) -> Iterator[Step]:
    """Declare the parameters of a lambda."""
    inner = binder.open(ScopeKind.FUNCTION, node, scope)
    parameters, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
    if parameters is not None:
        yield from _parameters(binder, parameters, inner, scope)
    if body is not None:
        yield body, inner


def bind_generics(
    binder: Binder, node: tree_sitter.Node, scope: Scope
) -> Generator[Step, None, Scope]:
    """Declare type parameters, if any; returns the scope that sees them."""
    generics = node.child_by_field_name("type_parameters")
    if generics is None:
        return scope
    outer = binder.open(ScopeKind.BLOCK, node, scope)
    for child in generics.named_children:
        name = child
        while name.type != "identifier" and name.named_children:
            name = name.named_children[0]
        if name.type == "identifier":
            binder.declare(name, outer, SymbolKind.TYPE)
            bounds = [one for one in child.named_children if one.start_byte > name.start_byte]
            yield from ((bound, outer) for bound in bounds)
    return outer


def _parameters(
    binder: Binder, parameters: tree_sitter.Node, inner: Scope, outer: Scope
) -> Iterator[Step]:
    """Declare parameters inside; what stands beside their names is read outside."""
    for parameter in parameters.named_children:
        annotation = parameter.child_by_field_name("type")
        name = _parameter_name(parameter)
        if name.type in _SPLATS and name.named_children:
            binder.declare(name.named_children[0], inner, SymbolKind.PARAMETER)
        elif name.type == "identifier":
            symbol = binder.declare(name, inner, SymbolKind.PARAMETER)
            if annotation is not None:
                symbol.annotation = Expression(annotation, outer)
        if annotation is not None:
            yield annotation, outer
        value = parameter.child_by_field_name("value")
        if value is not None:
            yield value, outer


def _parameter_name(parameter: tree_sitter.Node) -> tree_sitter.Node:
    name = parameter.child_by_field_name("name")
    if name is not None:
        return name
    is_wrapped = parameter.type == "typed_parameter" and parameter.named_children
    return parameter.named_children[0] if is_wrapped else parameter


def _receive(
    binder: Binder, node: tree_sitter.Node, owner: Scope, inner: Scope, receivers: Receivers
) -> None:
    """Note the first parameter of a method as its object or class."""
    name, parameters = node.child_by_field_name("name"), node.child_by_field_name("parameters")
    decorators = _decorators(binder, node)
    if name is None or parameters is None or "staticmethod" in decorators:
        return
    named = [one for one in parameters.named_children if one.type != "comment"]
    first = _parameter_name(named[0]) if named else None
    symbol = None if first is None else inner.get(binder.text(first))
    if symbol is not None:
        is_class = "classmethod" in decorators or binder.text(name) in _CLASS_METHODS
        receivers[symbol] = (owner, not is_class)


def _is_overload(binder: Binder, function: Scope | None) -> bool:
    decorators = set() if function is None else _decorators(binder, function.node)
    return any(one.rpartition(".")[2] == "overload" for one in decorators)


def _unite_parameters(overload: Scope | None, inner: Scope, receivers: Receivers) -> None:
    """Callers name a parameter the same whichever of the overloads they mean."""
    parameters = inner.node.child_by_field_name("parameters")
    splats = (
        [] if parameters is None else [_parameter_name(one) for one in parameters.named_children]
    )
    starts = {one.named_children[0].start_byte for one in splats if one.type in _SPLATS}
    for name, symbols in inner.symbols.items():
        if symbols[0].sites and symbols[0].sites[0].span.start in starts:
            continue
        other = None if overload is None else overload.get(name)
        if other is not None and other.kind is SymbolKind.PARAMETER and other not in receivers:
            symbols[0].unite(other)


def _decorators(binder: Binder, node: tree_sitter.Node) -> set[str]:
    """The decorators of a definition as they are written, without their arguments."""
    parent = node.parent
    if parent is None or parent.type != "decorated_definition":
        return set()
    return {
        binder.text(child).lstrip("@ ").partition("(")[0]
        for child in parent.named_children
        if child.type == "decorator"
    }


def _redirects(binder: Binder, body: tree_sitter.Node, inner: Scope) -> dict[str, Scope]:
    """Where ``global`` and ``nonlocal`` of one function send its names."""
    text = binder.data[body.start_byte : body.end_byte]
    if b"global" not in text and b"nonlocal" not in text:
        return {}
    found: dict[str, Scope] = {}
    stack = [body]
    while stack:
        node = stack.pop()
        if node.type == "global_statement":
            found.update((binder.text(name), binder.table.file_scope) for name in node.children[1:])
        elif node.type == "nonlocal_statement":
            for name in node.named_children:
                found[binder.text(name)] = _enclosing(inner, binder.text(name))
        elif node.type not in ("function_definition", "class_definition", "lambda"):
            stack.extend(node.named_children)
    return found


def _enclosing(inner: Scope, name: str) -> Scope:
    """The function around ``inner`` that declares ``name``, else the nearest one."""
    around = [scope for scope in inner.up() if scope.kind is ScopeKind.FUNCTION][1:]
    return next((scope for scope in around if name in scope.symbols), (around or [inner])[0])
