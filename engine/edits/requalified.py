"""Uses of an import that was written anew: ``os.path`` becomes ``path``, or the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from engine.edits.lost_names import declared_in
from engine.edits.symbols import NameTable, Origin, Symbol, SymbolKind
from engine.edits.user_change import UserChange
from engine.proposal import Edit
from engine.spans import Span, span

_IMPORTS = (SymbolKind.IMPORT, SymbolKind.MODULE)
_MEMBER = re.compile(rb"\s*\.\s*([\w$]+)")


def requalified(before: NameTable, now: NameTable, change: UserChange) -> list[Edit]:
    """What the uses become of names that were imported as a whole and now are as members.

    And of those that were members and now are the whole; in text order.
    """
    gone = _imported(before, change.place_before)
    come = _imported(now, change.place)
    kept = {(one.name, one.origin) for one in gone} & {(one.name, one.origin) for one in come}
    gone = [one for one in gone if (one.name, one.origin) not in kept]
    come = [one for one in come if (one.name, one.origin) not in kept]
    found: dict[Span, Edit] = {}
    for old in gone:
        for place in _uses(before, old, change):
            edit = _edit(now, old, place, come)
            if edit is not None:
                found.setdefault(edit.span, edit)
    return sorted(found.values(), key=lambda edit: edit.span)


def _imported(table: NameTable, place: Span) -> list[Symbol]:
    symbols = declared_in(table, place)
    return [one for one in symbols if one.kind in _IMPORTS and one.origin is not None]


def _uses(before: NameTable, symbol: Symbol, change: UserChange) -> Iterator[Span]:
    """Where the name is used outside of the change, as places of the text now."""
    was_at = change.place_before
    delta = len(change.place) - len(was_at)
    for site in before.sites_of(symbol):
        is_plain = not (site.is_definition or site.prefix or site.suffix)
        if is_plain and not site.span.overlaps(was_at):
            moved = delta if site.span.start >= was_at.end else 0
            yield span(site.span.start + moved, site.span.end + moved)


def _edit(now: NameTable, old: Symbol, place: Span, come: Sequence[Symbol]) -> Edit | None:
    """What one use becomes; None where the new imports do not say."""
    member = _MEMBER.match(now.tree.data, place.end)
    is_lost = place.start not in now.at
    for new in come:
        if old.origin is None or new.origin is None:
            continue
        is_same = _module(old.origin) == _module(new.origin)
        is_member = member is not None and member[1].decode() == (new.origin.name or new.name)
        if member is not None and is_member and (is_lost or (is_same and old.origin.name is None)):
            return Edit(span(place.start, member.end()), new.name)
        if is_same and new.origin.name is None and old.origin.name is not None:
            return Edit(place, f"{new.name}.{old.origin.name}")
    return None


def _module(origin: Origin) -> tuple[str, int]:
    return origin.module, origin.level
