"""Regenerate what is selected, or the expression, statement or block at the cursor."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.islands import enclosing_places, holes_around_pins
from engine.errors import BadInput
from engine.job import FillSpans
from engine.planning.hole_spans import trimmed
from engine.planning.span_plan import MAX_SPANS
from engine.spans import span
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = types.CodeActionKind.RefactorRewrite


class Regenerate:
    """Lines that hold the comment ``midfill: keep`` stay, and the text around them is filled."""

    name = "regenerate"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer for the selection, else one for each thing around the cursor."""
        if site.selection:
            place = trimmed(site.tree.data, site.selection.start, site.selection.end)
            places = [("selection", place)] if place else []
        else:
            places = enclosing_places(site.tree, site.selection.start)
        for what, place in places:
            arguments = {"start": place.start, "end": place.end}
            yield ActionOffer(f"Regenerate the {what}", _KIND, arguments)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Denoise all pieces between the pinned lines together."""
        place = span(int(arguments["start"]), int(arguments["end"]))
        holes = holes_around_pins(site.tree, place)
        if not 1 <= len(holes) <= MAX_SPANS:
            raise BadInput(f"{len(holes)} pieces between pinned lines: leave 1 to {MAX_SPANS}")
        return Change(job=FillSpans(site.request, tuple(holes)))
