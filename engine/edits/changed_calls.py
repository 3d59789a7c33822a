"""Calls of a function whose parameters the edit changed: arguments that are missing or too many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.references import references
from engine.edits.static_names import innermost
from engine.edits.symbols import NameTable, Scope, ScopeKind, Symbol
from engine.edits.template import HOLE
from engine.edits.user_change import UserChange
from engine.proposal import Edit
from engine.spans import Span, span

_CALLS = frozenset(
    """call call_expression method_invocation new_expression
    object_creation_expression""".split()
)
_CONSTRUCTORS = frozenset(("__init__", "constructor"))
_WRAPPERS = frozenset(
    "attribute member_expression selector_expression field_expression generic_type".split()
)
_UNPACKED = frozenset(("list_splat", "dictionary_splat", "spread_element"))
_REQUIRED = frozenset(
    """identifier typed_parameter required_parameter formal_parameter parameter
    parameter_declaration object_pattern array_pattern""".split()
)
_RECEIVERS = frozenset(("self", "cls", "&self", "&mut self"))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of a function's parameters; ``is_required``: every call must give it."""

    name: str
    is_required: bool


def changed_calls(before: NameTable, now: NameTable, change: UserChange) -> list[Edit]:
    """What the calls outside of the change must become, where it changed a function's parameters.

    With a ``HOLE`` where an argument is missing and nothing of its name is in sight.
    """
    olds = {one.name: one for one in _callables(before, change.place_before)}
    found: dict[Span, Edit] = {}
    for new in _callables(now, change.place):
        old = olds.get(new.name)
        if old is not None:
            for edit in _changed(now, new, _parameters(before, old.listed), change.place):
                found.setdefault(edit.span, edit)
    return sorted(found.values(), key=lambda each: each.span)


@dataclass(frozen=True, slots=True)
class _Callable:
    """What is called by ``symbols``, and the list of its parameters.

    ``other_sizes``: how many parameters others of its name have.
    """

    name: str
    symbols: tuple[Symbol, ...]
    listed: tree_sitter.Node
    other_sizes: tuple[int, ...] = ()


def _callables(table: NameTable, place: Span) -> Iterator[_Callable]:
    """The functions and constructors declared in ``place`` that are the only ones of their name."""
    for symbol in _functions(table, place):
        listed = None if symbol.body is None else _list_of(symbol.body)
        owner = symbol.scope.owner if symbol.name in _CONSTRUCTORS else None
        if listed is not None and owner is not None:
            yield _Callable(f"{owner.name}.{symbol.name}", (symbol, owner), listed)
        elif listed is not None and _is_only(table, symbol):
            yield _Callable(symbol.name, (symbol,), listed)
    for symbol in table.symbols:
        lists = [] if symbol.body is None else list(_constructors(symbol.body.node))
        touched = [one for one in lists if place.start <= one.start_byte < place.end]
        sizes = tuple(one.named_child_count for one in lists if one not in touched)
        if len(touched) == 1:
            yield _Callable(f"new {symbol.name}", (symbol,), touched[0], sizes)


