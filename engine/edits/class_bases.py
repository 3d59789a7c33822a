"""Whether a method of Java or C++ stands in for one of another class, as far as files tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.edits import asked_methods
from engine.edits.inlining import text
from engine.edits.symbols import NameTable, Scope, Symbol, SymbolKind

_NAMES = frozenset(("type_identifier", "identifier"))
_ENUM = frozenset(
    "values valueOf name ordinal compareTo getDeclaringClass describeConstable".split()
)


@dataclass(frozen=True)
class ClassBases:
    """The classes of some files by name."""

    tables: Sequence[NameTable]

    def may_override(self, symbol: Symbol) -> bool:
        """Whether a base of the method's class has it, or may have it: not all are known."""
        language = self.tables[0].tree.language.id
        is_java = language == "java"
        if is_java and symbol.name in asked_methods.JAVA_OBJECT:
            return True
        if symbol.scope.node.type == "enum_declaration" and symbol.name in _ENUM:
            return True
        for base in self._above(symbol.scope):
            if isinstance(base, Scope):
                if base.get(symbol.space + symbol.name) is not None:
                    return True
            elif not is_java or base not in asked_methods.JAVA:
                return True
            elif symbol.name in asked_methods.JAVA[base].split():
                return True
        return False

    def inherited(self, scope: Scope, name: str) -> Symbol | None:
        """The field that a class has from one of its bases."""
        found = (one.get(name) for one in self._above(scope) if isinstance(one, Scope))
        return next((one for one in found if one is not None), None)

    def has_all(self, scope: Scope) -> bool:
        """Whether all bases of a class are known."""
        found = (one for one in self._above(scope) if isinstance(one, str))
        return all(one in asked_methods.JAVA for one in found)

    def is_apart(self, symbol: Symbol, other: Symbol) -> bool:
        """Whether ``other``, a method of another class, surely does not override ``symbol``."""
        if other.scope.owner is None:
            return False
        for base in self._above(other.scope):
            is_own = isinstance(base, Scope) and base.symbols is symbol.scope.symbols
            if is_own or (isinstance(base, str) and base not in asked_methods.JAVA):
                return False
        return True

    def _above(self, scope: Scope) -> Iterator[Scope | str]:
        """The bodies of all bases; the name of one that is not among the files."""
        waiting, known = base_names(scope), set[str]()
        while waiting:
            name = waiting.pop()
            if name in known:
                continue
            known.add(name)
            bodies = [body for table in self.tables for body in _bodies(table, name)]
            if not bodies:
                yield name
            for body in bodies:
                yield body
                waiting.extend(base_names(body))


def _bodies(table: NameTable, name: str) -> Iterator[Scope]:
    for symbol in table.symbols:
        if symbol.name == name and symbol.kind is SymbolKind.CLASS and symbol.body is not None:
            yield symbol.body


def base_names(scope: Scope) -> list[str]:
    """What the class's bases are called, without packages and type arguments."""
    found = [_last_name(base.node) for base in scope.bases]
    return [name for name in found if name]


def _last_name(node: tree_sitter.Node) -> str:
    """The name of a type, empty for what only says how it is derived from."""
    if node.type in _NAMES:
        return text(node)
    if node.type == "access_specifier":
        return ""
    if node.type in ("generic_type", "template_type"):
        return _last_name(node.child_by_field_name("name") or node.named_children[0])
    parts = [one for one in node.named_children if "argument" not in one.type]
    return _last_name(parts[-1]) if parts else text(node)
