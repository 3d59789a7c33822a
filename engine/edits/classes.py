"""Classes of a file and their members: inheritance, look-up, what overrides what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from engine.edits.symbols import Expression, NameTable, Origin, Scope, ScopeKind, Symbol


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression may stand for: a class or function of this file, or of another one.

    Of the class whose members are in ``scope``, or of what ``origin`` names; itself, or with
    ``is_instance`` an object of it. ``function`` for a function of this file.
    """

    scope: Scope | None = None
    is_instance: bool = False
    origin: Origin | None = None
    function: Symbol | None = None


Infer = Callable[[Expression], Iterable[Value]]


class ClassIndex:
    """Looks members up along the bases of classes."""

    def __init__(self, table: NameTable, infer: Infer) -> None:
        self._table = table
        self._infer = infer
        self._bases: dict[Scope, tuple[list[Scope], list[Origin]]] = {}

    def bases(self, scope: Scope) -> tuple[list[Scope], list[Origin]]:
        """The classes that one is derived from: those of this file, and those of others."""
        if scope not in self._bases:
            self._bases[scope] = ([], [])  # a class that is its own base ends here
            values = [value for base in scope.bases for value in self._infer(base)]
            scopes = [one.scope for one in values if one.scope not in (None, scope)]
            origins = [one.origin for one in values if one.origin is not None]
            self._bases[scope] = ([one for one in scopes if one is not None], origins)
        return self._bases[scope]

    def lineage(self, scope: Scope) -> Iterator[Scope]:
        """A class and its bases in this file, itself first, each once."""
        seen: list[Scope] = []
        stack = [scope]
        while stack:
            one = stack.pop(0)
            if one not in seen:
                seen.append(one)
                yield one
                stack.extend(self.bases(one)[0])

    def outer_bases(self, scope: Scope) -> list[Origin]:
        """The bases in other files of a class and of its bases."""
        return [origin for one in self.lineage(scope) for origin in self.bases(one)[1]]

    def member(self, scope: Scope, name: str) -> Symbol | None:
        """The member that ``name`` means in a class."""
        for one in self.lineage(scope):
            symbol = one.get(name)
            if symbol is not None:
                return symbol
        return None

    def unite_overrides(self) -> None:
        """A member and the one it overrides have one name."""
        for scope in self._table.scopes:
            if scope.kind is not ScopeKind.CLASS:
                continue
            for origin in self.outer_bases(scope):
                members = [found for named in scope.symbols.values() for found in named]
                self._table.overrides.extend((origin, member) for member in members)
            for base in list(self.lineage(scope))[1:]:
                for name, symbols in scope.symbols.items():
                    overridden = base.get(name)
                    if overridden is not None:
                        symbols[0].unite(overridden)
