"""What is left out between holes that lie far apart, and that the budget holds."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.canvas import Canvas
from engine.context import ContextLimits, select_context
from engine.denoisers.scripted import ByteTokenizer
from engine.languages import language_of
from engine.planning.span_plan import plan_spans
from engine.reading.window import Window, select_window
from engine.request import Request
from engine.spans import ByteOffset, span
from engine.syntax import parse

TOKENIZER = ByteTokenizer(())
LINES = "".join(f"value_{number} = compute({number}, 'é')\n" for number in range(2000))
DATA = LINES.encode()
BUDGET = 2400


def window_of(data: bytes, *places: int) -> Window:
    tree = parse(data, language_of("a.py"))
    plan = plan_spans(tree, [span(place, place) for place in places], TOKENIZER)
    return select_window(data, plan, BUDGET, 0.33, 0.33)


def line_start(number: int) -> int:
    return DATA.index(f"value_{number} ".encode())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 1999), min_size=1, max_size=8, unique=True))
def test_the_budget_holds_wherever_the_holes_are(numbers: list[int]) -> None:
    places = sorted(line_start(number) for number in numbers)
    window = window_of(DATA, *places)
    shown = len(window.span) - sum(len(gap) for gap in window.gaps)
    assert shown <= BUDGET + 80 * (len(places) + 1)
    assert all(window.span.start <= place <= window.span.end for place in places)
    for gap in window.gaps:
        assert DATA[gap.start - 1 : gap.start] == DATA[gap.end - 1 : gap.end] == b"\n"
        assert any(one < gap.start and gap.end < other for one, other in _pairs(places))


def _pairs(places: list[int]) -> list[tuple[int, int]]:
    return list(itertools.pairwise(places))


def test_the_lines_nearest_to_the_holes_are_kept() -> None:
    first, second = line_start(300), line_start(1700)
    window = window_of(DATA, first, second)
    (gap,) = window.gaps
    assert 300 < gap.start - first < 600 and 400 < second - gap.end < 800
    assert window.span.start < first - 200 and window.span.end > second + 200


def test_near_holes_have_no_gap_and_short_pieces_stay_whole() -> None:
    near = [line_start(number) for number in (300, 303, 310)]
    assert window_of(DATA, *near).gaps == ()
    (gap,) = window_of(DATA, *near, line_start(1500)).gaps
    assert gap.start > near[-1]


def test_a_line_without_end_is_cut_between_characters() -> None:
    data = ("x = [" + "'é', " * 20_000 + "]\n").encode()
    window = window_of(data, 5, len(data) - 2)
    (gap,) = window.gaps
    (data[: gap.start] + data[gap.end :]).decode()
    assert len(window.span) - len(gap) < BUDGET + 80


def test_what_is_left_out_is_not_in_the_canvas() -> None:
    tree = parse(DATA, language_of("a.py"))
    places = [span(line_start(number), line_start(number)) for number in (300, 1700)]
    plan = plan_spans(tree, places, TOKENIZER)
    request = Request(LINES, ByteOffset(places[0].start))
    context = select_context(tree, plan, request, ContextLimits(total=3000, snippets=600))
    canvas = Canvas.from_plan(plan, context, DATA, TOKENIZER)
    between = TOKENIZER.decode_bytes(canvas.context[1]).decode()
    assert between.startswith("value_300 =")
    assert between.endswith("value_1699 = compute(1699, 'é')\n")
    assert "value_1000" not in between and len(between) < 1500
