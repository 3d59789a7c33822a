"""Remove redundant code: what scopes and the tree show to be unused or never reached."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.dead_code import dead_code
from engine.edits.names_of import name_table
from engine.edits.unused import unused_names
from engine.errors import BadInput
from engine.proposal import Edit, EditSet
from engine.spans import Span
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_ALL = "source.fixAll.midfill"
_ONE = types.CodeActionKind.QuickFix


class RemoveRedundant:
    """Offered on a redundant place, and for all of a file as a source action."""

    name = "remove_redundant"
    kinds: tuple[str, ...] = (_ONE, _ALL)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """What the selection touches, and all of it when there is any."""
        found = _redundant(site)
        for place, title in found:
            if place.start <= site.selection.end and site.selection.start < place.end:
                yield ActionOffer(title, _ONE, {"start": place.start})
        if found:
            yield ActionOffer("Remove all redundant code", _ALL)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Take it out; all of it is shown before it is made."""
        start = arguments.get("start")
        places = [place for place, _ in _redundant(site) if start in (None, place.start)]
        if not places:
            raise BadInput("nothing redundant stands there any more")
        edits = tuple(Edit(place, "") for place in places)
        return Change(EditSet(edits), is_previewed=start is None)


def _redundant(site: Site) -> list[tuple[Span, str]]:
    """Places that may go, in text order without overlaps, each with its title."""
    table = name_table(site.tree)
    unused = [] if table is None else unused_names(table, site.request.path)
    found = [(one.span, f"Remove unused {one.what} {one.name}") for one in unused]
    found += [(dead.span, f"Remove code that is {dead.why}") for dead in dead_code(site.tree)]
    kept: list[tuple[Span, str]] = []
    for place, title in sorted(found):
        if not kept or kept[-1][0].end <= place.start:
            kept.append((place, title))
    return kept
