"""Rename: from a place and a new name to the edits of all files, or one reason why not.

Deterministic, by syntax trees alone: no model is needed.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from engine.edits.mentions import mentions
from engine.edits.names_of import uncollected
from engine.edits.new_name import badly_formed, clash, taken
from engine.edits.project_names import Exported, ProjectNames, SourceText
from engine.edits.references import is_member, key_of, local_scope, references_at, symbol_at
from engine.edits.shared_names import SHARING, SharedName, declared_in
from engine.edits.symbols import (
    NameTable,
    Origin,
    ScopeKind,
    Site,
    Symbol,
    SymbolKind,
    word_at,
)
from engine.errors import BadInput
from engine.proposal import Edit
from engine.spans import Span, span

_DIRECTIVES = frozenset("define defined error include line pragma undef".split())
_JAVA_METHODS = frozenset("toString equals hashCode clone finalize".split())


class Certainty(str, Enum):
    """How sure it is that a place means the renamed thing."""

    CERTAIN = "certain"
    POSSIBLE = "possible"
    """A member of an object whose class is not known."""
    MENTION = "mention"
    """A word in a comment or docstring."""


@dataclass(frozen=True, slots=True)
class RenameEdit:
    """One edit, and how sure it is."""

    edit: Edit
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class RenamePlan:
    """All edits of a rename, file by file in text order.

    ``moved``: the file that Java wants to be called as its class, and its path then.
    """

    name: str
    new_name: str
    edits: tuple[RenameEdit, ...]
    moved: tuple[str, str] | None = None


def renamable_at(file: SourceText, offset: int) -> Span:
    """The place of the name at ``offset``. Raises BadInput that says why it cannot be renamed."""
    names = ProjectNames([file])
    table = names.table(file.path)
    if table is None:
        raise BadInput(f"renaming in {names.language(file.path).id} files is not supported")
    outer = _outer_at(table, offset)
    if outer is not None:
        return outer[1].span
    symbol = _symbol(table, offset)
    for site in table.sites_of(symbol):
        if site.span.start <= offset <= site.span.end:
            return site.span
    word = word_at(table.tree.data, offset)
    return span(offset, offset) if word is None else word


def is_local_at(file: SourceText, offset: int) -> bool:
    """Whether the name at ``offset`` is a function's own, so that no other file can mean it."""
    table = ProjectNames([file]).table(file.path)
    symbol = None if table is None else symbol_at(table, offset)
    return symbol is not None and local_scope(symbol) is not None


def plan_rename(files: Sequence[SourceText], path: str, offset: int, new_name: str) -> RenamePlan:
    """Rename what stands at ``offset`` of ``path``, in all ``files``.

    Raises BadInput for a name that cannot be used, with the name and line that it clashes with.
    """
    names = ProjectNames(files)
    table = names.table(path)
    if table is None:
        raise BadInput(f"renaming in {names.language(path).id} files is not supported")
    with uncollected():
        home, symbol = _home(names, path, table, offset)
    new_name = _with_mark(symbol.name, new_name)
    bad = badly_formed(new_name, names.language(path))
    if bad is not None:
        raise BadInput(bad.message)
    if symbol.name == new_name:
        return RenamePlan(symbol.name, new_name, ())
    edits: dict[tuple[str, Span], RenameEdit] = {}
    with uncollected():
        for one in _Rename(names, home, symbol, new_name).edits():
            key = (one.edit.path or "", one.edit.span)
            edits.setdefault(key, one)
    order = {name: index for index, name in enumerate(names.paths)}
    found = sorted(edits.values(), key=lambda one: (order[one.edit.path or ""], one.edit.span))
    return RenamePlan(symbol.name, new_name, tuple(found), _moved(home, symbol, new_name))


def _moved(path: str, symbol: Symbol, new_name: str) -> tuple[str, str] | None:
    is_class = symbol.kind is SymbolKind.CLASS and symbol.scope.parent is None
    end = f"{symbol.name}.java"
    if not is_class or re.split(r"[/\\]", path)[-1] != end:
        return None
    return path, f"{path.removesuffix(end)}{new_name}.java"


