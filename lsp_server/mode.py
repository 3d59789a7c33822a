"""How readily proposals are shown without being asked for."""

from __future__ import annotations

from enum import Enum

# Probability that the whole text is right, from which it is shown. None: the model's own
# break-even, one right in four (engine/weights/README.md).
_EAGER = 0.1
_QUIET = 0.5


class Mode(str, Enum):
    """``off`` proposes nothing by itself; asking by hand still works."""

    EAGER = "eager"
    BALANCED = "balanced"
    QUIET = "quiet"
    OFF = "off"

    @property
    def min_confidence(self) -> float | None:
        """The least calibrated confidence to show; None leaves it to the model."""
        return {Mode.EAGER: _EAGER, Mode.QUIET: _QUIET}.get(self)
