"""Several holes one after the other, each alone in the code with the texts before it in place.

For weights that were hardly trained on several holes at once. The cursor's hole comes first, then
the others in text order; where their turn has not come nothing stands. Each text's confidence is
that given the ones before it, so the change's is their product (the chain rule).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.constraints import Constraint, Draft, Fault, first_fault
from engine.holes import Hole, HoleKind, MaskPlan
from engine.job import OnStep
from engine.planning.neutral import baseline
from engine.proposal import Edit, EditKind, EditSet, Outcome, Proposal, Reason, Refusal
from engine.request import RecentEdit, Request
from engine.spans import Span, span
from engine.step import State, Step
from engine.syntax import SyntaxTree

T = TypeVar("T")

_LEAST = 1e-9
# What says that no text is to be had, not that the place needs none.
_LACKING = frozenset({Reason.LOW_CONFIDENCE, Reason.DEADLINE})


@dataclass(frozen=True, slots=True)
class Turn:
    """Hole ``number`` as a request of its own, in the code as it is by then."""

    number: int
    request: Request
    tree: SyntaxTree
    plan: MaskPlan


class InTurn:
    """The holes of ``plan`` while they are filled. ``least``: the confidence that is wanted."""

    def __init__(self, request: Request, tree: SyntaxTree, plan: MaskPlan, least: float) -> None:
        self._request, self._tree, self._plan, self._least = request, tree, plan, least
        self._numbers = range(len(plan.holes))
        self._outcomes: dict[int, Outcome] = {}

    def __iter__(self) -> Iterator[Turn]:
        """The holes' turns; ``take`` each one's outcome before the next. Ends with a refusal."""
        cursor = self._plan.cursor_hole
        for number in sorted(self._numbers, key=lambda number: number != cursor):
            yield self._turn(number)
            outcome = self._outcomes[number]
            if isinstance(outcome, Proposal) and outcome.is_cut:
                return  # what follows a beginning is not known
            if isinstance(outcome, Refusal) and self._ends(number, outcome.reason):
                return

    def take(self, turn: Turn, outcome: Outcome) -> None:
        """What became of a turn. A beginning is taken at the cursor alone, and not of a span."""
        is_cursors = turn.number == self._plan.cursor_hole
        may_be_cut = is_cursors and self._plan.holes[turn.number].kind is not HoleKind.SPAN
        if isinstance(outcome, Proposal) and outcome.is_cut and not may_be_cut:
            counts = outcome.steps, outcome.forwards, outcome.timings_ms, outcome.model
            detail = "of one of the texts only the beginning is sure"
            outcome = Refusal(Reason.LOW_CONFIDENCE, detail, outcome.plan, *counts)
        self._outcomes[turn.number] = outcome

    def outcome(self, rules: Sequence[Constraint] = ()) -> Outcome:
        """All texts as one proposal, judged together; what refused a text that cannot be missing.

        A neighbour that got none keeps what stands there, if the code parses like that. Of spans
        that the caller named all are filled or none.
        """
        made = self._outcomes
        lacking = [
            each
            for number, each in made.items()
            if isinstance(each, Refusal) and self._ends(number, each.reason)
        ]
        return replace(
            lacking[0] if lacking else self._together(rules),
            plan=self._plan,
            steps=sum(each.steps for each in made.values()),
            forwards=sum(each.forwards for each in made.values()),
            remote=made[self._plan.cursor_hole].remote,
        )

    def _turn(self, number: int) -> Turn:
        hole, is_cursors = self._plan.holes[number], number == self._plan.cursor_hole
        others = [(self._plan.holes[n].span, self._data(n)) for n in self._numbers if n != number]
        tree = self._tree.filled(others)
        place = self._place(number, number)
        rest = span(place.end, max(place.end, tree.line_at(place.end).end))
        lead = self._plan.lead if is_cursors else ""
        plan = MaskPlan((replace(hole, span=place),), 0, place.start, rest, hole.reason, lead)
        confidence = math.prod(each.confidence for each in self._proposals.values())
        request = replace(
            self._request,
            text=tree.data.decode(),
            cursor=place.start,
            candidates=1,
            draft=self._request.draft if is_cursors else None,
            recent_edits=(*self._recent_edits(number), *self._written(number)),
            min_confidence=min(self._least / max(confidence, _LEAST), 1.0),
            is_typing=False,  # half of a joint change is no change
        )
        return Turn(number, request, tree, plan)

    @property
    def _proposals(self) -> dict[int, Proposal]:
        found = self._outcomes.items()
        return {number: each for number, each in found if isinstance(each, Proposal)}

    def _old(self, number: int) -> bytes:
        return self._plan.holes[number].span.of(self._tree.data)

    def _data(self, number: int) -> bytes:
        """What stands in a hole by now: nothing before its turn."""
        made = self._outcomes.get(number)
        if isinstance(made, Proposal):
            return made.text.encode()
        return b"" if made is None else self._old(number)

    def _place(self, number: int, turn: int) -> Span:
        """Where a hole is when it is ``turn``'s turn, which still holds what stands there."""
        texts = [self._old(n) if n == turn else self._data(n) for n in self._numbers]
        before = sum(len(texts[n]) - len(self._old(n)) for n in range(number))
        start = self._plan.holes[number].span.start + before
        return span(start, start + len(texts[number]))

    def _recent_edits(self, turn: int) -> list[RecentEdit]:
        """The user's edits where they are at that turn."""

        def moved(offset: int) -> int:
            holes = [n for n in self._numbers if self._plan.holes[n].span.start < offset]
            if not holes:
                return offset
            last = holes[-1]
            behind = max(offset - self._plan.holes[last].span.end, 0)
            return self._place(last, turn).end + behind

        return [
            replace(edit, span=span(moved(edit.span.start), moved(edit.span.end)))
            if edit.path in (None, self._request.path)
            else edit
            for edit in self._request.recent_edits
        ]

    def _written(self, turn: int) -> list[RecentEdit]:
        """The texts so far: a hole whose window does not show them sees them as edits."""
        return [
            RecentEdit(self._place(number, turn), self._old(number).decode(), 0.0)
            for number in sorted(self._proposals)
        ]

    def _ends(self, number: int, reason: Reason) -> bool:
        """Whether nothing can be proposed without a text for this hole."""
        is_named = self._plan.holes[number].kind is HoleKind.SPAN
        return number == self._plan.cursor_hole or (is_named and reason in _LACKING)

    def _together(self, rules: Sequence[Constraint]) -> Outcome:
        """One proposal of all texts, or of the cursor's alone, as parser and rules let it."""
        choices = [frozenset(self._proposals)]
        if all(hole.kind is not HoleKind.SPAN for hole in self._plan.holes):
            choices.append(frozenset({self._plan.cursor_hole}))
        base = baseline(self._tree, self._plan)
        model = self._proposals[self._plan.cursor_hole].model
        broken = "the texts would not parse together"
        refusal = Refusal(Reason.DOES_NOT_PARSE, broken, model=model)
        for kept in choices:
            texts = [self._data(n) if n in kept else self._old(n) for n in self._numbers]
            if base.allows(texts):
                fault = _fault(rules, tuple(text.decode() for text in texts))
                if fault is None:
                    return self._proposal(kept)
                refusal = Refusal(fault.reason, fault.detail, model=model)
        return refusal

    def _proposal(self, kept: frozenset[int]) -> Proposal:
        """The texts of ``kept`` as one edit set. What is said of tokens is of the cursor's hole."""
        texts = {number: self._proposals[number].text for number in sorted(kept)}
        edits = tuple(Edit(self._plan.holes[n].span, text) for n, text in texts.items())
        return replace(
            self._proposals[self._plan.cursor_hole],
            edit_set=EditSet(edits, EditKind.ATOMIC),
            confidence=math.prod(self._proposals[number].confidence for number in kept),
            alternatives=(),
        )


