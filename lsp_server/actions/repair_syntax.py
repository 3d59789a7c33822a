"""Repair a syntax error: the line at fault is written anew."""

from __future__ import annotations

from collections.abc import Iterator

from lsprotocol import types

from engine.edits.repair_place import is_of_macro, repair_place
from engine.job import FillSpans
from engine.spans import Span, span
from lsp_server.actions.provider import ActionOffer, Arguments, Change, Site

_KIND = types.CodeActionKind.QuickFix


class RepairSyntax:
    """Offered on the lines of a fault that the parser sees, and that no macro explains."""

    name = "repair_syntax"
    kinds: tuple[str, ...] = (_KIND,)

    def offers(self, site: Site) -> Iterator[ActionOffer]:
        """One offer for the first fault on the selected lines."""
        place = _place(site)
        if place is not None:
            yield ActionOffer(
                "Repair the syntax",
                _KIND,
                {"start": place.start, "end": place.end},
                is_preferred=True,
                mended=tuple(
                    number
                    for number, finding in enumerate(site.findings)
                    if finding.span.start <= place.end and place.start <= finding.span.end
                ),
            )

    def change(self, site: Site, arguments: Arguments) -> Change:
        """Denoise the line; nothing that parses worse is ever the outcome."""
        place = span(int(arguments["start"]), int(arguments["end"]))
        return Change(job=FillSpans(site.request, (place,)))


def _place(site: Site) -> Span | None:
    first, last = (site.tree.line_at(at) for at in (site.selection.start, site.selection.end))
    near = span(first.start, last.end)
    is_found = any(
        near.start <= each.span.end and each.span.start <= near.end for each in site.findings
    )
    for fault in site.tree.faults(near):
        if not is_found and is_of_macro(site.tree, fault):
            continue
        return repair_place(site.tree, span(fault.start_byte, fault.end_byte), near)
    return None
