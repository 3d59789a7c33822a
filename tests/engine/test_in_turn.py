from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

import pytest

from engine import (
    EditKind,
    InfillConfig,
    Infiller,
    Outcome,
    Proposal,
    Reason,
    Refusal,
    Request,
    Step,
)
from engine.canvas import Canvas
from engine.constraints import Draft, Fault
from engine.denoisers.protocol import ContextHandle
from engine.denoisers.scripted import ByteTokenizer, ScriptedDenoiser, ScriptedHandle
from engine.holes import MaskPlan
from engine.in_turn import InTurn, Turn
from engine.languages import language_of
from engine.mask_plan import plan_masks
from engine.planning.span_plan import plan_spans
from engine.proposal import Edit, EditSet
from engine.request import RecentEdit
from engine.spans import ByteOffset, span
from engine.step import State
from engine.syntax import SyntaxTree, parse

TOKENIZER = ByteTokenizer()


def planned(marked: str, least: float = 0.0) -> tuple[InTurn, Request, MaskPlan]:
    """A change of the places marked with ‸, each of which is empty."""
    pieces = marked.split("‸")
    text = "".join(pieces)
    offsets = [len("".join(pieces[:n]).encode()) for n in range(1, len(pieces))]
    request = Request(text, ByteOffset(offsets[0]), "python")
    tree = python(text)
    plan = plan_spans(tree, [span(at, at) for at in offsets], TOKENIZER)
    return InTurn(request, tree, plan, least), request, plan


def python(text: str) -> SyntaxTree:
    return parse(text.encode(), language_of(None, "python"))


def written(turn: Turn, text: str, confidence: float = 0.9, is_cut: bool = False) -> Proposal:
    edits = EditSet((Edit(turn.plan.holes[0].span, text),))
    return Proposal(text, edits, turn.plan, (), confidence, 2, 3, model="m", is_cut=is_cut)


def filled(turns: InTurn, *texts: str | Outcome, confidence: float = 0.9) -> list[Turn]:
    """Take ``texts`` in the order of the turns."""
    seen, left = [], iter(texts)
    for turn in turns:
        seen.append(turn)
        given = next(left)
        turns.take(turn, written(turn, given, confidence) if isinstance(given, str) else given)
    return seen


def test_each_turn_sees_the_texts_before_it_and_none_behind_it() -> None:
    turns, request, plan = planned("a = ‸\nb = ‸\nc = ‸\n")
    seen = filled(turns, "1", "éa", "b")
    assert [turn.request.text for turn in seen] == [
        "a = \nb = \nc = \n",
        "a = 1\nb = \nc = \n",
        "a = 1\nb = éa\nc = \n",
    ]
    for turn in seen:
        [hole] = turn.plan.holes
        before = turn.tree.data[: hole.span.start].decode()
        assert before.endswith(f"{'abc'[turn.number]} = ")
        assert turn.request.cursor == turn.plan.cursor == hole.span.start
    outcome = turns.outcome()
    assert isinstance(outcome, Proposal)
    assert [edit.new_text for edit in outcome.edits] == ["1", "éa", "b"]
    assert [edit.span for edit in outcome.edits] == [hole.span for hole in plan.holes]
    assert outcome.kind is EditKind.ATOMIC and outcome.plan is plan
    assert outcome.text == "1" and request.text == "a = \nb = \nc = \n"
    assert (outcome.steps, outcome.forwards) == (6, 9)
    assert outcome.confidence == pytest.approx(0.9**3)


def test_what_is_replaced_is_hidden_until_its_turn() -> None:
    text = "old = 1\nprint(old)\nprint(old + 1)\n"
    places = [span(at, at + 3) for at in (0, 14, 25)]
    plan = plan_spans(python(text), places, TOKENIZER)
    turns = InTurn(Request(text, ByteOffset(0), "python"), python(text), plan, 0.0)
    seen = filled(turns, "total", "total", "total")
    assert seen[0].request.text == "old = 1\nprint()\nprint( + 1)\n"
    assert seen[2].request.text == "total = 1\nprint(total)\nprint(old + 1)\n"
    [hole] = seen[2].plan.holes
    assert hole.span.of(seen[2].tree.data) == b"old"
    assert isinstance(turns.outcome(), Proposal)


