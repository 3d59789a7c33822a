"""The next edit: where the user's change goes on, and what it is there.

In order: a rename that was begun by hand; what scopes decide (uses of a name that the edit declares
under another one, calls of a function whose parameters it changed, an import that came or went);
the same lines, expressions and words elsewhere, and the edit's own pattern; and last what is wrong
near by, which the model mends. What the edit alone suggests is proposed only if the model finds the
drafts together more probable than what stands there, the result parses no worse, and nothing undoes
what the user did.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.budget import Budget
from engine.edits.applied import parses_no_worse
from engine.edits.changed_calls import changed_calls
from engine.edits.finding import Finding
from engine.edits.imports import missing_imports
from engine.edits.judged_edits import JudgedEdits, drafted
from engine.edits.known_trees import known_trees
from engine.edits.lexemes import lexemes
from engine.edits.lost_names import lost_names
from engine.edits.minified import is_minified
from engine.edits.names_of import name_table
from engine.edits.repair_place import reads_no_macros, repair_place
from engine.edits.repeats import MAX_PLACES, repeats
from engine.edits.requalified import requalified
from engine.edits.same_lines import same_lines
from engine.edits.same_nodes import same_nodes
from engine.edits.same_words import same_words
from engine.edits.symbols import NameTable, SymbolKind
from engine.edits.template import HOLE, MAX_HOLES, FillTemplate
from engine.edits.typed_rename import typed_rename
from engine.edits.undocumented import undocumented
from engine.edits.unused import unused_names
from engine.edits.user_change import UserChange, keeps_names, last_change
from engine.errors import Cancelled
from engine.job import FillSpans, OnStep
from engine.languages import language_of
from engine.proposal import (
    Edit,
    EditKind,
    Outcome,
    Proposal,
    Reason,
    Refusal,
)
from engine.request import Request
from engine.spans import ByteOffset, Span, span
from engine.syntax import SyntaxTree

if TYPE_CHECKING:
    from engine.infill import Infiller

# Scopes, not likelihood, decide about a rename and an import.
_CERTAIN_P = 0.95
# What stands elsewhere word for word follows the edit mostly (docs/log.md).
_SAME_P = 0.8
_REACH = 2_000
# What is read for a place that is filled, a quarter of a window; with what is written there it
# takes so many times as long.
_FILLED_TOKENS, _WRITING = 256, 1.5
# Milliseconds a byte for all names of a text, which nothing interrupts (docs/log.md).
_NAMES_MS = 0.0013
_Asked = FillTemplate | JudgedEdits | FillSpans


@dataclass(frozen=True, slots=True)
class NextEdit:
    """Where and what the next edit of the request's text is; ``findings`` of other tools.

    ``writing_at``: where the user is still writing, None when asked by hand. What is wrong on that
    line is unfinished and not mended.
    """

    request: Request
    findings: tuple[Finding, ...] = ()
    writing_at: ByteOffset | None = None

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """See the module. Every way out is one outcome.

        The request's budget counts from here: what analysis leaves of it is the model's.
        """
        budget = Budget.of(self.request.budget_ms, cancel, time.perf_counter)
        if self._is_hopeless():
            detail = "a minified file takes too long to analyse: ask by hand"
            return Refusal(Reason.DEADLINE, detail, model=infiller.denoiser.name)
        try:
            found, job = self._analysed(budget, infiller.denoiser.name)
        except Cancelled as error:
            return Refusal(Reason.CANCELLED, str(error), model=infiller.denoiser.name)
        if job is None:
            return found
        outcome: Outcome = Refusal(Reason.DEADLINE, "the model is too slow", model=found.model)
        if job.request.patience_ms is None or budget.lasts(_seconds(job, infiller)):
            asked = replace(job, request=replace(job.request, budget_ms=budget.left_ms))
            outcome = asked.run(infiller, cancel, on_step)
        is_needless = isinstance(outcome, Refusal) and isinstance(found, Proposal)
        return found if is_needless else outcome

    def _analysed(self, budget: Budget, model: str) -> tuple[Outcome, _Asked | None]:
        """What analysis alone supports, and what the model is asked. Raises Cancelled."""
        request = self.request
        data = request.text.encode()
        tree = known_trees.parse(request.path, data, language_of(request.path, request.language))
        change = last_change(request, data)
        nothing = Refusal(Reason.EMPTY, "the edit asks for no other", model=model)
        if change is None:
            return replace(nothing, detail="nothing was edited lately"), None
        if self._is_too_long(tree, change):
            detail = f"to read all names of {len(data)} bytes takes too long: ask by hand"
            return Refusal(Reason.DEADLINE, detail, model=model), None
        rename = typed_rename(request.text, request.language, request.path, request.recent_edits)
        if rename is not None and rename.is_certain:
            return drafted(rename.edits, EditKind.ATOMIC, _CERTAIN_P, model, "the name", 0), None
        if rename is not None:
            reason = "members of one name"
            return nothing, JudgedEdits(request, rename.edits, EditKind.ATOMIC, reason)
        budget.raise_if_cancelled()
        scoped = _Scoped.of(request, tree, change)
        certain = _drafted(scoped.edits, _CERTAIN_P, model, "analysis") if scoped.edits else nothing
        if scoped.template:
            return certain, FillTemplate(request, scoped.template)
        if scoped.edits:
            return certain, None
        budget.raise_if_cancelled()
        same = _same(request, tree, change)
        if same:
            return _drafted(same, _SAME_P, model, "the same elsewhere"), None
        budget.raise_if_cancelled()
        alike = _alike(request, tree, change)
        if alike:
            return nothing, JudgedEdits(request, alike, _kind(alike), "the edit's own pattern")
        place = _broken([*self.findings, *scoped.findings], request, tree, change)
        if place is not None and self._is_being_written(tree, place):
            return replace(nothing, detail="the line at fault is being written"), None
        return nothing, None if place is None else FillSpans(request, (place,))

    def _is_hopeless(self) -> bool:
        """Whether who did not ask would wait for seconds, told without a look at the syntax."""
        request = self.request
        language = language_of(request.path, request.language)
        if request.patience_ms is None or language.grammar is None:
            return False
        return is_minified(request.text.encode())

    def _is_too_long(self, tree: SyntaxTree, change: UserChange) -> bool:
        """Whether who did not ask would get the answer late, and other requests theirs."""
        request = self.request
        if request.patience_ms is None or _NAMES_MS * len(tree.data) <= request.patience_ms:
            return False
        before = known_trees.parse(request.path, change.undone(tree.data), tree.language)
        return not keeps_names(before, tree, change)

    def _is_being_written(self, tree: SyntaxTree, place: Span) -> bool:
        return self.writing_at is not None and _is_on_line(tree, self.writing_at, place)


def _seconds(job: _Asked, infiller: Infiller) -> float:
    """About how long the model takes to write what is wanted; nothing is begun that comes too late.

    Drafts are read in little time: the deadline is enough for them.
    """
    if isinstance(job, JudgedEdits):
        return 0.0
    num_holes = 1
    if isinstance(job, FillTemplate):
        num_holes = sum(edit.new_text.count(HOLE) for edit in job.edits)
    return _WRITING * infiller.reading_s(_FILLED_TOKENS * num_holes)


def _drafted(edits: Sequence[Edit], p: float, model: str, reason: str) -> Proposal:
    return drafted(edits, _kind(edits), p, model, reason, 0)


@dataclass(frozen=True, slots=True)
class _Scoped:
    """What scopes say of a change: nothing when it left more faults than there were.

    ``edits`` are certain; ``template``: the same and calls that lack an argument nobody knows;
    ``findings``: names that nothing declares any more.
    """

    edits: tuple[Edit, ...] = ()
    template: tuple[Edit, ...] = ()
    findings: tuple[Finding, ...] = ()

    @staticmethod
    def of(request: Request, tree: SyntaxTree, change: UserChange) -> _Scoped:
        """All of it, from the name tables of the text as it was and as it is."""
        undone = change.undone(tree.data)
        tree_before = known_trees.parse(request.path, undone, tree.language)
        is_broken = tree.num_faults() > tree_before.num_faults()
        if is_broken or keeps_names(tree_before, tree, change):
            return _Scoped()  # without tables, which cost most of the time
        now, before = name_table(tree), name_table(tree_before)
        if now is None or before is None:
            return _Scoped()
        lost = lost_names(before, now, change)
        calls = [*changed_calls(before, now, change), *undocumented(before.tree, tree, change)]
        edits = requalified(before, now, change)
        at = {edit.start for edit in edits}
        edits += [edit for one in lost for edit in one.edits if edit.start not in at]
        edits += [edit for edit in calls if HOLE not in edit.new_text]
        edits += missing_imports(
            now, change.place, request.path, request.open_documents, request.nearby
        )
        edits += _unused_imports(request, now, change)
        near = [edit for edit in calls if HOLE in edit.new_text]
        near = [edit for edit in near if _is_near(edit.span, change.place)][:MAX_HOLES]
        return _Scoped(
            _sound(tree, edits),
            _sound(tree, [*near, *edits]) if near else (),
            tuple(
                Finding(one.sites[0].span, f"nothing declares {one.name} any more")
                for one in lost
                if one.new_name is None
            ),
        )


def _sound(tree: SyntaxTree, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits in text order, without those that touch an earlier one; none if they break code.

    A hole counts as a name.
    """
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda each: each.span):
        if not kept or kept[-1].end < edit.start:
            kept.append(edit)
    filled = [Edit(edit.span, edit.new_text.replace(HOLE, "x")) for edit in kept]
    return tuple(kept) if kept and parses_no_worse(tree, filled) else ()