def _symbol(table: NameTable, offset: int) -> Symbol:
    symbol = symbol_at(table, offset)
    if symbol is None:
        found = references_at(table, offset)
        if found is None:
            raise BadInput("there is no name here that can be renamed")
        if found.kind is SymbolKind.MEMBER:
            raise BadInput(f"it cannot be told whose '{found.name}' this is")
        raise BadInput(f"'{found.name}' is not declared in this file")
    reason = _why_fixed(table, symbol)
    if reason is not None:
        raise BadInput(f"'{symbol.name}' is {reason}")
    return symbol


def _why_fixed(table: NameTable, symbol: Symbol) -> str | None:
    """Why a name is not the user's to change."""
    language, name = table.tree.language, symbol.name
    is_module = symbol.kind is SymbolKind.MODULE
    if language.id in ("c", "cpp") and name in language.vocabulary.keywords - _DIRECTIVES:
        return "a keyword"  # a macro makes the parser see a name
    if language.id == "python" and name.startswith("__") and name.endswith("__"):
        return "a name that Python itself looks for"
    if language.id == "python" and is_module:
        site = symbol.sites[0] if symbol.sites else None
        after = b"" if site is None else table.tree.data[site.span.end : site.span.end + 1]
        return "a package: rename its folder instead" if after == b"." else None
    if language.id == "java" and symbol.space and name in _JAVA_METHODS:
        return "a method that Java's Object declares"
    if language.id == "rust" and is_module:
        has_body = symbol.body and symbol.body.node.child_by_field_name("body")
        return None if has_body else "a module: rename its file instead"
    return None


def _home(names: ProjectNames, path: str, table: NameTable, offset: int) -> tuple[str, Symbol]:
    """The file that declares the name at ``offset``, and its symbol there."""
    outer = _outer_at(table, offset)
    if outer is None:
        return names.home(path, _symbol(table, offset))
    name, site = outer
    found = declared_in(list(names.tables()), path, table, name, site.span.start)
    if found is None:
        raise BadInput(f"'{name}' is declared in no file of the workspace that is known")
    return found


def _outer_at(table: NameTable, offset: int) -> tuple[str, Site] | None:
    """The name at ``offset`` that another file of the package or program declares."""
    language = table.tree.language
    if language.id not in SHARING:
        return None
    symbol = symbol_at(table, offset)
    if symbol is not None and symbol.kind is SymbolKind.IMPORT:
        at = [site for site in symbol.sites if site.span.start <= offset <= site.span.end]
        return (symbol.name, at[0]) if at and not _is_alias(table, symbol.sites[0]) else None
    if symbol is not None:
        return None
    for listed in (table.free, table.unknown):
        for key, sites in listed.items():
            for site in sites:
                name = key.removesuffix("()")
                is_here = site.span.start <= offset <= site.span.end
                if is_here and name not in language.vocabulary.builtins:
                    return name, site
    return None


def _is_alias(table: NameTable, site: Site) -> bool:
    """Whether an import gives the name its own word (Rust's ``as``)."""
    return table.tree.data[: site.span.start].rstrip().endswith(b" as")


def _with_mark(name: str, new_name: str) -> str:
    """JavaScript's private names keep their ``#``."""
    is_private = name.startswith("#") and not new_name.startswith("#")
    return f"#{new_name}" if is_private else new_name


