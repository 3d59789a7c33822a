"""Fit the parameters of ``engine.confidence.Calibration`` on answers whose outcome is known.

Logistic regression by Newton's method with a weak Gaussian prior around the defaults, so that a few
hundred answers are enough and a feature that never varies keeps its default. Fit on holes that are
neither trained on nor reported.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.confidence import Calibration
from engine.errors import TrainingError

# N records, F features

Doubles = NDArray[np.float64]
MIN_RECORDS = 20
CAUSAL_SHARES = tuple(step / 10 for step in range(11))
NUM_FOLDS = 5
_LEAST = 1e-6
_NEWTON_STEPS = 50
_PRIOR_PRECISION = 1.0


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """One answer: probabilities of its tokens, what does not resolve, and whether it was right.

    ``p`` (N,) from denoising, ``causal_p`` (N,) from the causal pass or None; ``tokens_right`` (N,)
    whether each token stands where it should, empty when that is not known.
    """

    p: tuple[float, ...]
    causal_p: tuple[float, ...] | None
    num_unresolved: int
    is_right: bool
    tokens_right: tuple[bool, ...] = ()


def fit_calibration(records: Sequence[CalibrationRecord], seed: int = 0) -> dict[str, float]:
    """The parameters for a manifest, without ``min_confidence``, which is a policy.

    ``causal_share`` is the one with the smallest cross-validated log loss. Raises TrainingError
    when there are too few records, or all were right or all wrong.
    """
    usable = [record for record in records if record.p]
    right = np.array([record.is_right for record in usable], np.float64)
    if len(usable) < MIN_RECORDS or right.all() or not right.any():
        raise TrainingError(
            f"calibration needs at least {MIN_RECORDS} answers, right and wrong ones: "
            f"{int(right.sum())} of {len(usable)} were right"
        )
    has_causal = all(record.causal_p is not None for record in usable)
    shares = CAUSAL_SHARES if has_causal else (0.0,)
    defaults = Calibration()
    prior = np.array([defaults.scale, defaults.offset, defaults.length, defaults.unresolved])
    folds = np.random.default_rng(seed).permutation(len(usable)) % NUM_FOLDS
    losses = [_validated_loss(_features(usable, share), right, prior, folds) for share in shares]
    share = shares[int(np.argmin(losses))]
    weights = fit_logistic(_features(usable, share), right, prior)
    token_scale, token_offset = _fit_tokens(usable, share)
    found = dict(zip(("scale", "offset", "length", "unresolved"), weights.tolist(), strict=True))
    found |= {"causal_share": share, "token_scale": token_scale, "token_offset": token_offset}
    return {
        item.name: round(found[item.name], 4) for item in fields(Calibration) if item.name in found
    }


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


def log_loss(p: Doubles, right: Doubles) -> float:
    """The mean negative log likelihood of outcomes ``right`` (N,) under ``p`` (N,), in nats."""
    bounded = np.clip(p, _LEAST, 1 - _LEAST)
    return float(-(right * np.log(bounded) + (1 - right) * np.log1p(-bounded)).mean())


def tokens_right(pieces: Sequence[bytes], gold: bytes) -> tuple[bool, ...]:
    """For each token's bytes whether they are the wanted ones at their place."""
    answers, at = [], 0
    for piece in pieces:
        answers.append(gold[at : at + len(piece)] == piece)
        at += len(piece)
    return tuple(answers)


def _validated_loss(
    features: Doubles, right: Doubles, prior: Doubles, folds: NDArray[np.int64]
) -> float:
    p = np.empty(len(right))
    for fold in range(NUM_FOLDS):
        held_out = folds == fold
        weights = fit_logistic(features[~held_out], right[~held_out], prior)
        p[held_out] = _sigmoid(features[held_out] @ weights)
    return log_loss(p, right)


def _features(records: Sequence[CalibrationRecord], share: float) -> Doubles:
    """(N, 4): the terms of ``Calibration.whole_p``: scale, offset, length, unresolved."""
    return np.array(
        [
            [
                float(_logit(np.exp(_log_p(record, share).mean()))),
                1.0,
                math.log(len(record.p)),
                float(record.num_unresolved),
            ]
            for record in records
        ],
        np.float64,
    )


def _fit_tokens(records: Sequence[CalibrationRecord], share: float) -> tuple[float, float]:
    known = [record for record in records if record.tokens_right]
    defaults = Calibration()
    prior = np.array([defaults.token_scale, defaults.token_offset])
    if not known:
        return defaults.token_scale, defaults.token_offset
    logits = np.concatenate([_logit(np.exp(_log_p(record, share))) for record in known])
    right = np.array([answer for record in known for answer in record.tokens_right], np.float64)
    scale, offset = fit_logistic(np.stack([logits, np.ones_like(logits)], axis=1), right, prior)
    return float(scale), float(offset)


def _log_p(record: CalibrationRecord, share: float) -> Doubles:
    log_p = (1 - share) * np.log(np.maximum(record.p, _LEAST))
    if record.causal_p is not None:
        log_p = log_p + share * np.log(np.maximum(record.causal_p, _LEAST))
    return np.asarray(log_p, np.float64)


def _logit(p: Doubles | np.float64) -> Doubles:
    bounded = np.clip(p, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(bounded) - np.log1p(-bounded))


def _sigmoid(logit: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))))
