"""Drafts that are proposed only if the model finds them likelier than what stands there."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.context import ContextLimits
from engine.errors import Cancelled
from engine.holes import Hole, HoleKind, MaskPlan
from engine.job import OnStep
from engine.planning.span_plan import MAX_SPANS
from engine.proposal import (
    Edit,
    EditKind,
    EditSet,
    Outcome,
    Proposal,
    Reason,
    Refusal,
    TokenConfidence,
)
from engine.request import Request
from engine.spans import span

if TYPE_CHECKING:
    from engine.infill import Infiller

# What drafts must gain, in nats a place: below it they are no more likely than what is there.
MIN_GAIN = 0.5
_NATS_PER_LOGIT = 4.0
# Bytes of text around a group of places, and between its first and last; groups that are read, and
# of them those that somebody waits for who did not ask. More text decides no better (docs/log.md).
_LIMITS = ContextLimits(400, 0)
_GROUP_BYTES = 800
_MAX_GROUPS, _SOON_GROUPS = 2, 1


@dataclass(frozen=True, slots=True)
class JudgedEdits:
    """``edits`` in text order, of the given kind; a causal pass over old and new texts a group."""

    request: Request
    edits: tuple[Edit, ...]
    kind: EditKind = EditKind.ATOMIC
    reason: str = "analysis"

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """A proposal when the drafts gain ``MIN_GAIN`` a place, a refusal with the gain else."""
        del on_step
        name = infiller.denoiser.name
        num_groups = _MAX_GROUPS if self.request.patience_ms is None else _SOON_GROUPS
        groups = _groups(self.edits, self.request.cursor, num_groups)
        num_places = sum(len(group) for group in groups)
        try:
            gains = [self._gain(infiller, group, cancel) for group in groups]
        except Cancelled:
            reason = Reason.CANCELLED if cancel.is_set() else Reason.DEADLINE
            return Refusal(reason, "the drafts were not judged in time", model=name)
        gain = sum(gains) / num_places
        if gain < MIN_GAIN:
            detail = f"the drafts at {num_places} places gain {gain:.1f} nats a place"
            return Refusal(Reason.LOW_CONFIDENCE, detail, forwards=len(groups), model=name)
        p = 1.0 / (1.0 + math.exp(-min(gain, 30.0) / _NATS_PER_LOGIT))
        return drafted(self.edits, self.kind, p, name, self.reason, len(groups))

    def _gain(self, infiller: Infiller, edits: Sequence[Edit], cancel: threading.Event) -> float:
        """Nats that the new texts of one group are more probable than the old ones."""
        data = self.request.text.encode()
        spans = [edit.span for edit in edits]
        old = [place.of(data).decode("utf-8", "replace") for place in spans]
        new = [edit.new_text for edit in edits]
        asked = replace(self.request, cursor=spans[0].start)
        before, after = infiller.log_likelihoods(asked, spans, [old, new], cancel, _LIMITS)
        return sum(after) - sum(before)


def _groups(edits: Sequence[Edit], cursor: int, num_groups: int) -> list[list[Edit]]:
    """Places that fit one context together; those nearest to the cursor, in text order.

    What is true of the nearest is taken to be true of the same edit further away: a context that
    held all places of a long file would take seconds to read.
    """
    groups: list[list[Edit]] = []
    for edit in sorted(edits, key=lambda each: each.span):
        is_near = bool(groups) and edit.end - groups[-1][0].start <= _GROUP_BYTES
        if is_near and len(groups[-1]) < MAX_SPANS:
            groups[-1].append(edit)
        else:
            groups.append([edit])
    nearest = sorted(groups, key=lambda group: abs(group[0].start - cursor))
    return sorted(nearest[:num_groups], key=lambda group: group[0].span)


def drafted(
    edits: Sequence[Edit], kind: EditKind, confidence: float, model: str, reason: str, forwards: int
) -> Proposal:
    """Edits of analysis as a proposal; its plan names the places."""
    holes = tuple(
        Hole(edit.span, HoleKind.SPAN, "\n" not in edit.new_text, 8, reason) for edit in edits
    )
    first = edits[0]
    tokens = (TokenConfidence(len(first.new_text.encode()), confidence),)
    return Proposal(
        text=first.new_text,
        edit_set=EditSet(tuple(edits), kind),
        plan=MaskPlan(holes, 0, first.span.start, span(first.end, first.end), reason),
        tokens=tokens if first.new_text else (),
        confidence=confidence,
        steps=0,
        forwards=forwards,
        model=model,
    )
