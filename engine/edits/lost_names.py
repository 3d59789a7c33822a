"""Names whose declaration the edit took away, and what it declared instead.

A declaration that is written anew under another name leaves its uses behind: they follow it,
whatever else was changed on its lines. Scopes decide, no likelihood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine.edits.symbols import NameTable, Site, Symbol
from engine.edits.user_change import UserChange
from engine.proposal import Edit
from engine.spans import Span, span

_LIKE = 0.5


@dataclass(frozen=True, slots=True)
class LostName:
    """``name`` stands at ``sites`` of the text as it is now, and nothing declares it any more.

    ``new_name`` is what the edit declares in its place, None where that is not plain.
    """

    name: str
    sites: tuple[Site, ...]
    new_name: str | None

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The new name at all sites; none without a new name."""
        if self.new_name is None:
            return ()
        return tuple(
            Edit(site.span, site.prefix + self.new_name + site.suffix) for site in self.sites
        )


def lost_names(before: NameTable, now: NameTable, change: UserChange) -> list[LostName]:
    """The names that the change left without a declaration, in text order of their first use."""
    was_at = change.place_before
    gone = list(declared_in(before, was_at))
    come = list(declared_in(now, change.place))
    old_names = {symbol.name for symbol in come}
    new_names = {symbol.name for symbol in gone}
    gone = [one for one in gone if one.name not in old_names]
    come = [one for one in come if one.name not in new_names]
    delta = len(change.place) - len(was_at)
    found: dict[str, LostName] = {}
    for symbol in gone:
        sites = tuple(_left(before, symbol, now, was_at, delta))
        if sites:
            found.setdefault(symbol.name, LostName(symbol.name, sites, _heir(symbol, gone, come)))
    return sorted(found.values(), key=lambda one: one.sites[0].span)


def declared_in(table: NameTable, place: Span) -> Iterator[Symbol]:
    """What is declared in ``place`` and nowhere else."""
    for symbol in table.symbols:
        definitions = [site.span for site in symbol.sites if site.is_definition]
        if definitions and all(
            place.start <= each.start and each.end <= place.end for each in definitions
        ):
            yield symbol


def _left(
    before: NameTable, symbol: Symbol, now: NameTable, was_at: Span, delta: int
) -> Iterator[Site]:
    """The uses outside of the change that nothing declares now, where they stand now."""
    for site in before.sites_of(symbol):
        if site.span.overlaps(was_at):
            continue
        moved = delta if site.span.start >= was_at.end else 0
        place = span(site.span.start + moved, site.span.end + moved)
        if place.start not in now.at:
            yield Site(place, False, site.prefix, site.suffix)


def _heir(symbol: Symbol, gone: Sequence[Symbol], come: Sequence[Symbol]) -> str | None:
    """What came for ``symbol``: the only name of its kind, else the one that is most like it."""
    went = {one.name for one in gone if _is_alike(one, symbol)}
    new = {one.name for one in come if _is_alike(one, symbol)}
    if len(went) == 1 and len(new) == 1:
        return next(iter(new))
    best = max(new, key=lambda name: (_likeness(name, symbol.name), name), default=None)
    if best is None or _likeness(best, symbol.name) < _LIKE:
        return None
    nearest = max(went, key=lambda name: (_likeness(name, best), name))
    return best if nearest == symbol.name else None


def _is_alike(one: Symbol, other: Symbol) -> bool:
    """Whether one may stand where the other did: a class and a function may not."""
    return one.kind is other.kind and one.name[0].isupper() == other.name[0].isupper()


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower(), autojunk=False).ratio()
