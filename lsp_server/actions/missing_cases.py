"""Complete the missing cases of a ``match`` or ``switch`` over an enum in sight."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.missing_cases import missing_cases
from engine.edits.template import FillTemplate
from engine.errors import BadInput
from engine.proposal import EditSet
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = types.CodeActionKind.QuickFix


class MissingCases:
    """Offered in a switch without a default that leaves members of an enum out."""

    name = "missing_cases"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer that names the enum and how many are missing."""
        found = missing_cases(site.tree, site.selection.start)
        if found is not None:
            title = f"Add the {len(found.names)} missing cases of {found.enum}"
            yield ActionOffer(title.replace("the 1 missing cases", "the missing case"), _KIND)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """The bodies are the model's; without it they stand for what is to be written."""
        del arguments
        found = missing_cases(site.tree, site.selection.start)
        if found is None:
            raise BadInput("no switch over an enum of this file stands there with cases missing")
        return Change(EditSet(found.plain), FillTemplate(site.request, found.template))
