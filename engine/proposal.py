"""What a request ends in: a Proposal that may be shown, or a Refusal with its reason.

Also what becomes of a proposal when the user goes on typing (``rebase``). Plain values only: an
outcome crosses a process boundary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from engine.holes import MaskPlan
from engine.spans import ByteOffset, Span, span


class Reason(str, Enum):
    """Why nothing is shown."""

    EMPTY = "EMPTY"
    TOO_SHORT = "TOO_SHORT"
    LOW_CONFIDENCE = "LOW_CONFIDENCE"
    DOES_NOT_PARSE = "DOES_NOT_PARSE"
    REPEATS_SUFFIX = "REPEATS_SUFFIX"
    REVERTS_USER = "REVERTS_USER"
    REJECTED_BEFORE = "REJECTED_BEFORE"
    DEADLINE = "DEADLINE"
    CANCELLED = "CANCELLED"
    SUPERSEDED = "SUPERSEDED"
    STALE = "STALE"
    IGNORED_FILE = "IGNORED_FILE"
    DISABLED = "DISABLED"
    UNTRUSTED = "UNTRUSTED"
    NO_MODEL = "NO_MODEL"
    BACKEND_FAILED = "BACKEND_FAILED"
    WORKER_LOST = "WORKER_LOST"
    TOO_LARGE = "TOO_LARGE"


class EditKind(str, Enum):
    """How several edits relate: pick one, apply in turn, or all or nothing."""

    ALTERNATIVES = "alternatives"
    SEQUENCE = "sequence"
    ATOMIC = "atomic"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes of ``span`` by ``new_text``.

    ``path`` is None for the request's own text.
    """

    span: Span
    new_text: str
    path: str | None = None

    @property
    def start(self) -> int:
        """First byte replaced."""
        return self.span.start

    @property
    def end(self) -> int:
        """First byte after the replaced ones."""
        return self.span.end


@dataclass(frozen=True, slots=True)
class EditSet:
    """One or many edits in text order that do not overlap, and how they relate."""

    edits: tuple[Edit, ...]
    kind: EditKind = EditKind.ATOMIC


