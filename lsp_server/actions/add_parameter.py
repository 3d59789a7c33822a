"""Make an undeclared name a parameter, and pass it at every call.

In languages with declared types of all files, else of this one.
"""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.add_parameter import AddParameter as Found
from engine.edits.add_parameter import add_parameter, needed_files, wanted_parameter
from engine.edits.called_function import TYPED
from engine.edits.project_names import SourceText
from engine.edits.template import HOLE, FillTemplate
from engine.proposal import EditSet
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site
from lsp_server.rename_process import planned_parameter

_KIND = types.CodeActionKind.RefactorRewrite


class AddParameter:
    """Offered on a name that a function uses and nobody declares.

    Where a class of another file may have it, only on a diagnostic.
    """

    name = "add_parameter"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer that names the parameter and the function."""
        found = wanted_parameter(site.tree, site.selection.start)
        at = site.selection.start
        is_told = any(one.span.start <= at <= one.span.end for one in site.findings)
        if found is not None and (found.is_sure or is_told):
            where = "everywhere" if site.tree.language.id in TYPED else "in this file"
            title = f"Make {found.name} a parameter of {found.function} and pass it {where}"
            yield ActionOffer(title, _KIND)

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Callers that know the name pass it, the model finds what the others pass."""
        del arguments
        tree, offset = site.tree, site.selection.start
        if tree.language.id not in TYPED:
            return _change(site, add_parameter(tree, offset))
        path = site.request.path or ""
        needed = needed_files(tree, offset, path)
        others = () if needed is None else site.others(needed)
        own = SourceText(path, tree.data.decode(), tree.language.id)

        async def planned() -> Change:
            return _change(site, await planned_parameter((own, *others), offset))

        return Change(later=planned)


def _change(site: Site, found: Found) -> Change:
    has_holes = any(HOLE in edit.new_text for edit in found.template)
    job = FillTemplate(site.request, found.template) if has_holes else None
    if found.plain:
        return Change(EditSet(found.plain), job, is_previewed=True)
    return Change(job=job, is_previewed=True, asked_for="the parameter's type")
