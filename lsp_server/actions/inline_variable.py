"""Inline variable, by analysis alone."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.inline_variable import inline_variable
from engine.errors import BadInput
from engine.proposal import EditSet
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = types.CodeActionKind.RefactorInline


class InlineVariable:
    """Offered on a local that is set once and whose value is the same at its uses."""

    name = "inline_variable"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer where that changes nothing that happens."""
        found = inline_variable(site.tree, site.selection.start)
        if found is not None:
            yield ActionOffer(f"Inline {found.name}", _KIND)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Write the value at every use."""
        del arguments
        found = inline_variable(site.tree, site.selection.start)
        if found is None:
            raise BadInput("no local stands there whose value is the same at all of its uses")
        return Change(EditSet(found.edits))
