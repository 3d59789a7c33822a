"""Uses of modules that move: ``a.b.c`` of ``import a.b``, ``b.c`` of ``from a import b``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from engine.edits.moving.imports import Imported, Rewritten, Statement
from engine.edits.moving.modules import Module, ModuleNames
from engine.edits.symbols import NameTable, Site, Symbol, SymbolKind
from engine.proposal import Edit
from engine.spans import Span, span

_WORD = re.compile(rb"\w+")
_NEXT = re.compile(rb"\s*\.\s*(\w+)")


@dataclass(frozen=True, slots=True)
class _Chain:
    """``a.b.c`` as it stands: its words, and where each ends."""

    words: tuple[str, ...]
    spans: tuple[Span, ...]

    def of(self, first: int, last: int) -> Span:
        return span(self.spans[first].start, self.spans[last].end)


class MovedUses:
    """What the uses in one file become. ``left`` counts those that cannot be written."""

    def __init__(
        self,
        names: ModuleNames,
        table: NameTable,
        statements: Sequence[Statement],
        is_shadowed: Callable[[Module, str], bool],
    ) -> None:
        self._names, self._table = names, table
        self._statements = statements
        self._is_shadowed = is_shadowed
        self.left = 0

    def can_follow(self, one: Imported, name: str) -> bool:
        """Whether all that ``one`` is used for here can be called ``name`` instead."""
        quoted = re.compile(rb"""["']%s["']""" % re.escape(one.bound.encode()))
        if self._is_taken(name) or quoted.search(self._table.tree.data):
            return False
        symbol = self._symbol(one)
        same = [each for each in self._all_imported() if each.module == one.module]
        places = [each.whole or each.place for each in same]
        return symbol is not None and all(
            any(place.start <= site.span.start < place.end for place in places)
            for each in self._table.symbols
            if each.name == one.bound and each.scope is symbol.scope
            for site in each.sites
            if site.is_definition
        )

    def _is_taken(self, name: str) -> bool:
        return name in self._table.free or any(one.name == name for one in self._table.symbols)

    def edits(self, rewritten: Rewritten) -> list[Edit]:
        """The places that follow ``rewritten``, and ``import a.b`` itself."""
        found: dict[Span, Edit] = {}
        for one, name in rewritten.renamed:
            for site in self._uses(one):
                found[site.span] = Edit(site.span, site.prefix + name + site.suffix)
        plain, aliased = self._plain(rewritten.dotted)
        for edit in (*plain, *self._tops(rewritten.dotted, aliased)):
            found[edit.span] = edit
        for one in self._all_imported():
            if one.module is not None and not self._is_top(one):
                for edit in self._members(one, one.module):
                    found.setdefault(edit.span, edit)
        return list(found.values())

    def _plain(self, dotted: Sequence[tuple[Imported, str]]) -> tuple[list[Edit], set[str]]:
        """Aliases for what is imported by one word that nothing here may be called."""
        edits, aliased = list[Edit](), set[str]()
        for one, new in dotted:
            top = new.split(".")[0]
            if top != one.bound and one.path == one.bound and not self.can_follow(one, top):
                edits.append(Edit(one.place, f"{new} as {one.bound}"))
                aliased.add(one.bound)
        return edits, aliased

    def _tops(self, dotted: Sequence[tuple[Imported, str]], aliased: set[str]) -> Iterator[Edit]:
        """``import a.b`` and all that begins with its ``a``."""
        changed = {one.place: new for one, new in dotted if one.bound not in aliased}
        plain = [one for one in self._all_imported() if self._is_top(one)]
        clashes = {
            one.bound
            for one, new in dotted
            if new.split(".")[0] != one.bound
            and self._is_taken(new.split(".")[0])
            and not self._is_module(new.split(".")[0])
        }
        self.left += len(clashes - aliased)
        tops = {changed.get(one.place, one.path).split(".")[0] for one in plain}
        needed = set[str]()
        for bound in dict.fromkeys(one.bound for one in plain):
            if bound in aliased | clashes:
                continue
            for chain in self._chains(one for one in plain if one.bound == bound):
                edit = self._prefix(chain, tops)
                if edit is not None:
                    yield edit
                if edit is None or edit.new_text.split(".")[0] == bound:
                    needed.add(bound)
        for one, new in dotted:
            if one.bound not in aliased | clashes:
                is_kept = one.bound in needed - tops
                tops |= {one.bound} if is_kept else set()
                yield Edit(one.place, f"{one.bound}, {new}" if is_kept else new)

    def _prefix(self, chain: _Chain, tops: set[str]) -> Edit | None:
        """The longest beginning of ``chain`` that is a module, if that one moves."""
        found, size = self._longest(self._names.absolute(chain.words[0]), chain)
        stem = None if found is None else self._names.new_stem(found)
        if found is None or stem == found.stem:
            return None
        dotted = None if stem is None else self._names.written(stem, found.root, 0)
        if not dotted or dotted.split(".")[0] not in tops:
            self.left += 1
            return None
        return Edit(chain.of(0, size - 1), dotted)

    def _members(self, one: Imported, module: Module) -> Iterator[Edit]:
        """``b.c`` where ``b`` is a package and its module ``c`` moves."""
        home = self._names.new_stem(module)
        for chain in self._chains((one,)):
            found, size = self._longest(module, chain)
            if found is None or size == 1 or home is None:
                continue
            stem = self._names.new_stem(found)
            if stem is not None and stem.startswith(f"{home}/"):
                now, new = ".".join(chain.words[1:size]), stem[len(home) + 1 :].replace("/", ".")
                if now != new:
                    yield Edit(chain.of(1, size - 1), new)
            elif stem != found.stem or home != module.stem:
                self.left += 1

    def _longest(self, module: Module | None, chain: _Chain) -> tuple[Module | None, int]:
        """The last word of ``chain`` that is a module below ``module``, and how many words."""
        size = 1
        while module is not None and size < len(chain.words):
            word = chain.words[size]
            below = self._names.at(f"{module.stem}/{word}", module.root)
            if below is None or self._is_shadowed(module, word):
                break
            module, size = below, size + 1
        return module, size

    def _chains(self, imported: Iterator[Imported] | tuple[Imported, ...]) -> Iterator[_Chain]:
        places = {site.span: site for one in imported for site in self._uses(one)}
        for place in sorted(places):
            words, spans = [], []
            match = _WORD.match(self._table.tree.data, place.start)
            at = place if match is None else span(match.start(), match.end())
            while match is not None:
                words.append(match[match.lastindex or 0].decode("utf-8", "replace"))
                spans.append(at)
                match = _NEXT.match(self._table.tree.data, at.end)
                at = at if match is None else span(match.start(1), match.end(1))
            if words:
                yield _Chain(tuple(words), tuple(spans))

    def _uses(self, one: Imported) -> list[Site]:
        symbol = self._symbol(one)
        sites = [] if symbol is None else self._table.sites_of(symbol)
        return [site for site in sites if not site.is_definition]

    def _symbol(self, one: Imported) -> Symbol | None:
        """The symbol that the import declares."""
        place = one.whole or one.place
        for symbol in self._table.symbols:
            if symbol.name == one.bound and any(
                site.is_definition and place.start <= site.span.start < place.end
                for site in symbol.sites
            ):
                return symbol
        return None

    def _is_module(self, name: str) -> bool:
        return all(one.kind is SymbolKind.MODULE for one in self._table.symbols if one.name == name)

    def _is_top(self, one: Imported) -> bool:
        """Whether ``import a.b`` binds ``a``."""
        plain = [each for each in self._statements if each.source is None]
        return not one.has_alias and any(one in each.names for each in plain)

    def _all_imported(self) -> list[Imported]:
        return [one for statement in self._statements for one in statement.names]
