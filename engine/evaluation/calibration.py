"""Fit the numbers of ``engine.judging.confidence.Calibration`` to answers whose outcome is known.

Logistic regression by Newton's method with a weak Gaussian prior around the defaults, so that a few
hundred answers are enough and a feature that never varies keeps its default. Fit on holes that are
neither trained on nor reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import TrainingError
from engine.judging.confidence import Calibration, features

# N records, F features

Doubles = NDArray[np.float64]
MIN_RECORDS = 20
_LEAST = 1e-6
_NEWTON_STEPS = 50
_PRIOR_PRECISION = 1.0


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """One answer: probabilities of its tokens, what does not resolve, and whether it was right.

    ``p`` (N,) of what was judged, its end included; ``token_p`` of the text's tokens up to the
    first one that is not what should stand there, ``tokens_right`` whether they are.
    """

    p: tuple[float, ...]
    num_unresolved: int
    is_right: bool
    token_p: tuple[float, ...] = ()
    tokens_right: tuple[bool, ...] = ()


def fit_calibration(records: Sequence[CalibrationRecord]) -> dict[str, float]:
    """The parameters for a manifest, without ``min_confidence`` and ``min_prefix``, policies.

    Raises TrainingError when there are too few records, or all were right or all wrong.
    """
    usable = [record for record in records if record.p]
    right = np.array([record.is_right for record in usable], np.float64)
    if len(usable) < MIN_RECORDS or right.all() or not right.any():
        raise TrainingError(
            f"calibration needs at least {MIN_RECORDS} answers, right and wrong ones: "
            f"{int(right.sum())} of {len(usable)} were right"
        )
    known = [features(np.array(each.p, np.float32), each.num_unresolved) for each in usable]
    weights = fit_logistic(np.array(known), right, Calibration().weights)
    names = ("scale", "unresolved", "offset")
    found = dict(zip(names, weights.tolist(), strict=True))
    found["token_scale"], found["token_offset"] = _fit_tokens(usable)
    return {name: round(value, 4) for name, value in found.items()}


def fit_logistic(features: Doubles, right: Doubles, prior: Doubles) -> Doubles:
    """Weights (F,) that maximise the posterior of outcomes ``right`` (N,) given features (N, F)."""
    weights = prior.copy()
    for _ in range(_NEWTON_STEPS):
        p = _sigmoid(features @ weights)
        gradient = features.T @ (p - right) + _PRIOR_PRECISION * (weights - prior)
        curvature = (features * (p * (1 - p))[:, None]).T @ features
        step = np.linalg.solve(curvature + _PRIOR_PRECISION * np.eye(len(prior)), gradient)
        # A full Newton step may overshoot far from the optimum; its length is bounded instead.
        step *= min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        weights = weights - step
        if float(np.abs(step).max()) < 1e-8:
            break
    return weights


def tokens_right(pieces: Sequence[bytes], gold: bytes) -> tuple[bool, ...]:
    """For each token's bytes up to the first wrong one whether they are the wanted ones."""
    answers, at = [], 0
    for piece in pieces:
        answers.append(gold[at : at + len(piece)] == piece)
        at += len(piece)
        if not answers[-1]:
            break
    return tuple(answers)


def _fit_tokens(records: Sequence[CalibrationRecord]) -> tuple[float, float]:
    defaults = Calibration()
    prior = np.array([defaults.token_scale, defaults.token_offset])
    p = np.array([each for record in records for each in record.token_p], np.float64)
    right = np.array([each for record in records for each in record.tokens_right], np.float64)
    if not len(p):
        return defaults.token_scale, defaults.token_offset
    scale, offset = fit_logistic(np.stack([_logit(p), np.ones_like(p)], axis=1), right, prior)
    return float(scale), float(offset)


def _logit(p: Doubles) -> Doubles:
    bounded = np.clip(p, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(bounded) - np.log1p(-bounded))


def _sigmoid(logit: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))))
