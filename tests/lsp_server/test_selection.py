"""Proposals that add to the selected entry of a completion list."""

from __future__ import annotations

from typing import Any

from engine.proposal import Edit
from engine.request import RecentEdit, Request
from engine.spans import ByteOffset, span
from lsp_server.selection import Selection


def test_the_engine_sees_the_entry_as_accepted() -> None:
    recent = (RecentEdit(span(6, 7), "", 0.1),)
    request = Request("x.é\nlog", ByteOffset(4), recent_edits=recent)
    seen = Selection(span(2, 4), "append").put_in(request)
    assert (seen.text, seen.cursor) == ("x.append\nlog", 8)
    assert seen.recent_edits[0].span == span(10, 11)


def test_the_item_has_the_entry_s_range_and_begins_with_it(make_proposal: Any) -> None:
    proposal = make_proposal(8, (0, 1, "y"), (8, 8, "(1)"), (9, 10, "L"))
    turned = Selection(span(2, 4), "append").taken_out(proposal)
    assert turned.edits == (
        Edit(span(0, 1), "y"),
        Edit(span(2, 4), "append(1)"),
        Edit(span(5, 6), "L"),
    )
    assert turned.text == "append(1)"
    assert turned.plan.cursor == 2
    assert sum(token.length for token in turned.tokens) == len(turned.text)
