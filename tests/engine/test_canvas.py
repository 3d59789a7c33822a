from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.canvas import Canvas, HoleCanvas, State
from engine.context import Context, Snippet
from engine.denoisers.scripted import ByteTokenizer
from engine.holes import Hole, HoleKind, MaskPlan
from engine.spans import ByteOffset, span

MASK, EOM = 0, 1
TOKENIZER = ByteTokenizer()


class CanvasMachine(RuleBasedStateMachine):
    """Any sequence of changes leaves a canvas consistent and its context as it was."""

    def __init__(self) -> None:
        super().__init__()
        context = tuple(np.arange(10 * n, 10 * n + 3) for n in range(3))
        holes = [HoleCanvas.masked(size, MASK) for size in (4, 6)]
        self.canvas = Canvas(np.arange(5), context, holes, 0, 0)
        self.context = [piece.copy() for piece in (self.canvas.snippets, *context)]
        self.finished: list[int] = []

    @rule(data=st.data(), hole=st.integers(0, 1), token=st.integers(2, 99))
    def commit(self, data: st.DataObject, hole: int, token: int) -> None:
        canvas = self.canvas.holes[hole]
        index = data.draw(st.integers(0, max(len(canvas) - 1, 0)))
        if len(canvas) and canvas.is_masked[index]:
            canvas.commit(index, token, 0.5)
        elif len(canvas):
            with pytest.raises(ValueError):
                canvas.commit(index, token, 0.5)

    @rule(data=st.data(), hole=st.integers(0, 1))
    def truncate(self, data: st.DataObject, hole: int) -> None:
        canvas = self.canvas.holes[hole]
        canvas.truncate(data.draw(st.integers(0, len(canvas))))

    @rule(hole=st.integers(0, 1), size=st.integers(0, 5))
    def grow(self, hole: int, size: int) -> None:
        if len(self.canvas.holes[hole]) < 20:
            self.canvas.holes[hole].grow(size, MASK)

    @precondition(lambda self: not self.canvas.holes[0].is_masked.any())
    @rule()
    def extend(self) -> None:
        hole = self.canvas.holes[0]
        self.finished += hole.extend(4, MASK).tolist()
        assert len(hole) == 4 and hole.is_masked.all()

    @invariant()
    def lengths_agree(self) -> None:
        for hole in self.canvas.holes:
            assert len(hole) == len(hole.ids) == len(hole.states) == len(hole.p) == len(hole.guess)

    @invariant()
    def masked_positions_hold_the_mask_and_only_they(self) -> None:
        for hole in self.canvas.holes:
            assert np.array_equal(hole.ids == MASK, hole.states == State.MASKED)

    @invariant()
    def positions_are_found_again(self) -> None:
        starts = self.canvas.starts
        holes, places = self.canvas.locate(np.arange(starts[-1]))
        assert [starts[h] + i for h, i in zip(holes, places, strict=True)] == [*range(starts[-1])]
        masked = self.canvas.masked()
        flags = np.concatenate([hole.is_masked for hole in self.canvas.holes])
        assert np.array_equal(masked, np.flatnonzero(flags))

    @invariant()
    def context_never_changes(self) -> None:
        pieces = (self.canvas.snippets, *self.canvas.context)
        assert all(map(np.array_equal, pieces, self.context))
        assert self.canvas.holes[0].done.tolist() == self.finished


TestCanvas = CanvasMachine.TestCase


def test_context_cannot_be_written() -> None:
    canvas = Canvas(np.arange(2), (np.arange(2), np.arange(2)), [HoleCanvas.masked(1, MASK)], 0, 0)
    with pytest.raises(ValueError):
        canvas.context[0][0] = 9


def test_a_copy_is_changed_apart() -> None:
    canvas = Canvas(np.arange(2), (np.arange(2), np.arange(2)), [HoleCanvas.masked(3, MASK)], 0, 0)
    twin = canvas.copy()
    twin.holes[0].commit(0, 7, 0.5)
    twin.holes[0].truncate(1)
    assert canvas.holes[0].is_masked.all() and len(canvas.holes[0]) == 3
    assert twin.context is canvas.context


def test_an_open_block_cannot_be_finished() -> None:
    with pytest.raises(ValueError):
        HoleCanvas.masked(2, MASK).extend(2, MASK)


def test_rewinding_opens_a_finished_block() -> None:
    hole = HoleCanvas.masked(2, MASK)
    hole.commit(0, 5, 0.5)
    hole.commit(1, 6, 0.5)
    block, p = hole.ids, hole.p
    hole.extend(2, MASK)
    hole.rewind(0, block, p)
    assert hole.ids.tolist() == [5, 6] and not hole.is_masked.any() and len(hole.done) == 0