class Relay:
    """Shows the steps of holes that are filled one after the other as steps of all of them."""

    def __init__(self, holes: Sequence[Hole], mask_id: int, on_step: OnStep) -> None:
        self._on_step, self._before = on_step, _masked(holes, mask_id)

    def of(self, number: int) -> OnStep:
        """What hole ``number`` is to call after each of its steps."""
        before = self._before

        def relay(step: Step) -> None:
            self._before = Step(
                before.index + step.index,
                _put(before.ids, number, step.ids[0]),
                _put(before.states, number, step.states[0]),
                _put(before.p, number, step.p[0]),
                _put(before.texts, number, step.texts[0]),
                tuple((number, place) for _, place in step.committed),
                tuple((number, place) for _, place in step.remasked),
                before.forwards + step.forwards,
                before.elapsed_ms + step.elapsed_ms,
            )
            self._on_step(self._before)

        return relay


def _masked(holes: Sequence[Hole], mask_id: int) -> Step:
    """Before the first step: every hole at its first size."""
    sizes = [hole.num_tokens for hole in holes]
    return Step(
        0,
        tuple((mask_id,) * size for size in sizes),
        tuple((State.MASKED,) * size for size in sizes),
        tuple((0.0,) * size for size in sizes),
        tuple(("",) * size for size in sizes),
        (),
        (),
        0,
        0.0,
    )


def _put(rows: tuple[T, ...], number: int, row: T) -> tuple[T, ...]:
    return (*rows[:number], row, *rows[number + 1 :])


def _fault(rules: Sequence[Constraint], texts: tuple[str, ...]) -> Fault | None:
    """The first rule that a text breaks beside the others."""
    drafts = (Draft(hole, text, True, texts) for hole, text in enumerate(texts))
    faults = (first_fault(rules, draft) for draft in drafts)
    return next((fault for fault in faults if fault is not None), None)