@dataclass(frozen=True, slots=True)
class TokenConfidence:
    """``length`` bytes of the proposal's text that came from one token, and its probability."""

    length: int
    p: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A checked edit.

    ``text`` is what the cursor's hole becomes, from the cursor on (what the user typed of a
    healed word is not repeated). ``confidence`` is calibrated to the probability that the whole
    text is kept. ``forwards`` counts passes through the model, ``steps`` denoising steps.
    ``num_cached_tokens`` of the ``num_context_tokens`` were encoded for an earlier request.
    ``is_cut``: the sure beginning of a text that was less sure; ``confidence`` is its own.
    ``remote``: what became of the question to the request's backend, for people.
    """

    text: str
    edit_set: EditSet
    plan: MaskPlan
    tokens: tuple[TokenConfidence, ...]
    confidence: float
    steps: int
    forwards: int
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    alternatives: tuple[Proposal, ...] = ()
    num_context_tokens: int = 0
    num_cached_tokens: int = 0
    is_cut: bool = False
    remote: str = ""

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The edits of the edit set, in text order."""
        return self.edit_set.edits

    @property
    def kind(self) -> EditKind:
        """How the edits relate."""
        return self.edit_set.kind

    def refused(self, reason: Reason, detail: str) -> Refusal:
        """The refusal of this, which keeps what it cost."""
        return Refusal(
            reason, detail, self.plan, self.steps, self.forwards, self.timings_ms, self.model
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing is shown, and why; ``detail`` is one line for a person.

    ``remote``: what became of the question to the request's backend, for people.
    """

    reason: Reason
    detail: str = ""
    plan: MaskPlan | None = None
    steps: int = 0
    forwards: int = 0
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    model: str = ""
    remote: str = ""


Outcome = Proposal | Refusal


_CLOSERS = frozenset(")]}>\"'`;")
_OPENERS, _BRACKETS = frozenset("([{"), frozenset(")]}")


def rebase(proposal: Proposal, changes: Sequence[Edit]) -> Outcome:
    """Bring a proposal to the text as it is after ``changes``, in the order they were made.

    Each change counts in the text before it. What the user typed of the proposal is taken off it;
    a change elsewhere moves it; any other change at or in a proposed span makes it STALE. Of an
    atomic set or a sequence all edits survive or none, of alternatives each for itself. EMPTY
    when nothing is left to propose. The plan's cursor and spans move along.
    """
    outcomes = [_rebase_one(each, changes) for each in (proposal, *proposal.alternatives)]
    survivors = [outcome for outcome in outcomes if isinstance(outcome, Proposal)]
    if not survivors:
        return outcomes[0]
    return replace(survivors[0], alternatives=tuple(survivors[1:]))


def _rebase_one(proposal: Proposal, changes: Sequence[Edit]) -> Outcome:
    current = proposal
    for change in changes:
        moved = [_through(edit, change) for edit in current.edits]
        kept = [edit for edit in moved if edit is not None]
        if len(kept) < len(moved) and (proposal.kind is not EditKind.ALTERNATIVES or not kept):
            return proposal.refused(Reason.STALE, "the text at the proposal was changed")
        current = _moved(current, kept, change)
    left = tuple(edit for edit in current.edits if edit.new_text or len(edit.span))
    if not left:
        return proposal.refused(Reason.EMPTY, "all of the proposal was typed")
    return replace(current, edit_set=EditSet(left, proposal.kind), alternatives=())


def _through(edit: Edit, change: Edit) -> Edit | None:
    """The edit after a change, None when the change made it stale."""
    delta = len(change.new_text.encode()) - len(change.span)
    if change.path != edit.path or change.start > edit.end:
        return edit
    if change.end < edit.start:
        return replace(edit, span=span(edit.start + delta, edit.end + delta))
    typed = _typed_part(edit, change)
    if typed is None:
        return None
    start = edit.start + len(typed.encode())
    return Edit(span(start, edit.end + delta), edit.new_text[len(typed) :], edit.path)


def _typed_part(edit: Edit, change: Edit) -> str | None:
    """How much of the edit a change at its start has typed, None when it is something else.

    Closers that an editor adds behind the cursor count when the rest of the edit closes the same.
    """
    if change.start != edit.start or change.end > edit.end:
        return None
    new = change.new_text
    if new and edit.new_text.startswith(new):
        return new
    for length in range(len(new) - 1, 0, -1):
        typed, added = new[:length], new[length:]
        if not set(added) <= _CLOSERS:
            return None
        if edit.new_text.startswith(typed) and _closes(edit.new_text[length:], added):
            return typed
    return None


def _closes(rest: str, closers: str) -> bool:
    """Whether ``rest`` closes, one after the other, what ``closers`` close."""
    at = 0
    for closer in closers:
        at = _place_of(closer, rest, at) + 1
        if not at:
            return False
    return True


def _place_of(closer: str, rest: str, at: int) -> int:
    """Where ``rest`` closes with ``closer`` what stood open at ``at``; -1 when it does not."""
    if closer not in _BRACKETS:
        return rest.find(closer, at)
    depth = 0
    for place in range(at, len(rest)):
        if rest[place] in _BRACKETS and not depth:
            return place if rest[place] == closer else -1
        depth += (rest[place] in _OPENERS) - (rest[place] in _BRACKETS)
    return -1


def _moved(proposal: Proposal, edits: Sequence[Edit], change: Edit) -> Proposal:
    """The proposal with its edits as they are after ``change``, text, tokens and plan likewise."""
    plan = proposal.plan
    typed = ""
    if change.path is None and change.start == plan.cursor:
        place = span(plan.cursor, max(change.end, plan.cursor))
        typed = _typed_part(Edit(place, proposal.text), change) or ""
    return replace(
        proposal,
        edit_set=EditSet(tuple(edits), proposal.kind),
        text=proposal.text[len(typed) :],
        tokens=_without_first(proposal.tokens, len(typed.encode())),
        plan=_moved_plan(plan, change, len(typed.encode())) if change.path is None else plan,
    )


def _without_first(
    tokens: Sequence[TokenConfidence], num_bytes: int
) -> tuple[TokenConfidence, ...]:
    left = []
    for token in tokens:
        typed = min(num_bytes, token.length)
        num_bytes -= typed
        if token.length > typed:
            left.append(TokenConfidence(token.length - typed, token.p))
    return tuple(left)


def _moved_plan(plan: MaskPlan, change: Edit, num_typed: int) -> MaskPlan:
    """The plan in the text after ``change``, which typed ``num_typed`` bytes at the cursor."""
    delta = len(change.new_text.encode()) - len(change.span)
    cursor = plan.cursor + (num_typed if change.end >= plan.cursor else delta)

    def moved(place: Span) -> Span:
        start = cursor if place.start == plan.cursor else _moved_offset(place.start, change)
        return span(start, max(start, _moved_offset(place.end, change)))

    holes = tuple(replace(hole, span=moved(hole.span)) for hole in plan.holes)
    rest_start = _moved_offset(plan.rest.start, change)
    rest = span(rest_start, max(rest_start, _moved_offset(plan.rest.end, change)))
    return replace(plan, holes=holes, cursor=ByteOffset(cursor), rest=rest)


def _moved_offset(offset: int, change: Edit) -> int:
    """Where a place stands after ``change``; one inside what was replaced goes to its end."""
    if offset < change.start:
        return offset
    return max(offset, change.end) + len(change.new_text.encode()) - len(change.span)
