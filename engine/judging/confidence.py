"""From the probabilities of tokens to the probability that a person keeps the text.

Parameters come from the model's manifest, fitted on held-out holes (Platt scaling); without any,
the confidence is the product of the tokens' probabilities.
"""

# N tokens of a proposal

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from engine.errors import DamagedWeights

Floats = NDArray[np.float32]
_LEAST = 1e-6
_FAR = 30.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of a logistic function of ``features``: what the tokens say of the whole text.

    logit(confidence) = scale * logit(product of p) + unresolved * count + offset: where tokens are
    right with their p given those before them, the text is with the product.
    ``token_scale`` and ``token_offset`` do the same for one token, given those before it.
    ``min_confidence``: what a proposal must reach to be shown (an uncalibrated model's confidence
    says too little to withhold anything); what is not as sure may be cut to a
    beginning that is right with a chance of ``min_prefix`` (above 1 for never).
    """

    scale: float = 1.0
    offset: float = 0.0
    unresolved: float = -0.5
    token_scale: float = 1.0
    token_offset: float = 0.0
    min_confidence: float = 0.0
    min_prefix: float = 2.0

    @staticmethod
    def of(parameters: Mapping[str, float]) -> Calibration:
        """From a manifest's numbers; what it leaves out keeps its default.

        Raises DamagedWeights for a name that does not exist.
        """
        known = {item.name for item in fields(Calibration)}
        for name in parameters:
            if name not in known:
                raise DamagedWeights(
                    f"the manifest's calibration names {name}: reinstall the model"
                )
        return Calibration(**{name: float(value) for name, value in parameters.items()})

    def token_p(self, p: Floats) -> Floats:
        """Probability that each token (N,) is right where those before it are."""
        logit = self.token_scale * _logits(p) + self.token_offset
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -_FAR, _FAR))), np.float32)

    def whole_p(self, p: Floats, num_unresolved: int) -> float:
        """Probability that the whole text is kept, of that of its tokens (N,); 0 without tokens.

        ``num_unresolved`` counts new identifiers that resolve nowhere.
        """
        if not len(p):
            return 0.0
        terms = np.dot(features(p, num_unresolved), self.weights)
        return 1.0 / (1.0 + math.exp(-min(max(float(terms), -_FAR), _FAR)))

    @property
    def weights(self) -> NDArray[np.float64]:
        """The weights of ``features`` (3,)."""
        return np.array([self.scale, self.unresolved, self.offset])


def features(p: Floats, num_unresolved: int) -> NDArray[np.float64]:
    """What a text's confidence is a logistic function of (3,), from its tokens' p (N,)."""
    log_p = float(np.log(np.maximum(p, _LEAST)).sum())
    # One that is sure to the last bit is no surer than the next smaller float.
    log_odds = log_p - math.log(max(-math.expm1(log_p), _LEAST))
    return np.array([log_odds, num_unresolved, 1.0], np.float64)


def _logits(p: Floats) -> Floats:
    bounded = np.clip(p, _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(bounded) - np.log1p(-bounded), np.float32)
