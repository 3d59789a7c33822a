"""Ghost text and steps as a person sees them."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.holes import Hole, HoleKind, MaskPlan
from engine.proposal import Edit, EditSet, Proposal, Reason, Refusal, TokenConfidence
from engine.spans import span
from engine.step import State, Step
from lsp_server.terminal import Painter, has_colour, summary

ESCAPE = re.compile(r"\x1b\[[\d;]*m")
TEXT = "def add(a, b):\n    return \n\n\nprint(add(1))\n"
OTHER_THAN_MARKS = st.characters(exclude_characters="⟦⟧", exclude_categories=["Cs"])
CURSOR = TEXT.index("return ") + len("return ")


def proposal(*edits: Edit, tokens: tuple[TokenConfidence, ...] = (), cursor: int = 0) -> Proposal:
    holes = tuple(Hole(edit.span, HoleKind.EXPRESSION, True, 8, "here") for edit in edits)
    plan = MaskPlan(holes, cursor, holes[cursor].span.start, span(0, 0), "rest of the line")
    return Proposal(edits[cursor].new_text, EditSet(edits), plan, tokens, 0.875, 3, 4, model="m")


def test_ghost_text_stands_in_place_between_marks() -> None:
    shown = Painter(is_coloured=False).proposal(TEXT, proposal(Edit(span(CURSOR, CURSOR), "a + b")))
    assert shown.splitlines() == [
        "1 │ def add(a, b):",
        "2 │     return ⟦a + b⟧",
        "3 │",
        "4 │",
        "5 │ print(add(1))",
    ]


def test_replaced_text_is_shown_and_far_lines_are_left_out() -> None:
    text = "".join(f"line {number}\n" for number in range(1, 31))
    first, second = text.index("line 2\n"), text.index("line 29")
    shown = Painter(is_coloured=False).proposal(
        text,
        proposal(
            Edit(span(first, first + 4), "LINE"), Edit(span(second + 4, second + 4), "s\nand")
        ),
    )
    assert " 2 │ ⟦line⇒LINE⟧ 2\n" in shown
    assert " ⋯\n" in shown
    assert "29 │ line⟦s\n30 │ and⟧ 29\n" in shown
    assert "line 15" not in shown


def test_colour_follows_the_confidence_of_each_token() -> None:
    tokens = (TokenConfidence(2, 0.95), TokenConfidence(2, 0.7), TokenConfidence(1, 0.2))
    edit = Edit(span(CURSOR, CURSOR), "a + b")
    shown = Painter(is_coloured=True).proposal(TEXT, proposal(edit, tokens=tokens))
    assert "\x1b[3;36ma \x1b[0m\x1b[2;3;36m+ \x1b[0m\x1b[2;3;33mb\x1b[0m" in shown
    assert "⟦" not in shown


@given(
    before=st.text(OTHER_THAN_MARKS, max_size=30),
    new=st.text(OTHER_THAN_MARKS, min_size=1, max_size=20),
    after=st.text(OTHER_THAN_MARKS, max_size=30),
    cuts=st.lists(st.integers(1, 9), max_size=8),
)
def test_painting_loses_no_text_whatever_the_tokens_are(
    before: str, new: str, after: str, cuts: list[int]
) -> None:
    """Colour must hold exactly what marks hold, even where tokens cut characters in two."""
    start = len(before.encode())
    tokens = tuple(TokenConfidence(length, 1 / length) for length in cuts)
    made = proposal(Edit(span(start, start), new), tokens=tokens)
    coloured = ESCAPE.sub("", Painter(is_coloured=True).proposal(before + after, made))
    marked = Painter(is_coloured=False).proposal(before + after, made)
    unmarked = marked.replace("⟦", "").replace("⟧", "").splitlines()
    assert [line.rstrip() for line in coloured.splitlines()] == [line.rstrip() for line in unmarked]


def test_a_file_cannot_steer_the_terminal() -> None:
    text = "x = '\x1b]0;title\x07'\ny = \n"
    end = len(text) - 1
    for is_coloured in (True, False):
        shown = Painter(is_coloured).proposal(text, proposal(Edit(span(end, end), "\x1b[2J1")))
        assert "\x1b]" not in shown and "\x1b[2J" not in shown and "\x07" not in shown


STEP = Step(
    index=2,
    ids=((5, 6, 0), (7,)),
    states=((State.COMMITTED, State.COMMITTED, State.MASKED), (State.COMMITTED,)),
    p=((0.9, 0.8, 0.1), (0.99,)),
    texts=(("a", "\n", ""), ("b",)),
    committed=((0, 1), (1, 0)),
    remasked=((0, 2),),
    forwards=3,
    elapsed_ms=12.0,
)


def test_a_step_shows_every_canvas_and_what_changed() -> None:
    line = Painter(is_coloured=False).step(STEP)
    assert line == "step  2  2 committed, 1 masked again  a⏎░  │  b"
    coloured = Painter(is_coloured=True).step(STEP)
    assert ESCAPE.sub("", coloured) == line
    assert "\x1b[1;32m⏎\x1b[0m" in coloured and "\x1b[1;32mb\x1b[0m" in coloured


def test_a_refusal_says_why() -> None:
    refusal = Refusal(Reason.DOES_NOT_PARSE, "one error more", steps=2, forwards=3)
    assert Painter(False).refusal(refusal) == "no proposal: DOES_NOT_PARSE: one error more"
    assert summary(refusal, 12.4) == "2 steps · 3 forwards · 12 ms"


def test_the_summary_names_confidence_work_and_plan() -> None:
    made = proposal(Edit(span(CURSOR, CURSOR), "a"), tokens=(TokenConfidence(1, 0.9),))
    assert summary(made, 7.0) == (
        "confidence 0.88 · 1 token · 3 steps · 4 forwards · 7 ms · expression (rest of the line)"
    )


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "expected"),
    [
        (io.StringIO(), {}, False),
        (_Terminal(), {}, True),
        (_Terminal(), {"NO_COLOR": "1"}, False),
        (_Terminal(), {"NO_COLOR": ""}, True),
        (_Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_that_want_it(
    stream: io.StringIO, environ: dict[str, str], expected: bool
) -> None:
    assert has_colour(stream, environ) is expected


def test_an_edit_of_another_file_is_not_painted_into_this_one() -> None:
    made = proposal(Edit(span(CURSOR, CURSOR), "a"), Edit(span(0, 3), "nowhere", path="other.py"))
    assert "nowhere" not in Painter(False).proposal(TEXT, made)
