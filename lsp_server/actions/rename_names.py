"""Better names: the model proposes up to three, and all places of the name in the file follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from engine.edits.names import SuggestNames
from engine.edits.names_of import name_table
from engine.edits.references import local_scope, symbol_at
from engine.edits.symbols import SymbolKind, word_at
from engine.spans import ByteOffset
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

KIND = "refactor.rename"
_BUDGET_MS = 15_000.0
_TITLES = ("the likeliest name", "the second likeliest name", "the third likeliest name")


class RenameNames:
    """Offers three names by rank; which they are is found out when one is chosen."""

    name = "rename_names"
    kinds: tuple[str, ...] = (KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """Three offers on a name that no other file can use: those others are not renamed."""
        offset = site.selection.end
        word = word_at(site.tree.data, offset)
        node = None if word is None else site.tree.node_at(word.end)
        is_name = node is not None and node.type in site.tree.language.kinds.names
        if not is_name or not site.tree.scopes(offset):
            return  # without a look at all names of the file
        table = name_table(site.tree)
        symbol = None if table is None else symbol_at(table, offset)
        if symbol is None or local_scope(symbol) is None or symbol.kind is SymbolKind.LABEL:
            return
        for rank, title in enumerate(_TITLES):
            arguments = {"offset": offset, "rank": rank}
            yield ActionOffer(f"Rename '{symbol.name}' to {title}", KIND, arguments)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Let the model choose; the editor shows the name before anything changes, if it can."""
        request = replace(
            site.request, cursor=ByteOffset(int(arguments["offset"])), budget_ms=_BUDGET_MS
        )
        job = SuggestNames(request, int(arguments["rank"]))
        return Change(job=job, is_previewed=True, is_name=True)