def test_the_cursors_hole_comes_first() -> None:
    text = "for  in :\n    print(1)\n"
    request = Request(text, ByteOffset(8), "python")
    tree = python(text)
    plan = plan_masks(tree, 8, request)
    assert len(plan.holes) == 2 and plan.cursor_hole == 1
    turns = InTurn(request, tree, plan, 0.0)
    seen = filled(turns, "values", "value")
    assert [turn.number for turn in seen] == [1, 0]
    assert seen[1].request.text == "for  in values:\n    print(1)\n"
    assert seen[1].plan.rest.of(seen[1].tree.data) == b" in values:"
    assert isinstance(turns.outcome(), Proposal)


def test_a_wanted_confidence_is_that_of_all_texts() -> None:
    turns, _, _ = planned("a = ‸\nb = ‸\n", least=0.2)
    first, second = filled(turns, "1", "2", confidence=0.5)
    assert first.request.min_confidence == pytest.approx(0.2)
    assert second.request.min_confidence == pytest.approx(0.4)


def test_of_named_spans_all_are_filled_or_none() -> None:
    turns, _, plan = planned("a = ‸\nb = ‸\nc = ‸\n")
    seen = filled(turns, "1", Refusal(Reason.LOW_CONFIDENCE, "unsure", forwards=4))
    outcome = turns.outcome()
    assert [turn.number for turn in seen] == [0, 1]
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.LOW_CONFIDENCE
    assert outcome.plan is plan and outcome.forwards == 7


@pytest.mark.parametrize("cut", [0, 1])
def test_half_of_a_named_span_counts_as_none(cut: int) -> None:
    turns, _, _ = planned("a = ‸\nb = ‸\n")
    for turn in turns:
        turns.take(turn, written(turn, "1", is_cut=turn.number == cut))
    outcome = turns.outcome()
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.LOW_CONFIDENCE


def test_behind_a_beginning_at_the_cursor_nothing_more_is_filled() -> None:
    text = "def mean(:\n    pass\n"
    request = Request(text, ByteOffset(9), "python")
    turns = InTurn(request, python(text), plan_masks(python(text), 9, request), 0.0)
    numbers = []
    for turn in turns:
        numbers.append(turn.number)
        turns.take(turn, written(turn, "values)", is_cut=True))
    outcome = turns.outcome()
    assert numbers == [0]
    assert isinstance(outcome, Proposal) and outcome.is_cut and len(outcome.edits) == 1


def test_a_neighbour_that_the_code_needs_is_not_left_out() -> None:
    text = "for  in :\n    print(1)\n"
    request = Request(text, ByteOffset(4), "python")
    tree = python(text)
    turns = InTurn(request, tree, plan_masks(tree, 4, request), 0.0)
    filled(turns, "value", Refusal(Reason.LOW_CONFIDENCE))
    outcome = turns.outcome()
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.DOES_NOT_PARSE


def test_a_placeholder_stays_when_nothing_is_found_for_it() -> None:
    text = "def mean(:\n    pass\n"
    request = Request(text, ByteOffset(9), "python")
    tree = python(text)
    plan = plan_masks(tree, 9, request)
    assert len(plan.holes) == 2
    turns = InTurn(request, tree, plan, 0.0)
    filled(turns, "values)", Refusal(Reason.DEADLINE))
    outcome = turns.outcome()
    assert isinstance(outcome, Proposal) and len(outcome.edits) == 1
    assert outcome.confidence == pytest.approx(0.9)


def test_texts_that_do_not_parse_together_are_refused() -> None:
    turns, _, _ = planned("a = ‸\nb = ‸\n")
    filled(turns, "(1", "2")
    outcome = turns.outcome()
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.DOES_NOT_PARSE
    assert outcome.model == "m"


class NoTwice:
    """A rule over all texts: none of them twice."""

    def fault(self, draft: Draft) -> Fault | None:
        is_twice = draft.others.count(draft.text) > 1
        return Fault(0, Reason.DOES_NOT_PARSE, "twice the same") if is_twice else None


def test_rules_see_all_texts() -> None:
    turns, _, _ = planned("a = ‸\nb = ‸\n")
    filled(turns, "1", "1")
    outcome = turns.outcome([NoTwice()])
    assert isinstance(outcome, Refusal) and outcome.detail == "twice the same"
    assert isinstance(turns.outcome(), Proposal)


