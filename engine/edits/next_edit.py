"""The next edit: where the user's change goes on, and what it is there.

In order: a rename that was begun by hand, the edit's own pattern elsewhere, an import that the
edit made necessary or superfluous, and last what other tools found wrong, which the model mends.
What analysis drafts is proposed only if the model finds the drafts together more probable than
what stands there, the result parses no worse, and nothing undoes what the user did.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.edits.applied import parses_no_worse
from engine.edits.finding import Finding
from engine.edits.imports import missing_imports
from engine.edits.judged_edits import JudgedEdits, drafted
from engine.edits.lexemes import lexemes
from engine.edits.names_of import name_table
from engine.edits.repair_place import repair_place
from engine.edits.repeats import repeats
from engine.edits.typed_rename import typed_rename
from engine.edits.unused import unused_names
from engine.edits.user_change import UserChange, last_change
from engine.job import OnStep
from engine.languages import language_of
from engine.proposal import (
    Edit,
    EditKind,
    EditSet,
    Outcome,
    Reason,
    Refusal,
)
from engine.request import Request
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse

if TYPE_CHECKING:
    from engine.infill import Infiller

# Scopes, not likelihood, decide about a rename and an import.
_CERTAIN_P = 0.95
_REACH = 2_000


@dataclass(frozen=True, slots=True)
class NextEdit:
    """Where and what the next edit of the request's text is; ``findings`` of other tools."""

    request: Request
    findings: tuple[Finding, ...] = ()

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """See the module. Every way out is one outcome."""
        request = self.request
        data = request.text.encode()
        tree = parse(data, language_of(request.path, request.language))
        change = last_change(request, data)
        if change is None:
            return Refusal(Reason.EMPTY, "nothing was edited lately", model=infiller.denoiser.name)
        rename = typed_rename(request.text, request.language, request.path, request.recent_edits)
        model = infiller.denoiser.name
        if rename is not None and rename.is_certain:
            return drafted(rename.edits, EditKind.ATOMIC, _CERTAIN_P, model, "the name", 0)
        if rename is not None:
            judged = JudgedEdits(request, rename.edits, EditKind.ATOMIC, "members of one name")
            return judged.run(infiller, cancel, on_step)
        certain = _certain(request, tree, change)
        if certain is not None:
            return drafted(certain.edits, certain.kind, _CERTAIN_P, model, "analysis", 0)
        drafts = _drafts(request, tree, change)
        if drafts:
            kind = EditKind.ATOMIC if len(drafts) == 1 else EditKind.SEQUENCE
            job = JudgedEdits(request, tuple(drafts), kind, "the edit's own pattern")
            return job.run(infiller, cancel, on_step)
        place = _broken(self.findings, tree, change)
        if place is None:
            return Refusal(Reason.EMPTY, "the edit asks for no other", model=infiller.denoiser.name)
        return infiller.fill_spans(request, (place,), cancel, on_step)


def analysed(request: Request) -> tuple[Edit, ...]:
    """What analysis alone would propose, before a model judges it."""
    data = request.text.encode()
    tree = parse(data, language_of(request.path, request.language))
    change = last_change(request, data)
    if change is None:
        return ()
    rename = typed_rename(request.text, request.language, request.path, request.recent_edits)
    if rename is not None:
        return rename.edits
    certain = _certain(request, tree, change)
    return tuple(_drafts(request, tree, change)) if certain is None else certain.edits


def _certain(request: Request, tree: SyntaxTree, change: UserChange) -> EditSet | None:
    """What scopes alone decide: an import that came or went."""
    table = name_table(tree)
    if table is None:
        return None
    edits = list(missing_imports(table, change.place, request.open_documents))
    gone = _words(change.old) - _words(change.place.of(tree.data))
    edits += [
        Edit(unused.span, "")
        for unused in unused_names(table, request.path)
        if unused.what == "import" and set(unused.name.split(", ")) <= gone
        if not unused.span.overlaps(change.place)
    ]
    is_kept = bool(edits) and parses_no_worse(tree, edits)
    kind = EditKind.ATOMIC if len(edits) == 1 else EditKind.SEQUENCE
    return EditSet(tuple(sorted(edits, key=lambda each: each.span)), kind) if is_kept else None


def _words(text: bytes) -> set[str]:
    return {lexeme.text.decode("utf-8", "replace") for lexeme in lexemes(text) if lexeme.is_name}


def _drafts(request: Request, tree: SyntaxTree, change: UserChange) -> list[Edit]:
    """The edit's pattern at its other places; none when that would undo or break something."""
    undone = {edit.old_text.strip() for edit in request.recent_edits if edit.old_text.strip()}
    drafts = [
        Edit(repeat.span, repeat.new_text)
        for repeat in repeats(tree, change)
        if repeat.new_text.strip() not in undone
    ]
    return drafts if parses_no_worse(tree, drafts) else []


def _broken(findings: Sequence[Finding], tree: SyntaxTree, change: UserChange) -> Span | None:
    """The fault nearest to the edit: of the parser, else of other tools."""
    here = change.place
    faults = [span(node.start_byte, node.end_byte) for node in tree.faults()]
    found = faults or [finding.span for finding in findings]
    near = [each for each in found if abs(each.start - here.start) < _REACH]
    if not near:
        return None
    nearest = min(near, key=lambda each: abs(each.start - here.start))
    return repair_place(tree, nearest, here)
