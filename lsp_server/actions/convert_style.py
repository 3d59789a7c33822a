"""Convert a loop that only appends to a comprehension, where the model finds that likelier."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.comprehension import comprehension
from engine.edits.judged_edits import JudgedEdits
from engine.errors import BadInput
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = types.CodeActionKind.RefactorRewrite


class ConvertStyle:
    """Offered on the loop; resolving refuses, with the number, where the score does not gain."""

    name = "convert_style"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer where the comprehension does the same and fits its line."""
        if comprehension(site.tree, site.selection.start) is not None:
            yield ActionOffer("Convert the loop to a comprehension", _KIND)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Let the model compare the two."""
        del arguments
        edit = comprehension(site.tree, site.selection.start)
        if edit is None:
            raise BadInput("no loop stands there that only appends to a new list")
        if site.request.text.encode() != site.tree.data:
            raise BadInput("the file holds a secret, which no model may see: convert it by hand")
        return Change(job=JudgedEdits(site.request, (edit,)))
