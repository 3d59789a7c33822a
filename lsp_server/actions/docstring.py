"""Write a docstring or comment from the signature, or bring the one that is there up to it."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.docstring import docstring_edit
from engine.edits.template import HOLE, FillTemplate
from engine.errors import BadInput
from engine.proposal import EditSet
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = types.CodeActionKind.RefactorRewrite


class Docstring:
    """Offered on a declaration's header (in Python a function's) and on what documents it."""

    name = "docstring"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer where documentation is missing, or does not name the parameters there are."""
        found = docstring_edit(site.tree, site.selection.start)
        if found is not None:
            yield ActionOffer(found.title, _KIND)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """The descriptions are the model's; without it they say what the names say."""
        del arguments
        found = docstring_edit(site.tree, site.selection.start)
        if found is None:
            raise BadInput("nothing stands there whose documentation could be written")
        has_holes = any(HOLE in edit.new_text for edit in found.template)
        closer = '"""' if site.tree.language.id == "python" else "*/"
        job = FillTemplate(site.request, found.template, closer=closer) if has_holes else None
        return Change(EditSet(found.plain), job)