@dataclass(frozen=True)
class _Rename:
    names: ProjectNames
    home: str
    symbol: Symbol
    new_name: str

    def edits(self) -> Iterator[RenameEdit]:
        """All edits; a place may come twice, the surer one first."""
        table = self.names.table(self.home)
        if table is None:
            return
        yield from self.of_symbol(self.home, table, self.symbol)
        for path, other in self.names.tables():
            if path != self.home:
                yield from self._in_other(path, other)
        shared = SharedName(self.home, table, self.symbol).given_out(self.names.tables())
        for path, other in self.names.tables():
            if path != self.home:
                yield from self._shared(shared, path, other)
        yield from (self._edit(self.home, site, Certainty.POSSIBLE) for site in shared.alike())
        if any(is_member(one) for one in table.declarations(self.symbol)):
            for path, other in self.names.tables():
                for site in other.unknown.get(key_of(self.symbol), ()):
                    yield self._edit(path, site, Certainty.POSSIBLE)
        yield from self._mentions(table)

    def _shared(self, shared: SharedName, path: str, other: NameTable) -> Iterator[RenameEdit]:
        """What another file of the package or program means by the name; the surer ones first."""
        found = list(shared.sites_in(path, other))
        sure = [site for site, is_sure in found if is_sure]
        bad = None if is_member(self.symbol) else taken(other, sure, self.new_name)
        if bad is not None:
            raise BadInput(f"{path}: {bad.message}")
        yield from (self._edit(path, site, Certainty.CERTAIN) for site in sure)
        yield from (
            self._edit(path, site, Certainty.POSSIBLE) for site, is_sure in found if not is_sure
        )

    def of_symbol(
        self, path: str, table: NameTable, symbol: Symbol, *, is_exported: bool = False
    ) -> Iterator[RenameEdit]:
        """The sites of one file's symbol, after a look for clashes there."""
        bad = clash(table, symbol, self.new_name)
        if bad is not None:
            raise BadInput(bad.message if path == self.home else f"{path}: {bad.message}")
        for site in table.sites_of(symbol):
            plain = Site(site.span, site.is_definition)
            is_alias = is_exported and site.prefix.endswith(" as ")
            yield self._edit(path, plain if is_alias else site, Certainty.CERTAIN)

    def _in_other(self, path: str, table: NameTable) -> Iterator[RenameEdit]:
        """What another file imports of the renamed thing."""
        modules = {exported.path for exported in self._exports}
        for symbol in table.symbols:
            is_named = symbol.name == self.symbol.name
            if is_named and self.names.means(path, symbol.origin, self._exports):
                yield from self.of_symbol(path, table, symbol, is_exported=True)
        for origin, name, site in table.outer_members:
            if name == self.symbol.name and self.names.is_module(path, origin, modules):
                yield self._edit(path, site, Certainty.CERTAIN)
        yield from self._named_of(path, table.outer_members, self._owners)
        for origin, symbol in table.overrides:
            if symbol.name == self.symbol.name and self.names.means(path, origin, self._owners):
                yield from self.of_symbol(path, table, symbol)
        yield from self._named_of(path, table.outer_keywords, self._called)

    def _named_of(
        self, path: str, named: Sequence[tuple[Origin, str, Site]], owners: Collection[Exported]
    ) -> Iterator[RenameEdit]:
        """The sites of the old name at what ``owners`` mean."""
        for origin, name, site in named:
            if name == self.symbol.name and self.names.means(path, origin, owners):
                yield self._edit(path, site, Certainty.CERTAIN)

    @functools.cached_property
    def _exports(self) -> frozenset[Exported]:
        is_local = self.symbol.origin is not None and self.symbol.scope.parent is not None
        return frozenset(() if is_local else self.names.exports(self.home, self.symbol))

    @functools.cached_property
    def _owners(self) -> frozenset[Exported]:
        """The classes that the renamed member belongs to, as others import them."""
        owner = self.symbol.scope.owner
        if self.symbol.scope.kind is not ScopeKind.CLASS or owner is None:
            return frozenset()
        return frozenset(self.names.exports(self.home, owner))

    @functools.cached_property
    def _called(self) -> frozenset[Exported]:
        """The function or class in whose calls a renamed parameter is named."""
        function = self.symbol.scope.owner
        if self.symbol.kind is not SymbolKind.PARAMETER or function is None:
            return frozenset()
        if function.name == "__init__" and function.scope.owner is not None:
            function = function.scope.owner
        return frozenset(self.names.exports(self.home, function))

    def _mentions(self, table: NameTable) -> Iterator[RenameEdit]:
        """Comments and docstrings: of the scope for a local name, of all its files for others."""
        inner = local_scope(self.symbol)
        if inner is not None:
            for site in mentions(table.tree, self.symbol.name, inner.extent):
                yield self._edit(self.home, site, Certainty.MENTION)
            return
        for path, other in self.names.tables():
            everywhere = span(0, len(other.tree.data))
            for site in mentions(other.tree, self.symbol.name, everywhere):
                yield self._edit(path, site, Certainty.MENTION)

    def _edit(self, path: str, site: Site, certainty: Certainty) -> RenameEdit:
        text = site.prefix + self.new_name + site.suffix
        return RenameEdit(Edit(site.span, text, path), certainty)
