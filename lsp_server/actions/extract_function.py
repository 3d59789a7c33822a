"""Extract function: analysis does it, the model may find a better name."""

from __future__ import annotations

from collections.abc import Iterator

from engine.edits.extract_function import TYPED, extract_function, selected_statements
from engine.edits.function_frame import FRAMES
from engine.edits.named_edits import NamedEdits
from engine.proposal import EditSet
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = "refactor.extract.function"


class ExtractFunction:
    """Offered where the selection is whole statements; resolving says why it cannot be."""

    name = "extract_function"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer where whole statements of one block are selected."""
        is_known = site.tree.language.id in (*FRAMES, *TYPED)
        if is_known and site.selection and selected_statements(site.tree, site.selection):
            yield ActionOffer("Extract function", _KIND)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Move the statements, call them."""
        del arguments
        found = extract_function(site.tree, site.selection)
        return Change(EditSet(found.edits), NamedEdits(site.request, found.edits, found.name))
