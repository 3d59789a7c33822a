"""Fit a model's confidence on held-out holes: fill them, compare with what stood there, fit.

Each hole is asked for twice with neutral parameters, once for the probabilities of denoising and
once for those of the causal pass, so that what is fitted is what ``engine.confidence`` computes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.confidence import Calibration
from engine.denoisers.protocol import Denoiser
from engine.evaluation.calibration import CalibrationRecord, fit_calibration, tokens_right
from engine.evaluation.holes import EvalHole
from engine.evaluation.infilling import measure
from engine.evaluation.model_filler import ModelFiller
from engine.infill import Infiller
from engine.proposal import Outcome, Proposal
from engine.request import Effort, Request
from engine.spans import Span

_NEUTRAL = Calibration(unresolved=0.0, causal_share=0.0, min_confidence=0.0)


@dataclass(frozen=True, slots=True)
class CalibrationConfig:
    """``min_precision``: the least confident proposals shown are right this often.

    Peers break even when one in four is accepted.
    """

    min_precision: float = 0.25
    effort: Effort = Effort.MEDIUM
    seed: int = 0


def calibrate(
    denoiser: Denoiser, holes: Iterable[EvalHole], config: CalibrationConfig
) -> dict[str, float]:
    """The calibration of a manifest, with the threshold below which nothing is shown.

    Raises TrainingError when the holes are too few or all of one outcome.
    """
    infiller = Infiller(denoiser, _NEUTRAL)  # one for both: the second finds the context encoded
    asked = _Recorder(infiller, _NEUTRAL)
    causal = _Recorder(infiller, replace(_NEUTRAL, causal_share=1.0))
    fillers = [ModelFiller("", each, config.effort, None, config.seed) for each in (asked, causal)]
    records = []
    for hole in holes:
        answer, _ = (filler.fill(hole) for filler in fillers)
        if asked.last is not None and causal.last is not None:
            result = measure(hole, answer)
            records.append(
                _record(hole, asked.last, causal.last, result.num_unresolved, result.is_right)
            )
    parameters = fit_calibration(records, config.seed)
    least = _least_confidence(records, Calibration.of(parameters), config.min_precision)
    return parameters | {"min_confidence": least}


class _Recorder:
    """An Infiller under one calibration; remembers its last proposal, None after a refusal."""

    def __init__(self, infiller: Infiller, calibration: Calibration) -> None:
        self._infiller, self._calibration = infiller, calibration
        self.last: Proposal | None = None

    def infill(self, request: Request) -> Outcome:
        self._infiller.calibration = self._calibration
        return self._remember(self._infiller.infill(request))

    def fill_spans(self, request: Request, spans: Sequence[Span]) -> Outcome:
        self._infiller.calibration = self._calibration
        return self._remember(self._infiller.fill_spans(request, spans))

    def _remember(self, outcome: Outcome) -> Outcome:
        self.last = outcome if isinstance(outcome, Proposal) else None
        return outcome


def _record(
    hole: EvalHole, denoised: Proposal, causal: Proposal, num_unresolved: int, is_right: bool
) -> CalibrationRecord:
    text, at = denoised.text.encode(), 0
    pieces = []
    for token in denoised.tokens:
        pieces.append(text[at : at + token.length])
        at += token.length
    return CalibrationRecord(
        p=tuple(token.p for token in denoised.tokens),
        causal_p=tuple(token.p for token in causal.tokens),
        num_unresolved=num_unresolved,
        is_right=is_right,
        tokens_right=tokens_right(pieces, hole.gold[hole.cursor_hole].encode()),
    )


def _least_confidence(
    records: Sequence[CalibrationRecord], calibration: Calibration, min_precision: float
) -> float:
    """The confidence at which the calibrated chance of being right reaches ``min_precision``.

    Calibrated confidences are such chances; the data decide where they disagree: the smallest
    threshold at which the proposals at or just above it were right often enough.
    """
    confidence = np.array(
        [
            calibration.whole_p(np.array(each.p), np.array(each.causal_p), each.num_unresolved)
            for each in records
        ]
    )
    right = np.array([each.is_right for each in records])
    order = np.argsort(confidence)
    window = max(len(order) // 10, 10)
    for start in range(len(order) - window):
        part = order[start : start + window]
        if right[part].mean() >= min_precision:
            return round(float(confidence[part[0]]), 3)
    return round(float(confidence.max()), 3)
