"""All places of the name at one place of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.edits.symbols import NameTable, Scope, ScopeKind, Site, Symbol, SymbolKind


@dataclass(frozen=True, slots=True)
class References:
    """The places of one name: those that are certain, and those that only may be the same thing.

    The latter are members of objects of unknown class, and names that other files declare.
    """

    name: str
    kind: SymbolKind
    sites: tuple[Site, ...]
    possible: tuple[Site, ...] = ()


def symbol_at(table: NameTable, offset: int) -> Symbol | None:
    """What the name at ``offset`` stands for; of a shorthand, the variable.

    A member of an object of unknown class means the only class of the file that has it.
    """
    symbols = table.symbols_at(offset)
    if symbols:
        return min(symbols, key=is_member)
    name = _listed_at(table.unknown, offset)
    owners = {one.root: one for one in table.symbols if is_member(one) and key_of(one) == name}
    return next(iter(owners.values())) if len(owners) == 1 else None


def references(table: NameTable, symbol: Symbol) -> References:
    """All places of ``symbol``."""
    names = {key_of(one) for one in table.declarations(symbol) if is_member(one)}
    possible = [site for name in sorted(names) for site in table.unknown.get(name, ())]
    sites = tuple(table.sites_of(symbol))
    return References(symbol.name, symbol.kind, sites, tuple(sorted(possible)))


def references_at(table: NameTable, offset: int) -> References | None:
    """All places of the name at ``offset``; None where there is no name, or one of the language.

    Of what the file does not declare only the possible places are known.
    """
    symbol = symbol_at(table, offset)
    if symbol is not None:
        return references(table, symbol)
    name = _listed_at(table.unknown, offset)
    if name is not None:
        possible = tuple(sorted(table.unknown[name]))
        return References(name.removesuffix("()"), SymbolKind.MEMBER, (), possible)
    name = _listed_at(table.free, offset)
    if name is None or name in table.tree.language.vocabulary.builtins:
        return None
    return References(name, SymbolKind.VARIABLE, (), tuple(sorted(table.free[name])))


def is_member(symbol: Symbol) -> bool:
    """Whether the symbol is reached through an object of a class."""
    return symbol.scope.kind is ScopeKind.CLASS


def key_of(symbol: Symbol) -> str:
    """The name under which members of unknown objects are listed."""
    return symbol.name + symbol.space


def local_scope(symbol: Symbol) -> Scope | None:
    """The function whose own the name is; None for what can be seen from elsewhere."""
    around = [one for one in symbol.scope.up() if one.kind is ScopeKind.FUNCTION]
    is_own = symbol.scope.kind is not ScopeKind.CLASS
    return around[0] if around and is_own else None


def _listed_at(names: Mapping[str, Sequence[Site]], offset: int) -> str | None:
    """The name of which a site holds ``offset``."""
    for name, sites in names.items():
        if any(site.span.start <= offset <= site.span.end for site in sites):
            return name
    return None