def _constructors(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The lists of parameters of a Java class's constructors."""
    body = node.child_by_field_name("body") or node
    for child in body.children:
        listed = child.child_by_field_name("parameters")
        if child.type == "constructor_declaration" and listed is not None:
            yield listed


def _functions(table: NameTable, place: Span) -> Iterator[Symbol]:
    """The functions whose name is declared in ``place``."""
    for symbol in table.symbols:
        is_function = symbol.body is not None and _list_of(symbol.body) is not None
        definitions = [site.span for site in symbol.sites if site.is_definition]
        if (
            is_function
            and len(definitions) == 1
            and place.start <= definitions[0].start < place.end
        ):
            yield symbol


def _is_only(table: NameTable, symbol: Symbol) -> bool:
    """Whether nothing else of the file has the name: no overload, no overridden method."""
    return sum(one.name == symbol.name and one.space == symbol.space for one in table.symbols) == 1


def _list_of(body: Scope) -> tree_sitter.Node | None:
    declarator = body.node.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "function_declarator":
        declarator = declarator.child_by_field_name("declarator")  # C's
    return (declarator or body.node).child_by_field_name("parameters")


def _parameters(table: NameTable, listed: tree_sitter.Node) -> list[Parameter]:
    found: list[Parameter] = []
    for node in listed.named_children:
        declarator = node.child_by_field_name("declarator")
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
        name = pattern or (None if declarator is None else innermost(declarator))
        name = name or next((one for one in node.named_children if one.type == "identifier"), node)
        text = table.tree.data[name.start_byte : name.end_byte].decode("utf-8", "replace")
        is_given = node.child_by_field_name("value") is None
        if text not in _RECEIVERS and node.type != "comment":
            found.append(Parameter(text, is_given and node.type in _REQUIRED))
    return found


def _changed(
    table: NameTable, called: _Callable, old: Sequence[Parameter], inside: Span
) -> Iterator[Edit]:
    new = _parameters(table, called.listed)
    names, old_names = [one.name for one in new], [one.name for one in old]
    gone = [index for index, name in enumerate(old_names) if name not in names]
    come = [index for index, one in enumerate(new) if one.name not in old_names]
    if len(gone) + len(come) != 1 or (come and not new[come[0]].is_required):
        return  # several at once may be another order, or other names for the same
    if len(old) in called.other_sizes:
        return
    calls = (one for symbol in called.symbols for one in _calls(table, symbol, inside))
    for arguments in calls:
        given = [child for child in arguments.named_children if child.type != "comment"]
        is_others = len(given) in called.other_sizes
        if is_others or any(child.type in _UNPACKED for child in given):
            continue
        if gone:
            yield from _without(table, given, old_names[gone[0]], gone[0])
        elif len(given) == len(old):
            yield _with(table, arguments, given, new[come[0]].name, come[0])


def _calls(table: NameTable, symbol: Symbol, inside: Span) -> Iterator[tree_sitter.Node]:
    """The argument lists of the calls outside of ``inside``."""
    found = references(table, symbol)
    for site in (*found.sites, *found.possible):
        root = table.tree.root
        if site.is_definition or root is None or site.span.overlaps(inside):
            continue
        node = root.named_descendant_for_byte_range(site.span.start, site.span.end)
        parent = None if node is None else node.parent
        if parent is not None and parent.type in _WRAPPERS:
            parent = parent.parent
        if parent is not None and parent.type in _CALLS:
            arguments = parent.child_by_field_name("arguments")
            if arguments is not None and arguments.start_byte >= site.span.end:
                yield arguments


def _without(
    table: NameTable,
    given: Sequence[tree_sitter.Node],
    name: str,
    index: int,
) -> Iterator[Edit]:
    """The call without the argument for ``name``, where it gives one."""
    named = [one for one in given if one.type == "keyword_argument"]
    at = next((given.index(one) for one in named if _keyword(table, one) == name), None)
    if at is None and index < len(given) and given[index] not in named:
        at = index
    if at is None:
        return
    start = given[at].start_byte if at == 0 else given[at - 1].end_byte
    end = given[at + 1].start_byte if at == 0 and len(given) > 1 else given[at].end_byte
    yield Edit(span(start, end), "")


def _keyword(table: NameTable, node: tree_sitter.Node) -> str:
    name = node.child_by_field_name("name")
    return "" if name is None else table.tree.data[name.start_byte : name.end_byte].decode()


def _with(
    table: NameTable,
    arguments: tree_sitter.Node,
    given: Sequence[tree_sitter.Node],
    name: str,
    index: int,
) -> Edit:
    """The call with what is called ``name`` there, with a hole where nothing is."""
    scopes = table.scope_at(arguments.start_byte).up()
    is_known = any(
        scope.get(name) is not None for scope in scopes if scope.kind is not ScopeKind.CLASS
    )
    value = name if is_known else HOLE
    is_named = any(one.type == "keyword_argument" for one in given[: index + 1])
    text = f"{name}={value}" if is_named else value
    if not given:
        at = arguments.start_byte + 1
        return Edit(span(at, at), text)
    if index < len(given) and not is_named:
        at = given[index].start_byte
        return Edit(span(at, at), f"{text}, ")
    return Edit(span(given[-1].end_byte, given[-1].end_byte), f", {text}")
