"""What a file's names stand for: symbols with their sites, in scopes.

Data only; ``binder`` and the binders of the languages fill it in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

import tree_sitter

from engine.spans import Span, span
from engine.syntax import SyntaxTree


class SymbolKind(str, Enum):
    """What a name stands for."""

    VARIABLE = "variable"
    PARAMETER = "parameter"
    FUNCTION = "function"
    CLASS = "class"
    IMPORT = "import"
    MODULE = "module"
    MEMBER = "member"
    TYPE = "type"
    LABEL = "label"


class ScopeKind(str, Enum):
    """What a scope is; names of a CLASS scope are reached through an object, not from inside."""

    FILE = "file"
    NAMESPACE = "namespace"
    FUNCTION = "function"
    CLASS = "class"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """One place of a name. A new name is written there between ``prefix`` and ``suffix``.

    They are filled where the name stands for two things at once: renaming the variable of the
    JavaScript object ``{x}`` writes ``{x: y}``.
    """

    span: Span
    is_definition: bool = False
    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported name comes from; ``name`` None for the module itself.

    ``module`` is written as the language writes it; ``level`` counts Python's leading dots.
    """

    module: str
    name: str | None = None
    level: int = 0


class Part(str, Enum):
    """Which part of an expression's value is meant."""

    WHOLE = "whole"
    ELEMENT = "element"
    VALUE = "value"
    """What a map holds under its keys."""
    AWAITED = "awaited"
    """What a promise gives."""
    ENTERED = "entered"
    """What ``with`` gives a name to."""


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A node with the scope that its names are looked up in; ``path`` leads on to a member."""

    node: tree_sitter.Node
    scope: Scope
    part: Part = Part.WHOLE
    path: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Symbol:
    """One thing that has a name. ``declared_at`` is the byte from which the name holds."""

    name: str
    kind: SymbolKind
    scope: Scope
    declared_at: int = 0
    space: str = ""
    """Keeps apart what may share a name, such as Java's fields and methods."""
    sites: list[Site] = field(default_factory=list)
    values: list[Expression] = field(default_factory=list)
    """What is assigned to it whole, for inferring its class."""
    annotation: Expression | None = None
    body: Scope | None = None
    """The scope that a function or class opens."""
    origin: Origin | None = None
    alias_of: Symbol | None = None
    """The same thing under another declaration, for instance a method that this one overrides."""

    @property
    def root(self) -> Symbol:
        """The one symbol that stands for all declarations of the same thing."""
        found = self
        while found.alias_of is not None:
            found = found.alias_of
        return found

    def unite(self, other: Symbol) -> None:
        """Let both stand for the same thing from now on."""
        mine, others = self.root, other.root
        if mine is not others:
            mine.alias_of = others


@dataclass(slots=True, eq=False)
class Scope:
    """Where names hold: a file, function, class or block."""

    kind: ScopeKind
    node: tree_sitter.Node
    parent: Scope | None = None
    symbols: dict[str, list[Symbol]] = field(default_factory=dict)
    owner: Symbol | None = None
    """The function or class whose scope this is."""
    redirects: dict[str, Scope] = field(default_factory=dict)
    """Names that Python's ``global`` and ``nonlocal`` send elsewhere."""
    bases: list[Expression] = field(default_factory=list)
    """The classes that this one is derived from."""

    def get(self, name: str, offset: int | None = None) -> Symbol | None:
        """The symbol of this scope; with ``offset`` the last one declared before it, if any."""
        found = self.symbols.get(name)
        if not found:
            return None
        if offset is None:
            return found[0]
        earlier = [symbol for symbol in found if symbol.declared_at <= offset]
        return max(earlier, key=lambda symbol: symbol.declared_at) if earlier else None

    def up(self) -> Iterator[Scope]:
        """This scope and those around it, innermost first."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    @property
    def extent(self) -> Span:
        """The bytes it covers."""
        return span(self.node.start_byte, self.node.end_byte)


@dataclass(slots=True, eq=False)
class NameTable:
    """All names of one file: which symbol stands where."""

    tree: SyntaxTree
    file_scope: Scope
    symbols: list[Symbol] = field(default_factory=list)
    at: dict[int, list[Symbol]] = field(default_factory=dict)
    """Symbols by the byte where a site of theirs starts; a shorthand has two."""
    unknown: dict[str, list[Site]] = field(default_factory=dict)
    """Members of objects whose class is not known, by name."""
    outer_members: list[tuple[Origin, str, Site]] = field(default_factory=list)
    """Members of classes and modules that are imported: whose, which, where."""
    outer_keywords: list[tuple[Origin, str, Site]] = field(default_factory=list)
    """Named arguments in calls of functions and classes that are imported."""
    overrides: list[tuple[Origin, Symbol]] = field(default_factory=list)
    """Members of classes that are derived from an imported one."""
    free: dict[str, list[Site]] = field(default_factory=dict)
    """Names that nothing in the file declares: builtins, or what other files declare."""
    scopes: list[Scope] = field(default_factory=list)
    exported: dict[str, Origin] = field(default_factory=dict)
    """What a list of exports gives out, of another module or of this one (``""``)."""

    def place(self, symbol: Symbol, site: Site) -> None:
        """Note that ``symbol`` stands at ``site``; once for a place."""
        here = self.at.setdefault(site.span.start, [])
        if symbol not in here:
            here.append(symbol)
            symbol.sites.append(site)

    def place_one(self, symbol: Symbol, site: Site) -> None:
        """The same for a member that may belong to several classes: they share its name then."""
        for other in self.at.get(site.span.start, ()):
            if other.scope.kind is ScopeKind.CLASS and other.name == symbol.name:
                other.unite(symbol)
        self.place(symbol, site)

    def sites_of(self, symbol: Symbol) -> list[Site]:
        """Every site of the thing that ``symbol`` stands for, in text order."""
        found: dict[Span, Site] = {}
        for one in self.symbols:
            if one.root is symbol.root:
                for site in one.sites:
                    found.setdefault(site.span, site)
        return sorted(found.values())

    def declarations(self, symbol: Symbol) -> list[Symbol]:
        """All declarations of the thing that ``symbol`` stands for."""
        return [one for one in self.symbols if one.root is symbol.root]

    def symbols_at(self, offset: int) -> list[Symbol]:
        """The symbols whose site holds ``offset`` or ends there."""
        is_mark = self.tree.data[offset : offset + 1] == b"#"
        word = word_at(self.tree.data, offset + is_mark)
        if word is None:
            return []
        is_private = self.tree.data[word.start - 1 : word.start] == b"#"
        return self.at.get(word.start) or (self.at.get(word.start - 1, []) if is_private else [])

    def scope_at(self, offset: int) -> Scope:
        """The innermost scope around ``offset``."""
        around = [scope for scope in self.scopes if _holds(scope, offset)]
        return min(around, key=lambda scope: len(scope.extent), default=self.file_scope)


def _holds(scope: Scope, offset: int) -> bool:
    return scope.node.start_byte <= offset <= scope.node.end_byte


def word_at(data: bytes, offset: int) -> Span | None:
    """The identifier that holds ``offset`` or ends there; None where there is none."""
    start = end = offset
    while start > 0 and is_word_byte(data[start - 1]):
        start -= 1
    while end < len(data) and is_word_byte(data[end]):
        end += 1
    if start == end or data[start : start + 1].isdigit():
        return None
    return span(start, end)


def is_word_byte(byte: int) -> bool:
    """Whether the byte can stand in an identifier of some language (those above ASCII can)."""
    return byte >= 0x80 or byte in b"_$" or chr(byte).isalnum()
