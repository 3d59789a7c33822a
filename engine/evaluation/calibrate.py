"""Fit a model's confidence on held-out holes: fill them, compare with what stood there, fit.

The holes are filled under a neutral calibration that writes down what it was asked, so that what is
fitted is what ``engine.judging.confidence`` computes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.decoding.commit import Floats
from engine.denoisers.protocol import Denoiser
from engine.effort import Decoding, PolicyChanges
from engine.evaluation.calibration import CalibrationRecord, fit_calibration, tokens_right
from engine.evaluation.holes import EvalHole
from engine.evaluation.infilling import measure
from engine.evaluation.model_filler import ModelFiller
from engine.infill import InfillConfig, Infiller
from engine.judging.confidence import Calibration
from engine.proposal import Outcome, Proposal
from engine.request import Effort, Request
from engine.spans import Span


@dataclass(frozen=True, slots=True)
class CalibrationConfig:
    """``min_precision``: the least confident proposals shown are right this often.

    Peers break even when one in four is accepted. ``min_prefix``: what the beginning of a text that
    is less sure is held to, when it is shown alone.
    """

    min_precision: float = 0.25
    min_prefix: float = 0.5
    effort: Effort = Effort.MEDIUM
    decoding: Decoding = Decoding.MASKED
    has_memory: bool = False
    policy: PolicyChanges = ()
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Witness(Calibration):
    """Neutral: a token's probability is its own, everything is shown. Keeps what it was asked."""

    min_confidence: float = 0.0
    judged: list[tuple[Floats, int]] = field(default_factory=list)

    def whole_p(self, p: Floats, num_unresolved: int) -> float:
        """See ``Calibration.whole_p``."""
        self.judged.append((p, num_unresolved))
        return Calibration.whole_p(self, p, num_unresolved)


class _Recorder:
    """An Infiller; remembers its last outcome."""

    def __init__(self, infiller: Infiller) -> None:
        self._infiller = infiller
        self.last: Outcome | None = None

    def infill(self, request: Request) -> Outcome:
        self.last = self._infiller.infill(request)
        return self.last

    def fill_spans(self, request: Request, spans: Sequence[Span]) -> Outcome:
        self.last = self._infiller.fill_spans(request, spans)
        return self.last


def calibrate(
    denoiser: Denoiser, holes: Iterable[EvalHole], config: CalibrationConfig
) -> dict[str, float]:
    """The calibration of a manifest, with the threshold below which nothing is shown.

    Raises TrainingError when the holes are too few or all of one outcome.
    """
    return fit_records(list(calibration_records(denoiser, holes, config)), config)


def fit_records(
    records: Sequence[CalibrationRecord], config: CalibrationConfig
) -> dict[str, float]:
    """``calibrate`` on answers that are there."""
    parameters = fit_calibration(records)
    least = least_confidence(records, Calibration.of(parameters), config.min_precision)
    return parameters | {"min_confidence": least, "min_prefix": config.min_prefix}


def calibration_records(
    denoiser: Denoiser, holes: Iterable[EvalHole], config: CalibrationConfig
) -> Iterable[CalibrationRecord]:
    """One record for each hole that was filled at all."""
    witness = _Witness()
    limits = InfillConfig(
        decoding=config.decoding, has_memory=config.has_memory, policy=config.policy
    )
    infiller = Infiller(denoiser, witness, limits)
    asked = _Recorder(infiller)
    filler = ModelFiller("", asked, config.effort, None, config.seed)
    for hole in holes:
        witness.judged.clear()
        result = measure(hole, filler.fill(hole))
        if isinstance(asked.last, Proposal) and witness.judged:
            yield _record(hole, asked.last, *witness.judged[-1], result.is_right)


def _record(
    hole: EvalHole, proposal: Proposal, p: Floats, num_unresolved: int, is_right: bool
) -> CalibrationRecord:
    text, at = proposal.text.encode(), 0
    pieces = []
    for token in proposal.tokens:
        pieces.append(text[at : at + token.length])
        at += token.length
    right = tokens_right(pieces, hole.gold[hole.cursor_hole].encode())
    token_p = tuple(token.p for token in proposal.tokens[: len(right)])
    return CalibrationRecord(tuple(p.tolist()), num_unresolved, is_right, token_p, right)


def least_confidence(
    records: Sequence[CalibrationRecord], calibration: Calibration, min_precision: float
) -> float:
    """The confidence at which the calibrated chance of being right reaches ``min_precision``.

    Calibrated confidences are such chances; the data decide where they disagree: the smallest
    threshold at which the proposals at or just above it were right often enough.
    """
    confidence = np.array(
        [calibration.whole_p(np.array(each.p, np.float32), each.num_unresolved) for each in records]
    )
    right = np.array([each.is_right for each in records])
    order = np.argsort(confidence)
    window = max(len(order) // 10, 10)
    for start in range(len(order) - window):
        part = order[start : start + window]
        if right[part].mean() >= min_precision:
            return round(float(confidence[part[0]]), 3)
    return round(float(confidence.max()), 3)
