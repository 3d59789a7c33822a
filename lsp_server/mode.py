"""How readily proposals are shown without being asked for."""

from __future__ import annotations

from enum import Enum

# Probability that the whole text is right, from which it is shown. None: the model's own
# break-even, one right in four (engine/weights/README.md).
_EAGER = 0.1
_QUIET = 0.5
# Paragraphs in one line have some 5,000 bytes. What is longer is written by programs: there a
# request takes a second of a core, and is refused for lack of time or of confidence.
MAX_LINE_BYTES = 10_000


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
