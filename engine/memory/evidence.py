"""What it is worth that a token stood behind the same tokens elsewhere, in units of probability.

The model's next-token probabilities count as one observation; each place in the user's files that
looks like this one adds its weight to the token that stood there, and the sum is normalised. The
weights are maximum likelihood on held-out packages (docs/log.md; ``tests/measure/evidence.py`` fits
them to other weights of the model); a cache model in the sense of Hellendoorn and Devanbu (ESEC/FSE
2017), with the weight of a place in place of an order's.
"""

# C places

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Ids

Weights = NDArray[np.float64]
# A place that agrees in this many tokens or more is of the next kind.
_MATCH_BOUNDS = np.array([2, 3, 4, 5, 6, 7, 9, 12, 16])
_SUFFIX_BOUNDS = np.array([1, 3, 6, 12])


@dataclass(frozen=True, slots=True)
class Places:
    """What is known of places (C,) that look like a hole's frontier.

    ``lengths`` (C,): tokens before a place that agree; ``agreeing`` (C,): tokens behind its line
    that are those behind the hole's. ``before``, ``behind`` (C,): how like the hole's the text
    before the place is, and that behind its line.
    """

    lengths: Ids
    agreeing: Ids
    before: Weights
    behind: Weights

    @property
    def match_kinds(self) -> Ids:
        """By ``lengths``, the index (C,) into ``EvidenceWeights.match``."""
        return np.searchsorted(_MATCH_BOUNDS, self.lengths, side="right")

    @property
    def suffix_kinds(self) -> Ids:
        """By ``agreeing``, the index (C,) into ``EvidenceWeights.suffix``."""
        return np.searchsorted(_SUFFIX_BOUNDS, self.agreeing, side="right")

    def at(self, index: Ids) -> Places:
        """Some of them, in the order of ``index``."""
        return Places(
            self.lengths[index], self.agreeing[index], self.before[index], self.behind[index]
        )


@dataclass(frozen=True, slots=True)
class EvidenceWeights:
    """Logarithms of what a place adds.

    ``match``: by the number of tokens before it that agree (1, 2, … 6, from 7, 9, 12, 16 on).
    ``suffix``: by how many behind its line are those behind the hole (0, from 1, 3, 6, 12 on).
    ``before``, ``behind``: for each unit of likeness of the text before the place, and behind its
    line.
    """

    match: tuple[float, ...]
    suffix: tuple[float, ...]
    before: float
    behind: float

    def of_places(self, places: Places) -> Weights:
        """What each of ``places`` adds (C,)."""
        match = np.array(self.match)[places.match_kinds]
        suffix = np.array(self.suffix)[places.suffix_kinds]
        likeness = self.before * places.before + self.behind * places.behind
        return np.asarray(match + suffix + likeness)


OWN_FILE = EvidenceWeights(
    match=(-5.34, -4.37, -3.67, -3.27, -2.79, -2.47, -2.19, -1.74, -1.28, -0.72),
    suffix=(-1.21, -0.61, -1.12, -0.39, 0.75),
    before=-0.31,
    behind=-0.41,
)
OTHER_FILES = EvidenceWeights(
    match=(-6.08, -5.07, -4.58, -4.0, -3.32, -2.65, -1.91, -1.37, -0.99, -0.44),
    suffix=(-2.26, -2.32, -0.77, -0.65, 1.12),
    before=2.47,
    behind=1.08,
)
SHARPNESS = 1.1
"""Exponent of the sum: what wrong tokens get makes the best one look less sure than it is."""
