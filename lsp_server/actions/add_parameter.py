"""Make an undeclared name a parameter, and pass it at every call in the file."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.add_parameter import add_parameter, wanted_parameter
from engine.edits.template import HOLE, FillTemplate
from engine.proposal import EditSet
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = types.CodeActionKind.RefactorRewrite


class AddParameter:
    """Offered on a name that a function uses and nobody declares."""

    name = "add_parameter"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer that names the parameter and the function."""
        found = wanted_parameter(site.tree, site.selection.start)
        if found is not None:
            title = f"Make {found.name} a parameter of {found.function} and pass it in this file"
            yield ActionOffer(title, _KIND)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Callers that know the name pass it, the model finds what the others pass."""
        del arguments
        found = add_parameter(site.tree, site.selection.start)
        has_holes = any(HOLE in edit.new_text for edit in found.template)
        job = FillTemplate(site.request, found.template) if has_holes else None
        return Change(EditSet(found.plain), job, is_previewed=True)
