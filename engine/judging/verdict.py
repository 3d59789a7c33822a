"""From a denoised canvas to a proposal, a refusal, or a fault worth another try."""

# N tokens of a hole

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from engine.check import Checked, Rejected, check
from engine.constraints import Draft, Fault, first_fault
from engine.decoding.commit import Floats
from engine.effort import Decoding, SamplerConfig
from engine.judging.alignment import align
from engine.judging.misfit import misfit_of
from engine.judging.names import unresolved
from engine.judging.sure_prefix import sure_cuts
from engine.planning.neutral import fill
from engine.proposal import (
    Edit,
    EditKind,
    EditSet,
    Proposal,
    Reason,
    Refusal,
    TokenConfidence,
)
from engine.sampler import Stop, TokenScores
from engine.spans import span
from engine.task import Task


@dataclass(frozen=True, slots=True)
class Retry:
    """A fault of one hole, and the refusal to give when it cannot be mended."""

    hole: int
    fault: Fault
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Misfit:
    """Nothing is wrong with any token, and the text does not belong there: another one may."""

    refusal: Refusal


Verdict = Proposal | Refusal | Retry | Misfit
# As many keys as a look at one more text is worth.
_LOOK_KEYS = 3.0
# What a check finds wrong with a text as a whole.
_OF_WHOLE = frozenset((Reason.REPEATS_SUFFIX, Reason.REVERTS_USER))


class Writing(Protocol):
    """Texts for a plan's holes, written by a ``Sampler`` or by somebody else."""

    stop: Stop | None
    fault: Fault | None
    is_usable: bool
    num_steps: int
    forwards: int
    config: SamplerConfig

    @property
    def num_positions(self) -> int:
        """Tokens that the holes had room for."""
        ...

    def texts(self) -> tuple[str, ...]:
        """The text of each hole, behind what was typed of it."""
        ...

    def scores(self, hole: int) -> TokenScores:
        """Every token of a hole with its probability."""
        ...


def judge(task: Task, sampler: Writing) -> Verdict:
    """Check what was written and make it a proposal."""

    def refusal(reason: Reason, detail: str) -> Refusal:
        return task.refusal(reason, detail, sampler.num_steps, sampler.forwards)

    if sampler.stop is Stop.FAULT and sampler.fault is not None:
        return refusal(sampler.fault.reason, sampler.fault.detail)
    if sampler.stop is Stop.HOPELESS:
        p = sampler.scores(0).p
        confidence = task.calibration.whole_p(p, 0)
        return _sure_beginning(task, sampler) or refusal(*_too_unsure(task, confidence))
    if not sampler.is_usable:
        return refusal(*_unusable(task, sampler))
    checked = check(task.tree, task.plan, sampler.texts(), task.request, task.check)
    # Masked steps know of no other text.
    is_asked = sampler.stop is Stop.FINISHED and task.decoding is not Decoding.MASKED
    if not isinstance(checked, Checked):
        return _rejected(task, sampler, checked, is_asked)
    broken = _broken_rule(task, checked.texts)
    if broken is not None:
        return refusal(broken.reason, broken.detail)
    misfit = misfit_of(task.tree, task.plan, checked.texts) if is_asked else None
    if misfit is not None:
        return Misfit(refusal(misfit.reason, misfit.detail))
    return _proposal(task, sampler, checked.texts)


def _rejected(task: Task, sampler: Writing, rejected: Rejected, is_asked: bool) -> Verdict:
    """What follows from a check that failed; ``is_asked``: another text may be asked for."""
    counts = sampler.num_steps, sampler.forwards
    if sampler.stop is Stop.DEADLINE:
        detail = f"{rejected.detail}, and the time was up"
        return task.refusal(Reason.DEADLINE, detail, *counts)
    refused = task.refusal(rejected.reason, rejected.detail, *counts)
    if is_asked and rejected.reason in _OF_WHOLE:
        return Misfit(refused)
    offset = _offset(rejected, sampler)
    if offset is None or sampler.stop is not Stop.FINISHED:
        return refused
    return Retry(rejected.hole, Fault(offset, rejected.reason, rejected.detail), refused)


def _offset(rejected: Rejected, sampler: Writing) -> int | None:
    """The byte to try again from, None when another try would not help.

    Text without a wrong token does not parse because it ends too early, and an end that the model
    was not sure of may be wrong where nothing was written.
    """
    if rejected.offset is not None:
        return rejected.offset
    text = sampler.texts()[rejected.hole]
    if rejected.reason is Reason.DOES_NOT_PARSE:
        return len(text.encode())
    is_unsure = sampler.scores(rejected.hole).p[-1] < sampler.config.commit.threshold
    is_mended = rejected.reason is Reason.EMPTY and not text.strip() and is_unsure
    return len(text.encode()) if is_mended else None


def _unusable(task: Task, sampler: Writing) -> tuple[Reason, str]:
    if sampler.stop is Stop.DEADLINE:
        budget_ms = task.request.budget_ms or 0.0
        return Reason.DEADLINE, f"nothing safe to show after {budget_ms:.0f} ms"
    detail = f"the text did not end within {sampler.num_positions} tokens"
    return Reason.LOW_CONFIDENCE, detail


def _broken_rule(task: Task, texts: tuple[str, ...]) -> Fault | None:
    drafts = (Draft(hole, text, True, texts) for hole, text in enumerate(texts))
    faults = (first_fault(task.rules, draft) for draft in drafts)
    return next((fault for fault in faults if fault is not None), None)


