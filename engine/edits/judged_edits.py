"""Drafts that are proposed only if the model finds them likelier than what stands there."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.errors import Cancelled
from engine.holes import Hole, HoleKind, MaskPlan
from engine.job import OnStep
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


@dataclass(frozen=True, slots=True)
class JudgedEdits:
    """``edits`` in text order, of the given kind; one causal pass over old and new texts."""

    request: Request
    edits: tuple[Edit, ...]
    kind: EditKind = EditKind.ATOMIC
    reason: str = "analysis"

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """A proposal when the drafts gain ``MIN_GAIN`` a place, a refusal with the gain else."""
        del on_step
        data, name = self.request.text.encode(), infiller.denoiser.name
        spans = [edit.span for edit in self.edits]
        old = [place.of(data).decode("utf-8", "replace") for place in spans]
        new = [edit.new_text for edit in self.edits]
        asked = replace(self.request, cursor=spans[0].start)
        try:
            before, after = infiller.log_likelihoods(asked, spans, [old, new], cancel)
        except Cancelled:
            reason = Reason.CANCELLED if cancel.is_set() else Reason.DEADLINE
            return Refusal(reason, "the drafts were not judged in time", model=name)
        gain = (sum(after) - sum(before)) / len(spans)
        if gain < MIN_GAIN:
            detail = f"the drafts at {len(spans)} places gain {gain:.1f} nats a place"
            return Refusal(Reason.LOW_CONFIDENCE, detail, forwards=1, model=name)
        p = 1.0 / (1.0 + math.exp(-min(gain, 30.0) / _NATS_PER_LOGIT))
        return drafted(self.edits, self.kind, p, name, self.reason, 1)


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