def plan_of(*places: tuple[int, int], cursor_hole: int = 0, rest: tuple[int, int]) -> MaskPlan:
    holes = tuple(Hole(span(*place), HoleKind.SPAN, True, 4, "") for place in places)
    cursor = holes[cursor_hole].span.start
    return MaskPlan(holes, cursor_hole, ByteOffset(cursor), span(*rest), "")


def spelled(canvas: Canvas) -> list[str]:
    return [TOKENIZER.decode_bytes(piece).decode() for piece in canvas.context]


def built(data: bytes, plan: MaskPlan, *snippets: Snippet) -> Canvas:
    return Canvas.from_plan(plan, Context(snippets, span(0, len(data))), data, TOKENIZER)


def test_the_rest_of_the_line_is_told_from_what_follows() -> None:
    data = b"a = foo(wor, 1)\nb = 2\n"
    canvas = built(data, plan_of((11, 11), rest=(11, 15)))
    assert spelled(canvas) == ["a = foo(", ", 1)b = 2\n"]  # the line break is implied
    assert canvas.rest_tokens == len(", 1)")
    assert canvas.holes[0].forced == b"wor"


def test_white_space_behind_the_cursor_is_no_rest() -> None:
    canvas = built(b"a = 1  \r\nb = 2\r\n", plan_of((5, 5), rest=(5, 5)))
    assert (spelled(canvas)[1], canvas.rest_tokens) == ("b = 2\n", 0)


def test_the_indentation_of_an_empty_line_is_seen_as_typed() -> None:
    data = b"def f():\n\nx = 1\n"
    plan = dataclasses.replace(plan_of((9, 9), rest=(9, 9)), lead="    ")
    canvas = built(data, plan)
    assert spelled(canvas)[0] + canvas.holes[0].forced.decode() == "def f():\n    "


def test_a_hole_on_the_rest_of_the_line_belongs_to_the_rest() -> None:
    data = b"f(, g() + 1)\nb\n"
    canvas = built(data, plan_of((2, 2), (6, 6), rest=(2, 12)))
    assert spelled(canvas) == ["f(", ", g(", ") + 1)b\n"]
    assert [hole.forced for hole in canvas.holes] == [b"", b""]
    assert (canvas.rest_holes, canvas.rest_tokens) == (1, len(") + 1)"))


def test_holes_before_the_cursor_leave_the_prefix_in_pieces() -> None:
    data = b"x = \ny = \nz\n"
    canvas = built(data, plan_of((4, 4), (9, 9), cursor_hole=1, rest=(9, 9)))
    assert spelled(canvas) == ["x =", "\ny = ", "z\n"]
    assert canvas.rest_holes == 0


def test_the_space_before_a_further_hole_is_written_by_its_first_token() -> None:
    data = b"f(, 1 + )\nb\n"
    plan = plan_of((2, 2), (8, 8), rest=(2, 9))
    canvas = built(data, plan)
    assert spelled(canvas) == ["f(", ", 1 +", ")b\n"]
    assert canvas.holes[1].forced == b" "
    name = dataclasses.replace(plan.holes[1], kind=HoleKind.NAME)
    canvas = built(data, dataclasses.replace(plan, holes=(plan.holes[0], name)))
    assert spelled(canvas)[1] == ", 1 + " and canvas.holes[1].forced == b""


def test_snippets_come_with_their_path() -> None:
    canvas = built(b"x\n", plan_of((1, 1), rest=(1, 1)), Snippet("a.py", "import os"))
    assert canvas.snippets[0] == TOKENIZER.file_sep_id
    assert TOKENIZER.decode_bytes(canvas.snippets) == b"a.py\nimport os"


@given(st.text(alphabet="ab(é \n", max_size=30), st.data())
def test_context_and_forced_bytes_are_the_text_around_the_hole(
    text: str, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(text)))
    before, after = text[:cut].encode(), text[cut:].encode()
    line_end = len(before) + (after + b"\n").index(b"\n")
    rest = (len(before), len(before) + len(after[: line_end - len(before)].rstrip()))
    canvas = built(text.encode(), plan_of((len(before), len(before)), rest=rest))
    first, second = (TOKENIZER.decode_bytes(piece) for piece in canvas.context)
    assert first + canvas.holes[0].forced == before
    assert second.replace(b"\n", b"").replace(b" ", b"") == after.replace(b"\n", b"").replace(
        b" ", b""
    )
