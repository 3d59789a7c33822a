from __future__ import annotations

import pytest

from engine.denoisers.scripted import ByteTokenizer
from engine.errors import BadInput
from engine.holes import MaskPlan
from engine.languages import language_of
from engine.planning.span_plan import MAX_SPANS, plan_spans
from engine.spans import Span, span
from engine.syntax import parse

DATA = "total = é(first)\n\nrest\n".encode()


def planned(*places: Span, single_line: bool | None = None) -> MaskPlan:
    tree = parse(DATA, language_of("a.py"))
    return plan_spans(tree, places, ByteTokenizer(), single_line)


def test_spans_are_sorted_and_the_first_is_the_cursors() -> None:
    plan = planned(span(11, 16), span(0, 5))
    assert [hole.span for hole in plan.holes] == [span(0, 5), span(11, 16)]
    assert (plan.cursor_hole, plan.cursor) == (0, 0)
    assert plan.rest.of(DATA) == " = é(first)".encode()


def test_canvases_have_room_for_more_than_the_old_text() -> None:
    sizes = [hole.num_tokens for hole in planned(span(0, 5), span(11, 16)).holes]
    assert sizes == [16, 16]
    assert planned(span(0, 17)).holes[0].num_tokens == 32


@pytest.mark.parametrize(
    ("place", "is_single_line"),
    [(span(0, 5), True), (span(11, 11), True), (span(18, 18), False), (span(0, 19), False)],
)
def test_one_line_or_several_follows_the_text(place: Span, is_single_line: bool) -> None:
    assert planned(place).holes[0].single_line is is_single_line
    assert planned(place, single_line=True).holes[0].single_line


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ([], "0 spans"),
        ([span(index, index) for index in range(MAX_SPANS + 1)], "give between 1 and"),
        ([span(0, 3), span(2, 4)], "overlap"),
        ([span(2, 2), span(2, 2)], "overlap"),
        ([span(0, 999)], "leaves the text"),
        ([span(9, 9)], "cuts a character"),
    ],
)
def test_what_cannot_be_masked_is_named(places: list[Span], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        planned(*places)
