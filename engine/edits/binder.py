"""Walks a tree once, noting declarations, uses and members; then settles what each name means.

What a node declares is said by the binder of its language, one method a node kind. The walk keeps
its own stack: code nests deeper than Python's calls may.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import tree_sitter

from engine.edits.symbols import (
    Expression,
    NameTable,
    Origin,
    Scope,
    ScopeKind,
    Site,
    Symbol,
    SymbolKind,
)
from engine.spans import span
from engine.syntax import SyntaxTree

Step = tuple[tree_sitter.Node, Scope]
Handler = Callable[[tree_sitter.Node, Scope], Iterable[Step]]

LABEL_SPACE = "label:"
TYPE_SPACE = "type:"
ANY_SPACE = "any:"
"""Where an exported name is looked up: among values, then among types."""


@dataclass(frozen=True, slots=True)
class Use:
    """A name that is looked up in ``scope``."""

    site: Site
    name: str
    scope: Scope
    space: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """``owner.name``: ``owner`` is the expression whose member it is.

    ``value`` and ``annotation`` where it is assigned.
    """

    site: Site
    name: str
    owner: Expression
    value: Expression | None = None
    annotation: Expression | None = None
    space: str = ""


@dataclass(frozen=True, slots=True)
class Keyword:
    """A named argument in a call of ``callee``."""

    site: Site
    name: str
    callee: Expression


class Binder:
    """The part that all languages share."""

    is_sequential = False
    """Whether a name in a block holds only from its declaration on."""
    is_shadowing = False
    """Whether a second declaration in the same block is a new thing."""

    def __init__(self, tree: SyntaxTree) -> None:
        if tree.root is None:
            raise ValueError("a tree without a grammar binds nothing")
        self.tree = tree
        self.data = tree.data
        self.table = NameTable(tree, Scope(ScopeKind.FILE, tree.root))
        self.table.scopes.append(self.table.file_scope)
        self.uses: list[Use] = []
        self.members: list[Member] = []
        self.keywords: list[Keyword] = []
        self.scope_of: dict[int, Scope] = {}
        """Scopes by the id of the node that opens them."""

    def handlers(self) -> dict[str, Handler]:
        """What is done at each kind of node; the children of other kinds are visited."""
        raise NotImplementedError

    def bind(self) -> NameTable:
        """The finished table."""
        handlers = self.handlers()
        stack: list[Step] = [(self.table.file_scope.node, self.table.file_scope)]
        while stack:
            node, scope = stack.pop()
            handler = handlers.get(node.type)
            if handler is None:
                stack.extend((child, scope) for child in reversed(node.named_children))
            else:
                stack.extend(reversed(list(handler(node, scope))))
        self.settle()
        return self.table

    def settle(self) -> None:
        """Settle what was noted, when all declarations are known."""
        for use in self.uses:
            symbol = self.look_up(use.space + use.name, use.scope, use.site.span.start)
            if symbol is not None:
                self.table.place(symbol, use.site)
            else:
                self.table.free.setdefault(use.name, []).append(use.site)

    def open(
        self,
        kind: ScopeKind,
        node: tree_sitter.Node,
        parent: Scope,
        owner: Symbol | None = None,
    ) -> Scope:
        """A new scope inside of ``parent``."""
        scope = Scope(kind, node, parent, owner=owner)
        if owner is not None:
            owner.body = scope
        self.table.scopes.append(scope)
        self.scope_of[node.id] = scope
        return scope

    def text(self, node: tree_sitter.Node) -> str:
        """The source text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def declare(
        self,
        name: tree_sitter.Node,
        scope: Scope,
        kind: SymbolKind,
        *,
        holds_from: int = 0,
        origin: Origin | None = None,
        space: str = "",
    ) -> Symbol:
        """Declare the name that ``name`` writes in ``scope``, or find it declared there before.

        Only what is in the same ``space`` counts as declared before.
        """
        text = self.text(name)
        target = scope.redirects.get(text, scope)
        found = target.symbols.setdefault(space + text, [])
        if found and not (self.is_shadowing and target.kind is ScopeKind.BLOCK):
            symbol = found[-1]
            symbol.origin = symbol.origin or origin
        else:
            symbol = Symbol(text, kind, target, holds_from, space, origin=origin)
            found.append(symbol)
            self.table.symbols.append(symbol)
        if name.end_byte > name.start_byte:
            self.table.place(symbol, site_of(name, is_definition=True))
        return symbol

    def use(self, name: tree_sitter.Node, scope: Scope, space: str = "") -> None:
        """Note that ``name`` is looked up from ``scope``."""
        self.uses.append(Use(site_of(name), self.text(name), scope, space))

    def use_at(self, site: Site, name: str, scope: Scope) -> None:
        """Note that ``name`` is looked up from ``scope`` and written at ``site``."""
        self.uses.append(Use(site, name, scope))

    def look_up(self, name: str, scope: Scope, offset: int) -> Symbol | None:
        """The symbol that ``name`` means at ``offset`` in ``scope``."""
        limit = offset if self.is_sequential else None
        for inner in scope.up():
            target = inner.redirects.get(name, inner)
            symbol = target.get(name, None if target.kind is not ScopeKind.BLOCK else limit)
            if symbol is not None:
                return symbol
        return None


def site_of(node: tree_sitter.Node, *, is_definition: bool = False) -> Site:
    """The site that a node covers."""
    return Site(span(node.start_byte, node.end_byte), is_definition)
