"""From the probabilities of tokens to the probability that a person keeps the text.

Parameters come from the model's manifest, fitted on held-out holes (Platt scaling); without any,
the confidence is the geometric mean of the tokens' probabilities.
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
    """logit(confidence) = scale * logit(mean p) + length * ln(N) + unresolved * count + offset.

    ``causal_share``: weight of the causal pass in a token's mean log probability, the rest is that
    of denoising. ``token_scale`` and ``token_offset`` do the same for one token.
    ``min_confidence``: what a proposal must reach to be shown.
    """

    scale: float = 1.0
    offset: float = 0.0
    length: float = 0.0
    unresolved: float = -0.5
    causal_share: float = 0.5
    token_scale: float = 1.0
    token_offset: float = 0.0
    min_confidence: float = 0.1

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

    def token_p(self, p: Floats, causal_p: Floats | None) -> Floats:
        """Probability per token (N,) from denoising (N,) and, where there is one, causal pass."""
        mean = np.exp(self._log_p(p, causal_p))
        logit = self.token_scale * _logits(mean) + self.token_offset
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -_FAR, _FAR))), np.float32)

    def whole_p(self, p: Floats, causal_p: Floats | None, num_unresolved: int) -> float:
        """Probability that the whole text is kept; 0 without tokens.

        ``num_unresolved`` counts new identifiers that resolve nowhere.
        """
        if not len(p):
            return 0.0
        mean = np.exp(self._log_p(p, causal_p).mean(keepdims=True))
        logit = self.scale * float(_logits(mean)[0]) + self.offset
        logit += self.length * math.log(len(p)) + self.unresolved * num_unresolved
        return 1.0 / (1.0 + math.exp(-min(max(logit, -_FAR), _FAR)))

    def _log_p(self, p: Floats, causal_p: Floats | None) -> Floats:
        share = 0.0 if causal_p is None else self.causal_share
        log_p = (1.0 - share) * np.log(np.maximum(p, _LEAST))
        if causal_p is not None:
            log_p = log_p + share * np.log(np.maximum(causal_p, _LEAST))
        return np.asarray(log_p, np.float32)


def _logits(p: Floats) -> Floats:
    bounded = np.clip(p, _LEAST, 1.0 - _LEAST)
    return np.asarray(np.log(bounded) - np.log1p(-bounded), np.float32)
