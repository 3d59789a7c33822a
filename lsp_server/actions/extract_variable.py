"""Extract variable: analysis does it, the model may find a better name."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.extract_variable import extract_variable
from engine.edits.named_edits import NamedEdits
from engine.errors import BadInput
from engine.proposal import EditSet
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = "refactor.extract.variable"


class ExtractVariable:
    """Offered where the selection is one expression."""

    name = "extract_variable"
    kinds: tuple[str, ...] = (_KIND, types.CodeActionKind.RefactorExtract)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer where the value is the same in a line of its own."""
        if site.selection and extract_variable(site.tree, site.selection) is not None:
            yield ActionOffer("Extract variable", _KIND)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Declare it in front of the statement."""
        del arguments
        found = extract_variable(site.tree, site.selection)
        if found is None:
            raise BadInput("the selection is no expression that can be named: select all of it")
        job = NamedEdits(site.request, found.edits, found.name)
        return Change(EditSet(found.edits), job)
