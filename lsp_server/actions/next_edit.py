"""The next edit as an action with a preview, and mends for what other tools found."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.next_edit import NextEdit as NextEditJob
from engine.edits.next_edit import analysed
from engine.edits.repair_place import repair_place
from engine.job import FillSpans
from engine.spans import span
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_NEXT = types.CodeActionKind.RefactorRewrite
_MEND = types.CodeActionKind.QuickFix
_MAX_MESSAGE = 60


class NextEdit:
    """Offered where analysis sees how the last edit goes on, and on diagnostics."""

    name = "next_edit"
    kinds: tuple[str, ...] = (_MEND, _NEXT)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer for the edit, one for each diagnostic that the selection touches."""
        places = analysed(site.request)
        if places:
            yield ActionOffer(f"Go on with the last edit ({_count(len(places))})", _NEXT)
        for number, finding in enumerate(site.findings):
            is_here = finding.span.start <= site.selection.end
            is_here = is_here and site.selection.start <= finding.span.end
            place = repair_place(site.tree, finding.span, site.selection) if is_here else None
            if place is not None:
                arguments = {"start": place.start, "end": place.end}
                title = f"Rewrite the line: {_short(finding.message)}"
                yield ActionOffer(title, _MEND, arguments, mended=(number,))

    def change(self, site: Site, arguments: Arguments) -> Change:
        """The job of the next edit, or the line of the diagnostic denoised; both previewed."""
        if "start" not in arguments:
            return Change(job=NextEditJob(site.request), is_previewed=True)
        place = span(int(arguments["start"]), int(arguments["end"]))
        return Change(job=FillSpans(site.request, (place,)), is_previewed=True)


def _count(num_places: int) -> str:
    return "1 place" if num_places == 1 else f"{num_places} places"


def _short(message: str) -> str:
    line = message.split("\n", 1)[0]
    return line if len(line) <= _MAX_MESSAGE else line[: _MAX_MESSAGE - 1] + "…"
