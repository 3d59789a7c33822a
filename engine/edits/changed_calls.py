"""Calls of a function whose parameters the edit changed: arguments that are missing or too many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits.references import references
from engine.edits.symbols import NameTable, Scope, ScopeKind, Symbol
from engine.edits.template import HOLE
from engine.edits.user_change import UserChange
from engine.proposal import Edit
from engine.spans import Span, span

_CALLS = frozenset(("call", "call_expression", "method_invocation"))
_MEMBERS = frozenset(("attribute", "member_expression", "selector_expression", "field_expression"))
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
    olds = {symbol.name: symbol for symbol in _functions(before, change.place_before)}
    found: list[Edit] = []
    for symbol in _functions(now, change.place):
        old = olds.get(symbol.name)
        if old is not None and _is_only(now, symbol) and _is_only(before, old):
            found.extend(_changed(now, symbol, _parameters(before, old), change.place))
    return sorted(found, key=lambda each: each.span)


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
    return body.node.child_by_field_name("parameters")


def _parameters(table: NameTable, symbol: Symbol) -> list[Parameter]:
    listed = None if symbol.body is None else _list_of(symbol.body)
    found: list[Parameter] = []
    for node in [] if listed is None else listed.named_children:
        pattern = node.child_by_field_name("pattern") or node.child_by_field_name("name")
        name = pattern or next(
            (one for one in node.named_children if one.type == "identifier"), node
        )
        text = table.tree.data[name.start_byte : name.end_byte].decode("utf-8", "replace")
        is_given = node.child_by_field_name("value") is None
        if text not in _RECEIVERS and node.type != "comment":
            found.append(Parameter(text, is_given and node.type in _REQUIRED))
    return found


def _changed(
    table: NameTable, symbol: Symbol, old: Sequence[Parameter], inside: Span
) -> Iterator[Edit]:
    new = _parameters(table, symbol)
    names, old_names = [one.name for one in new], [one.name for one in old]
    gone = [index for index, name in enumerate(old_names) if name not in names]
    come = [index for index, one in enumerate(new) if one.name not in old_names]
    if len(gone) + len(come) != 1 or (come and not new[come[0]].is_required):
        return  # several at once may be another order, or other names for the same
    for arguments in _calls(table, symbol, inside):
        given = [child for child in arguments.named_children if child.type != "comment"]
        if any(child.type in _UNPACKED for child in given):
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
        if parent is not None and parent.type in _MEMBERS:
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