def test_edits_stand_where_they_are_at_each_turn() -> None:
    text = "a = \nb = \nc = 3\n"
    edits = (RecentEdit(span(14, 15), "2", 5.0), RecentEdit(span(2, 3), "x", 9.0, "other.py"))
    request = Request(text, ByteOffset(4), "python", "own.py", recent_edits=edits)
    plan = plan_spans(python(text), [span(4, 4), span(9, 9)], TOKENIZER)
    turns = InTurn(request, python(text), plan, 0.0)
    _, second = filled(turns, "12345", "1")
    moved, other, filled_edit = second.request.recent_edits
    assert moved.span.of(second.tree.data) == b"3" and other == edits[1]
    assert filled_edit.span.of(second.tree.data) == b"12345" and filled_edit.old_text == ""


REPEATED = "total = alpha\nprint(total + beta)\n"
ASKED = Request(REPEATED + "total = \nprint(total + )\n", ByteOffset(0), "python")
PLACES = [span(len(REPEATED) + at, len(REPEATED) + at) for at in (8, 23)]


def in_turn() -> Infiller:
    """Scripted answers: what followed the longest repeated text before a hole."""
    return Infiller(ScriptedDenoiser(TOKENIZER), config=InfillConfig(is_joint=False))


def test_an_infiller_fills_spans_in_turn_and_shows_all_holes_at_each_step() -> None:
    steps: list[Step] = []
    outcome = in_turn().fill_spans(ASKED, PLACES, None, steps.append)
    assert isinstance(outcome, Proposal), outcome
    assert [edit.new_text for edit in outcome.edits] == ["alpha", "beta"]
    assert [step.index for step in steps] == list(range(1, len(steps) + 1))
    assert len(steps) == outcome.steps and steps[-1].forwards <= outcome.forwards
    assert set(steps[0].states[1]) == {State.MASKED}
    first, second = steps[-1].hole_texts
    assert first == "alpha" and second.startswith("beta")
    assert {hole for step in steps for hole, _ in step.committed} == {0, 1}


def test_without_time_named_spans_end_in_a_deadline() -> None:
    outcome = in_turn().fill_spans(replace(ASKED, budget_ms=0.0), PLACES)
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.DEADLINE


def test_time_that_ends_between_two_steps_leaves_nothing_half_done() -> None:
    whole = in_turn().fill_spans(ASKED, PLACES)
    assert isinstance(whole, Proposal)
    for number in range(1, whole.steps + 1):
        now = [0.0]
        clock = partial(now.__getitem__, 0)
        made = Infiller(
            ScriptedDenoiser(TOKENIZER), config=InfillConfig(is_joint=False), clock=clock
        )

        def watch(step: Step, number: int = number, now: list[float] = now) -> None:
            now[0] = 60.0 if step.index == number else now[0]

        outcome = made.fill_spans(replace(ASKED, budget_ms=30_000.0), PLACES, None, watch)
        assert isinstance(outcome, Refusal) and outcome.reason is Reason.DEADLINE


def test_a_cancelled_change_is_cancelled() -> None:
    cancel = threading.Event()
    outcome = in_turn().fill_spans(ASKED, PLACES, cancel, lambda _: cancel.set())
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.CANCELLED


class Reading(ScriptedDenoiser):
    """Notes how many tokens of each context were new."""

    def prefill(
        self,
        canvas: Canvas,
        reuse: ContextHandle | None = None,
        cancel: threading.Event | None = None,
    ) -> ScriptedHandle:
        handle = super().prefill(canvas, reuse, cancel)
        self.news = [*getattr(self, "news", []), handle.num_tokens - handle.num_reused]
        return handle


def test_contexts_of_both_holes_are_kept_for_the_next_request() -> None:
    denoiser = Reading(TOKENIZER)
    made = Infiller(denoiser, config=InfillConfig(is_joint=False))
    for _ in range(2):
        outcome = made.fill_spans(replace(ASKED, path="a.py"), PLACES)
        assert isinstance(outcome, Proposal)
    first, second, *again = denoiser.news
    assert first > 0 and second > 0 and again == [0, 0]
