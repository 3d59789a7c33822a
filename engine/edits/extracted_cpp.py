"""Extract function in C++: a static function, or a method where the one around is one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import tree_sitter

from engine.edits.c_dangers import refuse_dangers
from engine.edits.c_locals import c_local
from engine.edits.c_parameters import Handed, handed
from engine.edits.extracted_c import (
    before,
    called,
    given_type,
    prototype,
    returned_type,
    typed,
    written,
)
from engine.edits.extraction import Extraction, walk
from engine.edits.inlining import text, words
from engine.edits.leaving import Way, way_of
from engine.edits.lines import indentation
from engine.edits.local_names import unused_name
from engine.edits.new_function import NewFunction
from engine.edits.symbols import ScopeKind
from engine.errors import BadInput
from engine.proposal import Edit
from engine.spans import span

_CLASSES = frozenset(("class_specifier", "struct_specifier", "union_specifier"))
_GUARDS = re.compile(r"lock|guard|scope|cleanup|defer|raii|timer|finally|restore|holder", re.I)
_FIXED = re.compile(r"mutex|atomic|condition|once_flag|latch|barrier|_lock|guard")
_VIEWS = re.compile(r"\*|&|Slice|view|View|StringPiece|Piece|span|Span|iterator|Ref\b|Ptr\b")
_PLAIN = re.compile(r"[\w:]+")
_KNOWN = frozenset(
    """void bool char short int long float double unsigned signed size_t ssize_t const std string
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t ptrdiff_t
    NULL EOF errno strlen memcpy memset memcmp assert move""".split()
)
_LOUD = re.compile(r"[A-Z][A-Z0-9_]+")


@dataclass(frozen=True, slots=True)
class _Home:
    """Where the function goes: ``marks`` behind its parameters, its class, its template."""

    outer: tree_sitter.Node
    """Stands behind the new function."""
    head: str = "static "
    prefix: str = ""
    """``Class::`` of a method that is defined outside of its class."""
    marks: str = ""
    is_member: bool = False
    inner: tree_sitter.Node | None = None
    """The declaration in the class that the new one stands behind."""
    is_static: bool = False


def cpp_function(x: Extraction) -> NewFunction:
    """Raises BadInput where something that must be written is not known."""
    refuse_dangers(x)
    _refuse_bindings(x)
    returned = returned_type(x.function)
    way = way_of(x, is_void=returned == "void")
    home = _home(x)
    found = handed(x, way)
    _refuse_dying(x)
    _refuse_copy(x, found)
    type_ = given_type(x, found, returned if way is Way.RETURN else "void")
    name = unused_name(x.tree, "extracted")
    taken = ", ".join(one.declared for one in found.given)
    template, arguments = _template(x, home, f"{taken} {type_}")
    call = f"{name}{arguments}({', '.join(one.value for one in found.given)})"
    indent = indentation(x.tree.data, home.outer.start_byte)
    head = f"{home.head}{typed(type_, home.prefix + name)}({taken}){home.marks}"
    if home.prefix and not set(_PLAIN.findall(type_)) <= _KNOWN:
        head = f"{home.head}auto {home.prefix}{name}({taken}){home.marks} -> {type_}"
    made = written(x, head, found, indent) + "\n\n"
    made = f"{indent}{template}\n{made}" if template else made
    made = made if home.is_member else f"{prototype(x)}{made}"
    edits = [Edit(before(x, home.outer), made), Edit(x.place, called(x, call, way, type_, found))]
    if home.inner is not None:
        line = f"{'static ' if home.is_static else ''}{typed(type_, name)}({taken}){home.marks};"
        start = indentation(x.tree.data, home.inner.start_byte)
        at = span(home.inner.end_byte, home.inner.end_byte)
        edits.append(Edit(at, f"\n{start}{line}"))
    return NewFunction(name, tuple(sorted(edits, key=lambda edit: edit.span)))


def _home(x: Extraction) -> _Home:
    """Raises BadInput for a method whose class is in another file."""
    outer, parent = x.function, x.function.parent
    if parent is not None and parent.type == "template_declaration":
        outer, parent = parent, parent.parent
    marks, constant = _marks(x)
    name = _name(x.function)
    if parent is not None and parent.type in ("template_declaration", "friend_declaration"):
        raise BadInput("the function around is a friend, or a template in a template")
    if parent is not None and parent.type == "field_declaration_list":
        is_static = "static" in _storage(x.function)
        head = f"{'static ' if is_static else ''}{constant}"
        return _Home(outer, head, "", marks, is_member=True)
    if name.type == "operator_name":
        raise BadInput("an operator may be a friend of a class, and the new function would not be")
    if name.type != "qualified_identifier":
        return _Home(outer, f"static {constant}")
    class_ = _class_of(x, name)
    if class_ is None:
        _refuse_members(x, text(name).rpartition("::")[0].rpartition("::")[2])
        return _Home(outer, f"static {constant}")
    inner = _declared_in(class_, name)
    if inner is None:
        raise BadInput("the declaration of the method is not found in its class")
    is_static = "static" in _storage(inner)
    prefix = text(name)[: -len(text(name).rpartition("::")[2])]
    return _Home(outer, constant, prefix, marks, is_member=True, inner=inner, is_static=is_static)


def _name(function: tree_sitter.Node) -> tree_sitter.Node:
    node = function.child_by_field_name("declarator")
    while node is not None and node.type != "function_declarator":
        node = node.child_by_field_name("declarator") or next(iter(node.named_children), None)
    name = None if node is None else node.child_by_field_name("declarator")
    if name is None:
        raise BadInput("the function around is declared in a way that is not known")
    return name


def _marks(x: Extraction) -> tuple[str, str]:
    """What of the function around holds for the new one: ``const`` of a method, ``constexpr``."""
    declarator = _name(x.function).parent
    marks = [
        text(one)
        for one in ([] if declarator is None else declarator.named_children)
        if one.type == "type_qualifier"
    ]
    head = [text(one) for one in x.function.named_children if one.type == "type_qualifier"]
    if "consteval" in head:
        raise BadInput("the function around is consteval")
    return "".join(f" {mark}" for mark in marks), "constexpr " if "constexpr" in head else ""


def _storage(node: tree_sitter.Node) -> set[str]:
    return {text(one) for one in node.children if one.type == "storage_class_specifier"}


def _class_of(x: Extraction, name: tree_sitter.Node) -> tree_sitter.Node | None:
    owner = text(name).rpartition("::")[0].rpartition("::")[2].partition("<")[0]
    found = [
        node
        for node in walk(x.table.file_scope.node, frozenset(("function_definition",)))
        if node.type in _CLASSES and node.child_by_field_name("body") is not None
        and text(node.child_by_field_name("name")) == owner
    ]  # fmt: skip
    if len(found) > 1:
        raise BadInput(f"several classes are called {owner}")
    return found[0] if found else None


def _declared_in(class_: tree_sitter.Node, name: tree_sitter.Node) -> tree_sitter.Node | None:
    body, last = class_.child_by_field_name("body"), text(name).rpartition("::")[2]
    for node in [] if body is None else body.named_children:
        if node.type not in ("field_declaration", "declaration"):
            continue
        declarator = node.child_by_field_name("declarator")
        while declarator is not None and declarator.type != "function_declarator":
            declarator = declarator.child_by_field_name("declarator") or next(
                (one for one in declarator.named_children if "declarator" in one.type), None
            )
        if declarator is not None and text(declarator.child_by_field_name("declarator")) == last:
            return node
    return None


def _refuse_members(x: Extraction, owner: str) -> None:
    """What the file does not declare may be a member of the class, which another file declares."""
    message = "the class of the method around is declared in another file"
    types = [c_local(one.declared).holder.child_by_field_name("type") for one in x.locals]
    types += [x.function.child_by_field_name("type")]
    shown = [node for one in types if one is not None for node in walk(one)]
    if any(node.type == "this" for node in x.nodes):
        raise BadInput(message)
    for node in [*x.nodes, *shown]:
        parent = node.parent
        is_name = node.type in ("identifier", "type_identifier", "namespace_identifier")
        if not is_name or parent is None:
            continue
        if text(node) == owner:
            raise BadInput(message)
        if x.table.at.get(node.start_byte) or text(node) in _KNOWN:
            continue
        is_qualified = parent.type in ("qualified_identifier", "template_type") and (
            text(parent.parent if parent.type == "template_type" else parent).startswith("std::")
        )
        is_macro = parent.type == "call_expression" and _LOUD.fullmatch(text(node)) is not None
        if not is_qualified and not is_macro:
            raise BadInput(message)


def _refuse_bindings(x: Extraction) -> None:
    """Names that are bound to parts of a value have no types."""
    for node in walk(x.function):
        if node.type != "structured_binding_declarator":
            continue
        names = {text(child) for child in node.named_children}
        is_own = x.within(node)
        rest = [one for one in walk(x.function) if one.type == "identifier" and text(one) in names]
        if any(x.within(one) != is_own for one in rest if one.parent != node):
            raise BadInput("the statements share names that are bound to parts of a value")


def _refuse_dying(x: Extraction) -> None:
    """What the statements make and do not give back ends with them, not with their block."""
    if x.is_end:
        return
    kept = {local.name for local in x.locals if local.is_own}
    dying: list[str] = []
    for statement in x.code:
        if statement.type != "declaration":
            continue
        for name in _declared_names(statement):
            type_ = text(statement.child_by_field_name("type"))
            if _GUARDS.search(type_) and text(name) not in kept:
                raise BadInput(f"{text(name)} would end with the statements")
            if text(name) not in kept and not _is_light(name):
                dying.append(text(name))
    if not dying:
        return
    views = [one.name for one in x.locals if one.is_own or one.is_set]
    shown = [c_local(one.declared) for one in x.locals if one.name in views]
    if any(_VIEWS.search(one.declared("x")) for one in shown):
        raise BadInput(f"something may still point to {dying[0]} when the statements have ended")


def _refuse_copy(x: Extraction, found: Handed) -> None:
    """An object that is returned must be of a class that can be copied or moved."""
    del x
    if found.result is None:
        return
    shown = c_local(found.result.declared)
    is_standard = shown.words.removeprefix("const ").startswith("std::")
    is_given = shown.top.parent is not None and any(
        child.type == "=" for child in shown.top.parent.children
    )
    if not (shown.is_scalar or is_given or (is_standard and not _FIXED.search(shown.words))):
        raise BadInput(f"{found.result.name} may be of a class that cannot be copied")


def _declared_names(statement: tree_sitter.Node) -> list[tree_sitter.Node]:
    found = []
    for declarator in statement.children_by_field_name("declarator"):
        node: tree_sitter.Node | None = declarator
        while node is not None and node.type != "identifier":
            node = node.child_by_field_name("declarator") or next(iter(node.named_children), None)
        found += [] if node is None else [node]
    return found


def _is_light(name: tree_sitter.Node) -> bool:
    """Whether nothing can point into it, or nothing would miss it."""
    try:
        return c_local(name).is_scalar
    except BadInput:
        return False


def _template(x: Extraction, home: _Home, types: str) -> tuple[str, str]:
    """The template's head, and the arguments that the call must name."""
    if home.outer.type != "template_declaration":
        return "", ""
    parameters = home.outer.child_by_field_name("parameters")
    names = {
        symbol.name
        for scope in x.table.scopes
        if scope.node == home.outer and scope.kind is ScopeKind.BLOCK
        for found in scope.symbols.values()
        for symbol in found
    }
    parts = [] if parameters is None else parameters.named_children
    is_known = len(names) == len(parts) and not any("variadic" in one.type for one in parts)
    if parameters is None or not parts or not is_known:
        raise BadInput("the template around has no parameters, packs, or such without names")
    if home.prefix:
        return f"template {words(parameters)}", ""
    used = x.words | set(re.findall(r"\w+", types))
    if not names & used:
        return "", ""
    return f"template {_bare(parameters)}", f"<{', '.join(_names_in_order(parts, names))}>"


def _bare(parameters: tree_sitter.Node) -> str:
    """Without default values, which stay with the function around."""
    if any(one.type.startswith("optional") for one in parameters.named_children):
        raise BadInput("the template around has parameters with default values")
    return words(parameters)


def _names_in_order(parts: list[tree_sitter.Node], names: set[str]) -> list[str]:
    found = []
    for part in parts:
        found += [text(one) for one in walk(part) if not one.child_count and text(one) in names][:1]
    return found
