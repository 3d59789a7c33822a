"""The line behind a finished one: where nothing is missing at a line's end, the next may follow.

Who takes one line after the other need not begin each of them by hand, and who begins it by hand
finds its proposal ready.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from engine.holes import HoleKind, MaskPlan
from engine.in_turn import Relay
from engine.job import OnStep
from engine.languages import BlockStyle
from engine.mask_plan import plan_masks
from engine.planning.blank_lines import blank_lines_before
from engine.planning.cursor_site import cursor_site
from engine.planning.indentation import following_indent
from engine.proposal import EditSet, Outcome, Proposal, Reason, Refusal, TokenConfidence
from engine.request import RecentEdit, Request
from engine.spans import ByteOffset, Span, span
from engine.syntax import SyntaxTree

# What may be empty at a line's end because the line is finished.
_KINDS = (HoleKind.REST_OF_LINE, HoleKind.EXPRESSION, HoleKind.ARGUMENTS)


class Fill(Protocol):
    """Asks the model, and whoever else is asked, for a plan's texts."""

    def __call__(
        self, request: Request, tree: SyntaxTree, plan: MaskPlan, on_step: OnStep | None
    ) -> Outcome:
        """What fills the holes of ``plan``. ``on_step`` is called after each step."""
        ...


def fill_on(
    request: Request,
    tree: SyntaxTree,
    plan: MaskPlan,
    fill: Fill,
    mask_id: int,
    on_step: OnStep | None = None,
) -> Outcome:
    """What ``fill`` has for the cursor; for the next line where nothing is missing on this one."""
    if not _may_go_on(request, tree, plan):
        return fill(request, tree, plan, on_step)
    relay = None if on_step is None else Relay(plan.holes, mask_id, on_step)

    def show() -> OnStep | None:
        return None if relay is None else relay.of(0)

    before: Outcome | None = None
    if not _begins_body(plan):
        before = fill(request, tree, plan, show())
        if not (isinstance(before, Refusal) and before.reason is Reason.EMPTY):
            return before
    further = _next_line(request, tree, plan)  # parses: not before it is needed
    there = further.request if before is None else replace(further.request, backend=None)
    outcome = fill(there, further.tree, further.plan, show())
    return further.taken_out(outcome, before)


@dataclass(frozen=True, slots=True)
class NextLine:
    """A request as it would be behind ``typed``: a line break, and what an editor indents.

    ``own_tree``: that of the text without it.
    """

    own_tree: SyntaxTree
    request: Request
    tree: SyntaxTree
    plan: MaskPlan
    typed: str

    def taken_out(self, outcome: Outcome, before: Outcome | None = None) -> Outcome:
        """``outcome`` as one for the text without that line break.

        ``before``: what was said at the line's end, if that was asked; its cost counts, too.
        """
        plan = replace(
            self.plan,
            holes=tuple(replace(each, span=self._back(each.span)) for each in self.plan.holes),
            cursor=ByteOffset(self.plan.cursor - len(self.typed)),
            rest=self._back(self.plan.rest),
            reason=f"the line is finished; next: {self.plan.reason}",
            lead="",
        )
        outcome = replace(outcome, plan=plan)
        if before is not None:
            outcome = replace(
                outcome,
                steps=before.steps + outcome.steps,
                forwards=before.forwards + outcome.forwards,
                remote=before.remote,
            )
        return self._with_line_break(outcome) if isinstance(outcome, Proposal) else outcome

    def _with_line_break(self, proposal: Proposal) -> Proposal:
        newline = self.own_tree.newline
        line = self.typed.removeprefix(newline) + proposal.text
        end = ByteOffset(self.plan.cursor - len(self.typed))
        typed = newline * blank_lines_before(self.own_tree, end, line) + self.typed
        edits = tuple(
            replace(each, span=self._back(each.span), new_text=typed + each.new_text)
            for each in proposal.edits
        )
        alternatives = tuple(self.taken_out(each) for each in proposal.alternatives)
        return replace(
            proposal,
            text=typed + proposal.text,
            edit_set=EditSet(edits, proposal.kind),
            tokens=(TokenConfidence(len(typed), 1.0), *proposal.tokens),
            alternatives=tuple(each for each in alternatives if isinstance(each, Proposal)),
        )

    def _back(self, place: Span) -> Span:
        """``place``, which begins at the cursor or behind it, without the line break."""
        return span(place.start - len(self.typed), place.end - len(self.typed))


def _may_go_on(request: Request, tree: SyntaxTree, plan: MaskPlan) -> bool:
    """Whether a next line may follow: at the end of a line of code, unless one line was asked for.

    Unasked, a line is gone on with by who has just written it: where a cursor was only moved to,
    nothing is missing.
    """
    line = tree.line_at(plan.cursor)
    is_end = plan.cursor == line.end and bool(line.of(tree.data).strip())
    is_wanted = not request.is_typing or request.is_behind_edit
    if not (is_end and is_wanted and request.single_line is None and len(plan.holes) == 1):
        return False
    is_code = tree.language.block_style is not BlockStyle.NONE
    return is_code and (_begins_body(plan) or _may_end(tree, plan))


def _begins_body(plan: MaskPlan) -> bool:
    """Whether a body is missing behind the header that ends at the cursor: never on its line."""
    return plan.holes[plan.cursor_hole].kind is HoleKind.BODY


def _may_end(tree: SyntaxTree, plan: MaskPlan) -> bool:
    hole = plan.holes[plan.cursor_hole]
    site = cursor_site(tree, plan.cursor)
    goes_on = site.is_string or site.left.endswith(b"\\")
    return hole.kind in _KINDS and not hole.span and not goes_on


def _next_line(request: Request, tree: SyntaxTree, plan: MaskPlan) -> NextLine:
    cursor = plan.cursor
    typed = tree.newline + ("" if _begins_body(plan) else following_indent(tree, cursor))
    after = tree.filled([(span(cursor, cursor), typed.encode())])
    at = ByteOffset(cursor + len(typed))

    def moved(edit: RecentEdit) -> RecentEdit:
        if edit.path not in (None, request.path):
            return edit
        # What was deleted at the cursor is not to come back on the next line.
        first = cursor if edit.span else cursor - 1
        ends = (each + len(typed) * (each > first) for each in (edit.span.start, edit.span.end))
        return replace(edit, span=span(*ends))

    there = replace(
        request,
        text=after.data.decode(),
        cursor=at,
        draft=None,
        recent_edits=tuple(map(moved, request.recent_edits)),
    )
    planned = plan_masks(after, at, there)
    own = replace(planned, holes=(planned.holes[planned.cursor_hole],), cursor_hole=0)
    return NextLine(tree, there, after, own, typed)