def analysed(request: Request) -> tuple[Edit, ...]:
    """What analysis alone would propose, before a model judges it; ``HOLE`` where one writes."""
    data = request.text.encode()
    tree = known_trees.parse(request.path, data, language_of(request.path, request.language))
    change = last_change(request, data)
    if change is None:
        return ()
    rename = typed_rename(request.text, request.language, request.path, request.recent_edits)
    if rename is not None:
        return rename.edits
    scoped = _Scoped.of(request, tree, change)
    certain = scoped.template or scoped.edits or _same(request, tree, change)
    return certain or _alike(request, tree, change)


def _unused_imports(request: Request, table: NameTable, change: UserChange) -> Iterator[Edit]:
    """Imports of what the change took away."""
    gone = _words(change.old) - _words(change.place.of(table.tree.data))
    imports = (SymbolKind.IMPORT, SymbolKind.MODULE)
    if not any(symbol.name in gone and symbol.kind in imports for symbol in table.symbols):
        return
    for unused in unused_names(table, request.path):
        is_gone = unused.what == "import" and set(unused.name.split(", ")) <= gone
        if is_gone and not unused.span.overlaps(change.place):
            yield Edit(unused.span, "")


def _words(text: bytes) -> set[str]:
    return {lexeme.text.decode("utf-8", "replace") for lexeme in lexemes(text) if lexeme.is_name}