def _proposal(task: Task, sampler: Writing, texts: tuple[str, ...]) -> Proposal | Refusal:
    changed = _changed(task, texts)
    counts = sampler.num_steps, sampler.forwards
    if task.plan.cursor_hole not in changed:
        return task.refusal(Reason.EMPTY, "the text stands there already", *counts)
    written = [_written(sampler.scores(number), texts[number]) for number in changed]
    num_unresolved = _num_unresolved(task, texts, changed)
    confidence = task.calibration.whole_p(np.concatenate(written), num_unresolved)
    is_sure = confidence >= task.min_confidence
    if is_sure and not task.request.is_typing:
        return _shown(task, sampler, texts, confidence)
    beginning = _sure_beginning(task, sampler, confidence if is_sure else 0.0)
    if beginning is not None:
        return beginning
    if is_sure:
        return _shown(task, sampler, texts, confidence)
    return task.refusal(*_too_unsure(task, confidence), *counts)


def _saves_more(text: str, chance: float, confidence: float) -> bool:
    """Whether it saves more keys to take the beginning ``text`` first, and then what is left.

    Where the whole is right, that costs another look; where only the beginning is, it saves that.
    """
    return (chance - confidence) * (len(text) - 1) > _LOOK_KEYS * confidence


def _too_unsure(task: Task, confidence: float) -> tuple[Reason, str]:
    detail = f"confidence {confidence:.2f} is below {task.min_confidence:.2f}"
    return Reason.LOW_CONFIDENCE, detail


def _sure_beginning(task: Task, sampler: Writing, confidence: float = 0.0) -> Proposal | None:
    """The longest sure beginning of the only hole that can stand there; None when there is none.

    ``confidence``: that of the whole text, where it may be shown instead.

    A joint change is not halved, and what replaces text must be whole. Behind a beginning that
    somebody types on from something follows; elsewhere it has to parse as it is.
    """
    [hole, *others] = task.plan.holes
    if others or len(hole.span):
        return None
    scores = sampler.scores(0)
    p = task.calibration.token_p(scores.p)
    least = max(task.calibration.min_prefix, task.min_confidence)
    is_typed_on = task.request.is_typing
    for text, chance in sure_cuts(scores.pieces, p, least):
        if not _saves_more(text, chance, confidence):
            continue
        checked = check(task.tree, task.plan, (text,), task.request, task.check, is_typed_on)
        if isinstance(checked, Checked) and checked.texts[0].strip() == text.strip():
            if _broken_rule(task, checked.texts) is None:
                return replace(_shown(task, sampler, checked.texts, chance), is_cut=True)
    return None


def _shown(task: Task, sampler: Writing, texts: tuple[str, ...], confidence: float) -> Proposal:
    plan = task.plan
    newline = task.tree.newline
    new_texts = [text.replace("\r\n", "\n").replace("\n", newline) for text in texts]
    edits = tuple(
        Edit(plan.holes[number].span, new_texts[number]) for number in _changed(task, texts)
    )
    return Proposal(
        text=new_texts[plan.cursor_hole],
        edit_set=EditSet(edits, EditKind.ATOMIC),
        plan=plan,
        tokens=_tokens(task, sampler, new_texts[plan.cursor_hole], newline),
        confidence=confidence,
        steps=sampler.num_steps,
        forwards=sampler.forwards,
        timings_ms=task.watch.timings_ms(),
        model=task.model.denoiser.name,
        num_context_tokens=task.handle.num_tokens,
        num_cached_tokens=task.handle.num_reused,
    )


def _changed(task: Task, texts: tuple[str, ...]) -> list[int]:
    """The holes whose text is not the one that stands there."""
    return [
        number
        for number, (hole, text) in enumerate(zip(task.plan.holes, texts, strict=True))
        if hole.span.of(task.tree.data) != text.encode()
    ]


def _written(scores: TokenScores, text: str) -> Floats:
    """Probabilities (N,) of the tokens that are left of a hole's text, with its end."""
    owners = dict.fromkeys(owner for owner, _ in align(scores.pieces, text.encode()))
    written = [index for index, piece in enumerate(scores.pieces) if piece]
    is_whole = bool(written) and written[-1] in owners
    has_end = len(scores.pieces) > 0 and not scores.pieces[-1]
    kept = [*owners, *((len(scores.pieces) - 1,) if is_whole and has_end else ())]
    return scores.p[kept]


def _tokens(task: Task, sampler: Writing, text: str, newline: str) -> tuple[TokenConfidence, ...]:
    scores = sampler.scores(task.plan.cursor_hole)
    p = task.calibration.token_p(scores.p)
    pieces = [piece.replace(b"\n", newline.encode()) for piece in scores.pieces]
    return tuple(
        TokenConfidence(num_bytes, float(p[owner]))
        for owner, num_bytes in align(pieces, text.encode())
    )


def _num_unresolved(task: Task, texts: tuple[str, ...], changed: list[int]) -> int:
    """New identifiers that nothing declares, in the text with all holes filled."""
    encoded = [text.encode() for text in texts]
    filled = fill(task.tree, task.plan, encoded)
    count, moved = 0, 0
    for number, (hole, text) in enumerate(zip(task.plan.holes, encoded, strict=True)):
        start = hole.span.start + moved
        moved += len(text) - len(hole.span)
        if number in changed:
            place = span(start, start + len(text))
            count += len(unresolved(filled, place, task.request.open_documents))
    return count
