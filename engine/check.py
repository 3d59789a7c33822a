"""The checks a filled plan passes before anything is shown: small, named, in a fixed order.

A check mends the hole texts by cutting them, or refuses with a reason. It never looks at a model
and never touches a byte outside the holes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.brackets import scan
from engine.decoding.frontier import Frontier
from engine.holes import Hole, HoleKind, MaskPlan
from engine.judging.repair import (
    closed,
    cut_at_dedent,
    cut_repeated_lines,
    cut_repetition,
    cut_rest_overlap,
    fit_first_line,
    opened,
    shortened,
    strip_lines,
)
from engine.languages import BlockStyle
from engine.planning.neutral import Baseline, baseline
from engine.proposal import Reason
from engine.request import Request
from engine.syntax import SyntaxTree


@dataclass(frozen=True, slots=True)
class CheckLimits:
    """What counts as too little to show; lengths in characters."""

    min_chars: int = 1
    max_cuts: int = 12


@dataclass(frozen=True, slots=True)
class Checked:
    """The texts that may be shown, by hole; a neighbour that did not hold keeps its old text."""

    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Nothing can be shown. ``offset``: the byte of hole ``hole``'s text where it went wrong."""

    reason: Reason
    detail: str
    hole: int
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The texts on their way through the checks."""

    tree: SyntaxTree
    plan: MaskPlan
    request: Request
    limits: CheckLimits
    texts: tuple[str, ...]
    is_typed_on: bool = False

    @property
    def cursor_text(self) -> str:
        """The text of the cursor's hole."""
        return self.texts[self.plan.cursor_hole]

    def with_text(self, index: int, text: str) -> Draft:
        """The draft in which one hole has another text."""
        return replace(self, texts=(*self.texts[:index], text, *self.texts[index + 1 :]))

    def old_text(self, index: int) -> str:
        """What stands in the hole now."""
        return self.plan.holes[index].span.of(self.tree.data).decode("utf-8", "replace")

    def reject(self, reason: Reason, detail: str, offset: int | None = None) -> Rejected:
        """Refuse because of the cursor's hole."""
        return Rejected(reason, detail, self.plan.cursor_hole, offset)


Verdict = Draft | Rejected
Check = Callable[[Draft], Verdict]


def check(
    tree: SyntaxTree,
    plan: MaskPlan,
    texts: Sequence[str],
    request: Request,
    limits: CheckLimits | None = None,
    is_typed_on: bool = False,
) -> Checked | Rejected:
    """Pass ``texts``, one for each hole of ``plan``, through every check in turn.

    ``is_typed_on``: the user goes on behind the cursor's text, which need not parse without that.
    """
    limits = limits or CheckLimits()
    verdict: Verdict = Draft(tree, plan, request, limits, tuple(texts), is_typed_on)
    for step in CHECKS:
        if isinstance(verdict, Rejected):
            return verdict
        verdict = step(verdict)
    return verdict if isinstance(verdict, Rejected) else Checked(verdict.texts)


def _each(draft: Draft, mend: Callable[[Draft, int, str], str]) -> Draft:
    """Mend the text of every hole."""
    for index, text in enumerate(draft.texts):
        draft = draft.with_text(index, mend(draft, index, text))
    return draft


def check_lines(draft: Draft) -> Verdict:
    """End a single-line text at its newline, and strip white space at line ends."""

    def mend(draft: Draft, index: int, text: str) -> str:
        hole = draft.plan.holes[index]
        if hole.single_line:
            text = text.split("\n", 1)[0]
        behind = draft.tree.data[hole.span.end : hole.span.end + 1].decode("ascii", "replace")
        return strip_lines(text, is_space_needed=behind.isalnum() or behind in "_=+-*/<>&|")

    return _each(draft, mend)


def check_repetition(draft: Draft) -> Verdict:
    """Cut a text where it begins to repeat itself."""
    return _each(draft, lambda _, index, text: cut_repetition(text))  # noqa: ARG005


def check_indentation(draft: Draft) -> Verdict:
    """Fit the first line to the block, and cut where a later line leaves it."""
    return _each(draft, lambda draft, index, text: _indented(draft, draft.plan.holes[index], text))


def _indented(draft: Draft, hole: Hole, text: str) -> str:
    if draft.tree.language.block_style is BlockStyle.NONE or hole.kind is HoleKind.COMMENT:
        return text
    text = fit_first_line(draft.tree, hole, text)
    return text if hole.single_line else cut_at_dedent(draft.tree, hole, text)


