"""Fill the hole: an empty or placeholder body at the cursor is written."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.unwritten import unwritten_at
from engine.job import FillSpans
from engine.spans import span
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site


class FillHole:
    """Offers to write what ``pass``, ``...``, TODO, ``todo!()`` or an empty body stand for."""

    name = "fill_hole"
    kinds: tuple[str, ...] = (types.CodeActionKind.QuickFix,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer where the cursor is on an unwritten body, its header or a placeholder."""
        place = unwritten_at(site.tree, site.selection.start)
        if place is not None:
            arguments = {"start": place.start, "end": place.end}
            yield ActionOffer("Fill this in", types.CodeActionKind.QuickFix, arguments)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Denoise the hole."""
        place = span(int(arguments["start"]), int(arguments["end"]))
        return Change(job=FillSpans(site.request, (place,)))
