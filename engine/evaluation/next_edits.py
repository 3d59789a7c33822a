"""Measure next edits: where people went on after an edit, and silence where nobody did.

The thresholds of ``engine.edits.repeats`` were chosen on every other file of the public sets; the
held-out half is the one to quote.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.edits.applied import applied
from engine.edits.next_edit import NextEdit, analysed
from engine.evaluation.edits import EditsConfig, Measured, read_set, share
from engine.evaluation.holes import read_sources
from engine.evaluation.next_edit_cases import (
    Hunk,
    NextEditCase,
    hunk_cases,
    step_cases,
    typed_case,
)
from engine.proposal import Edit, Proposal

if TYPE_CHECKING:
    from engine.infill import Infiller

NUM_PLACES = 3
_MAX_DELETED = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was proposed for a case (nothing: no edits), and how long it took."""

    case: NextEditCase
    edits: tuple[Edit, ...]
    elapsed_ms: float
    is_judged: bool


def measure_next_edits(config: EditsConfig) -> Iterator[Measured]:
    """Both halves of the public sets, then silence behind lines that were only typed."""
    infiller = _infiller(config)
    hunks = read_set(config.data, "hunks.jsonl.gz")
    steps = read_set(config.data, "steps.python.jsonl.gz")
    for title, half in (("thresholds chosen on these", 0), ("held out", 1)):
        sets = (("hunks", hunks, hunk_cases), ("steps", steps, step_cases))
        for name, rows, cut in sets:
            cases = [case for row in rows[half::2][: config.num_cases] for case in cut(row)]
            section = f"next edits, {name} of public commits ({title})"
            yield from _measured(section, [_outcome(case, infiller) for case in cases], config)
    if config.corpus is not None:
        cases = _typed_cases(config)
        section = "next edits, behind a line that was typed"
        yield from _measured(section, [_outcome(case, infiller) for case in cases], config)


def _infiller(config: EditsConfig) -> Infiller | None:
    if not config.has_model:
        return None
    from engine import load

    return load(config.model)


def _typed_cases(config: EditsConfig) -> list[NextEditCase]:
    draw = random.Random(config.seed)
    files = read_sources(config.corpus) if config.corpus is not None else []
    draw.shuffle(files)
    cases = (typed_case(file, draw) for file in files)
    return [case for case in cases if case is not None][: config.num_cases]


def _outcome(case: NextEditCase, infiller: Infiller | None) -> Outcome:
    """Ask as the server does, without its limit; without a model, what analysis would draft."""
    began = time.perf_counter()
    if infiller is None:
        edits, is_judged = analysed(case.request), False
    else:
        job = NextEdit(case.request, writing_at=case.request.cursor)
        found = job.run(infiller, threading.Event(), lambda _: None)
        edits = found.edits if isinstance(found, Proposal) else ()
        is_judged = found.forwards > 0
    return Outcome(case, edits, 1000 * (time.perf_counter() - began), is_judged)


def _measured(section: str, outcomes: Sequence[Outcome], config: EditsConfig) -> Iterator[Measured]:
    going_on = [one for one in outcomes if one.case.later]
    done = [one for one in outcomes if not one.case.later]
    shown = [one for one in outcomes if one.edits]
    found: list[bool] = []
    for one in going_on:
        hit = _hit(one, one.edits[:NUM_PLACES])
        wanted = min(NUM_PLACES, len(one.case.later))
        found += [number < len(hit) for number in range(wanted)]
    right = [bool(_hit(one, [edit])) for one in shown for edit in one.edits]
    yield from share(section, "next places found among the first 3", found, config.seed)
    yield from share(section, "proposed places where people went on", right, config.seed)
    exact = [_is_exact(one) for one in going_on if one.edits]
    yield from share(section, "proposals that are exactly part of it", exact, config.seed)
    quiet = [not one.edits for one in done]
    yield from share(section, "silent where nothing was to come", quiet, config.seed)
    wrong = [_undoes(one) or _destroys(one) for one in outcomes]
    yield from share(section, "undoes the user or deletes what people kept", wrong, config.seed)
    for title, is_judged in (("analysis decided", False), ("the model judged", True)):
        times = sorted(one.elapsed_ms for one in outcomes if one.is_judged is is_judged)
        if times:
            p95 = times[min(int(0.95 * len(times)), len(times) - 1)]
            yield Measured(section, f"p95 of those that {title}", p95, len(times), "ms")


def _hit(outcome: Outcome, edits: Sequence[Edit]) -> set[Hunk]:
    later = outcome.case.later
    return {hunk for hunk in later for edit in edits if _is_at(outcome, edit, hunk)}


def _is_at(outcome: Outcome, edit: Edit, hunk: Hunk) -> bool:
    line = outcome.case.request.text.encode()[: edit.start].count(b"\n")
    return hunk.start <= line < max(hunk.end, hunk.start + 1)


def _is_exact(outcome: Outcome) -> bool:
    """Whether every proposed place reads as people wrote it, and all of a place's lines do."""
    data = outcome.case.request.text.encode()
    for edit in outcome.edits:
        hunks = [hunk for hunk in outcome.case.later if _is_at(outcome, edit, hunk)]
        same = [other for other in outcome.edits if hunks and _is_at(outcome, other, hunks[0])]
        if not hunks or _lines(data, same, hunks[0]) != list(hunks[0].new):
            return False
    return True


def _lines(data: bytes, edits: Sequence[Edit], hunk: Hunk) -> list[str]:
    """The lines of a hunk's place with the edits made."""
    before = len(data.split(b"\n"))
    text = applied(data, edits).decode("utf-8", "replace").split("\n")
    return text[hunk.start : hunk.end + len(text) - before]


def _undoes(outcome: Outcome) -> bool:
    """Whether it takes the text back to what it was before the user's edit."""
    if not outcome.edits:
        return False
    data = outcome.case.request.text.encode()
    (edit,) = outcome.case.request.recent_edits
    before = data[: edit.span.start] + edit.old_text.encode() + data[edit.span.end :]
    return applied(data, outcome.edits) == before


def _destroys(outcome: Outcome) -> bool:
    """Whether it deletes more than a few lines where people deleted none."""
    for edit in outcome.edits:
        removed = edit.span.of(outcome.case.request.text.encode()).count(b"\n")
        is_gone = removed - edit.new_text.count("\n") > _MAX_DELETED
        if is_gone and not any(_is_at(outcome, edit, hunk) for hunk in outcome.case.later):
            return True
    return False