def check_repeated_suffix(draft: Draft) -> Verdict:
    """Cut what already stands behind the hole: the rest of its line and the lines below."""
    index = draft.plan.cursor_hole
    text = cut_rest_overlap(draft.tree, draft.plan, draft.cursor_text)
    shorter = cut_repeated_lines(draft.tree, draft.plan, text)
    if not shorter.strip() and text.strip():
        return draft.reject(Reason.REPEATS_SUFFIX, "the text already stands below the cursor", 0)
    return draft.with_text(index, shorter)


def check_empty(draft: Draft) -> Verdict:
    """Refuse an empty text at the cursor; a neighbour without text keeps what stands there."""
    for index, text in enumerate(draft.texts):
        if index != draft.plan.cursor_hole and not text.strip():
            draft = draft.with_text(index, draft.old_text(index))
    if not draft.cursor_text.strip():
        return draft.reject(Reason.EMPTY, "nothing to insert at the cursor")
    return draft


def check_reverts_user(draft: Draft) -> Verdict:
    """Refuse to bring back what the user has just deleted."""
    written = draft.cursor_text.strip()
    place = draft.plan.holes[draft.plan.cursor_hole].span
    for edit in draft.request.recent_edits:
        is_here = edit.path in (None, draft.request.path)
        is_near = edit.span.start <= place.end and place.start <= edit.span.end
        if is_here and is_near and edit.old_text.strip() == written:
            return draft.reject(Reason.REVERTS_USER, "the user has just deleted this text", 0)
    return draft


def check_length(draft: Draft) -> Verdict:
    """Refuse what is too short to be worth showing."""
    if len(draft.cursor_text.strip()) < draft.limits.min_chars:
        detail = f"shorter than {draft.limits.min_chars} characters"
        return draft.reject(Reason.TOO_SHORT, detail)
    return draft


def check_parse(draft: Draft) -> Verdict:
    """Refuse what parses worse than placeholders in its place; first try to cut or to close it.

    Empty braces are opened first when their body stands below. In order: with all brackets closed
    that are open at its end, with those that it opened itself, as it is, of these what parses best
    first; the same with the neighbours left as they are; cut back line by line.
    """
    base = baseline(draft.tree, draft.plan)
    if draft.is_typed_on and base.allows_beginning(draft.tree, _bytes(draft)):
        return draft
    draft = _opened(draft, base)
    for candidate in _candidates(draft, base):
        if candidate.cursor_text.strip() and base.allows(_bytes(candidate)):
            return candidate
    texts = _bytes(draft)
    index = draft.plan.cursor_hole
    offset = Frontier(draft.tree, draft.plan, index, texts, base).fault(texts[index])
    return draft.reject(Reason.DOES_NOT_PARSE, "the text would not parse in its place", offset)


def _opened(draft: Draft, base: Baseline) -> Draft:
    index = draft.plan.cursor_hole
    other = draft.with_text(index, opened(draft.tree, draft.plan, draft.cursor_text))
    is_mended = other != draft and _num_faults(other, base) <= _num_faults(draft, base)
    return other if is_mended else draft


def _candidates(draft: Draft, base: Baseline) -> list[Draft]:
    index = draft.plan.cursor_hole
    alone = draft
    for other in range(len(draft.texts)):
        if other != index:
            alone = alone.with_text(other, draft.old_text(other))
    whole = closed(draft.tree, draft.plan, draft.cursor_text)
    own = closed(draft.tree, draft.plan, draft.cursor_text, is_own=True)
    opens = scan(draft.cursor_text.encode(), draft.tree.language).openers
    found: list[Draft] = []
    for start in (draft, alone):
        as_it_is, with_closers = start, start.with_text(index, whole)
        if opens:
            # What is closed below, a body or a call around all this, is not closed again.
            variants = (with_closers, start.with_text(index, own), as_it_is)
            found += sorted(dict.fromkeys(variants), key=lambda each: _num_faults(each, base))
        else:
            found += [as_it_is, with_closers]
    for text in shortened(draft.cursor_text, draft.limits.max_cuts):
        found.append(draft.with_text(index, text))
        found.append(alone.with_text(index, text))
    return list(dict.fromkeys(found))


def _num_faults(draft: Draft, base: Baseline) -> int:
    return base.filled(_bytes(draft)).num_faults()


def _bytes(draft: Draft) -> list[bytes]:
    return [text.encode() for text in draft.texts]


CHECKS: tuple[Check, ...] = (
    check_lines,
    check_repetition,
    check_indentation,
    check_repeated_suffix,
    check_empty,
    check_reverts_user,
    check_parse,
    check_length,
)
