"""Calibrate a model on held-out holes; what that is worth beside what its manifest says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import engine
from engine.errors import BadInput
from engine.evaluation.as_typed import half_as_typed
from engine.evaluation.calibrate import (
    CalibrationConfig,
    calibration_records,
    fit_records,
    least_confidence,
)
from engine.evaluation.calibration import CalibrationRecord, fit_calibration
from engine.evaluation.infilling import EvaluationConfig, holes_of, limits_of, progress_of
from engine.evaluation.statistics import calibration_error, reliability
from engine.judging.confidence import Calibration

NUM_FOLDS = 10
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """Answers of known outcome, what the manifest says of them, and what was fitted on them."""

    model: str
    num_holes: int
    records: tuple[CalibrationRecord, ...]
    present: Calibration
    fitted: dict[str, float]
    min_precision: float


def calibrate_model(config: EvaluationConfig) -> CalibrationReport:
    """Fill the corpus's holes with the model and fit its confidence.

    Half of the holes are as typed, all if the configuration says so.
    Raises BadInput without a corpus, TrainingError when the answers are too few or of one outcome.
    """
    if config.corpus is None:
        raise BadInput("--calibrate needs a corpus: name a folder of source files")
    holes = holes_of(config)
    holes = holes if config.is_as_typed else half_as_typed(holes)
    infiller = engine.load(config.model, limits_of(config))
    settings = CalibrationConfig(
        effort=config.effort,
        decoding=infiller.decoding,
        has_memory=infiller.has_memory,
        policy=config.policy,
        seed=config.seed,
    )
    denoiser = infiller.denoiser
    shown = progress_of(config)(holes, denoiser.name)
    records = tuple(calibration_records(denoiser, shown, settings))
    fitted = fit_records(records, settings)
    return CalibrationReport(
        denoiser.name, len(holes), records, infiller.calibration, fitted, settings.min_precision
    )


def format_calibration(report: CalibrationReport) -> str:
    """The manifest's ``calibration`` as it was fitted, below what it is worth.

    A calibration's threshold is where one in four answers is right. Texts and tokens are judged by
    log loss and calibration error; what was fitted is judged in folds.
    """
    records = report.records
    num_right = sum(record.is_right for record in records)
    lines = [
        f"{report.model}: {len(records)} answers in {report.num_holes} holes, {num_right} right",
        "calibration        texts: log loss  error  tokens: log loss  error  shown from",
    ]
    folds = _folds(records)
    for name, judged in (
        ("product of tokens", [(Calibration(), records)]),
        ("manifest", [(report.present, records)]),
        (f"fitted ({NUM_FOLDS} folds)", folds),
    ):
        texts, tokens = _texts(judged), _tokens(judged)
        one = judged[0][0] if len(judged) == 1 else Calibration.of(report.fitted)
        least = least_confidence(records, one, report.min_precision)
        lines.append(
            f"{name:18} {_loss(*texts):15.3f} {_error(*texts):6.3f}"
            f" {_loss(*tokens):17.3f} {_error(*tokens):6.3f} {least:11.3f}"
        )
    return "\n".join(lines) + '\n"calibration": ' + json.dumps(report.fitted, indent=2) + "\n"


def write_calibration(report: CalibrationReport, path: Path) -> None:
    """Write all of the report as one JSON object. Raises BadInput when it cannot be written."""
    record: dict[str, Any] = asdict(report)
    try:
        path.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error


_Judged = Sequence[tuple[Calibration, Sequence[CalibrationRecord]]]


def _folds(records: Sequence[CalibrationRecord]) -> _Judged:
    """Each tenth of the records with what is fitted on the others."""
    judged = []
    for fold in range(NUM_FOLDS):
        others = [each for at, each in enumerate(records) if at % NUM_FOLDS != fold]
        judged.append((Calibration.of(fit_calibration(others)), records[fold::NUM_FOLDS]))
    return judged


def _texts(judged: _Judged) -> tuple[list[float], list[bool]]:
    """The confidence of each text, and whether it is right."""
    p = [
        calibration.whole_p(np.array(each.p, np.float32), each.num_unresolved)
        for calibration, records in judged
        for each in records
    ]
    return p, [each.is_right for _, records in judged for each in records]


def _tokens(judged: _Judged) -> tuple[list[float], list[bool]]:
    """The confidence of each token up to the first wrong one, and whether it is right."""
    p = [
        one
        for calibration, records in judged
        for each in records
        for one in calibration.token_p(np.array(each.token_p, np.float32)).tolist()
    ]
    return p, [right for _, records in judged for each in records for right in each.tokens_right]


def _loss(p: Sequence[float], is_right: Sequence[bool]) -> float:
    chance = np.where(is_right, p, 1.0 - np.array(p))
    return float(-np.log(np.maximum(chance, _LEAST)).mean())


def _error(p: Sequence[float], is_right: Sequence[bool]) -> float:
    return calibration_error(reliability(p, is_right)) or 0.0