def _kind(edits: Sequence[Edit]) -> EditKind:
    return EditKind.ATOMIC if len(edits) == 1 else EditKind.SEQUENCE


def _same(request: Request, tree: SyntaxTree, change: UserChange) -> tuple[Edit, ...]:
    """What is the same elsewhere as the edit found it, changed as the edit did."""
    before = known_trees.parse(request.path, change.undone(tree.data), tree.language)
    found = [
        *same_lines(tree, change),
        *same_nodes(before, tree, change),
        *same_words(tree, change),
    ]
    return _fit(request, tree, change, found)


def _alike(request: Request, tree: SyntaxTree, change: UserChange) -> tuple[Edit, ...]:
    """The edit's pattern at other places."""
    found = [Edit(repeat.span, repeat.new_text) for repeat in repeats(tree, change)]
    return _fit(request, tree, change, found)


def _fit(
    request: Request, tree: SyntaxTree, change: UserChange, edits: Sequence[Edit]
) -> tuple[Edit, ...]:
    """The nearest edits, the earlier of two that touch; none when they undo or break something."""
    undone = {edit.old_text.strip() for edit in request.recent_edits if edit.old_text.strip()}
    kept: list[Edit] = []
    for edit in edits:
        is_free = all(edit.end < other.start or other.end < edit.start for other in kept)
        if is_free and edit.new_text.strip() not in undone:
            kept.append(edit)
    near = sorted(kept, key=lambda edit: abs(edit.start - change.place.start))[:MAX_PLACES]
    fit = tuple(sorted(near, key=lambda edit: edit.span))
    return fit if parses_no_worse(tree, fit) else ()


def _broken(
    findings: Sequence[Finding], request: Request, tree: SyntaxTree, change: UserChange
) -> Span | None:
    """The fault nearest to the edit: of the parser, else of other tools."""
    here = change.place
    faults = [span(node.start_byte, node.end_byte) for node in tree.faults()]
    if faults and reads_no_macros(tree):
        before = known_trees.parse(request.path, change.undone(tree.data), tree.language)
        faults = faults if len(faults) > before.num_faults() else []
    found = faults or [finding.span for finding in findings]
    near = [each for each in found if _is_near(each, here)]
    if not near:
        return None
    nearest = min(near, key=lambda each: abs(each.start - here.start))
    return repair_place(tree, nearest, here)


def _is_on_line(tree: SyntaxTree, offset: ByteOffset, place: Span) -> bool:
    line = tree.line_at(offset)
    return line.start <= place.end and place.start <= line.end


def _is_near(place: Span, here: Span) -> bool:
    return abs(place.start - here.start) < _REACH
