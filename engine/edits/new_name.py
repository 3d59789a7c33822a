"""Whether a name may become another one: an identifier, no keyword, no clash in any scope."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.edits.references import is_member
from engine.edits.symbols import NameTable, Scope, ScopeKind, Site, Symbol
from engine.languages import Language

_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_WITH_DOLLAR = re.compile(r"[^\W\d]\w*|[$\w][$\w]*")
_DOLLAR_LANGUAGES = frozenset(
    ("javascript", "javascriptreact", "typescript", "typescriptreact", "java")
)


@dataclass(frozen=True, slots=True)
class BadName:
    """Why a name cannot be used; ``offset`` of the name that it clashes with, if it does."""

    message: str
    offset: int | None = None


def badly_formed(name: str, language: Language) -> BadName | None:
    """Why ``name`` is no name in ``language`` at all."""
    is_private = language.id.startswith(("java", "type")) and name.startswith("#")
    pattern = _WITH_DOLLAR if language.id in _DOLLAR_LANGUAGES else _IDENTIFIER
    if not name:
        return BadName("the new name is empty")
    if not pattern.fullmatch(name[1:] if is_private else name) or name[:1].isdigit():
        return BadName(f"'{name}' is not an identifier")
    if name in language.vocabulary.keywords:
        return BadName(f"'{name}' is a keyword of {language.id}")
    return None


def clash(table: NameTable, symbol: Symbol, name: str) -> BadName | None:
    """The name that ``symbol`` would be taken for, or the other way round, if called ``name``."""
    for other, site in _clashes(table, symbol, name):
        line = table.tree.data.count(b"\n", 0, site.span.start) + 1
        return BadName(f"'{name}' is already {other} (line {line})", site.span.start)
    return None


def _clashes(table: NameTable, symbol: Symbol, name: str) -> Iterator[tuple[str, Site]]:
    same = table.declarations(symbol)
    for one in same:
        for found in one.scope.symbols.get(one.space + name, ()):
            if found.root is not symbol.root and found.sites:
                yield f"a {found.kind.value} in the same scope", found.sites[0]
    if is_member(symbol):
        return
    sites = table.sites_of(symbol)
    yield from _hidden_by(table, sites, same[0].scope, symbol.space + name)
    yield from _would_hide(table, symbol, name)


def _hidden_by(
    table: NameTable, sites: Iterable[Site], declaring: Scope, key: str
) -> Iterator[tuple[str, Site]]:
    """Names nearer to a use than the renamed one is."""
    for site in sites:
        for scope in table.scope_at(site.span.start).up():
            if scope is declaring:
                break
            if scope.kind is ScopeKind.CLASS and table.tree.language.id == "python":
                continue
            for found in scope.symbols.get(key, ()):
                if found.sites:
                    yield f"a {found.kind.value} nearer to a use", found.sites[0]


def _would_hide(table: NameTable, symbol: Symbol, name: str) -> Iterator[tuple[str, Site]]:
    """Uses of an outer ``name`` inside of the scope of the renamed one."""
    extent = symbol.scope.extent
    outer = set(symbol.scope.up()) - {symbol.scope}
    for found in table.symbols:
        if found.name == name and found.space == symbol.space and found.scope in outer:
            for site in found.sites:
                if extent.start <= site.span.start < extent.end:
                    yield f"an outer {found.kind.value} that is used here", site
    for site in table.free.get(name, ()):
        if extent.start <= site.span.start < extent.end:
            yield "an outer name that is used here", site


def taken(table: NameTable, sites: Iterable[Site], name: str) -> BadName | None:
    """What ``name`` would mean at places of what another file declares."""
    for site in sites:
        for scope in table.scope_at(site.span.start).up():
            for found in scope.symbols.get(name, ()) if scope.kind is not ScopeKind.CLASS else ():
                if found.sites:
                    offset = found.sites[0].span.start
                    line = table.tree.data.count(b"\n", 0, offset) + 1
                    what = f"a {found.kind.value} nearer to a use"
                    return BadName(f"'{name}' is already {what} (line {line})", offset)
    return None
