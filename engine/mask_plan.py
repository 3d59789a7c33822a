"""Which spans become holes, and why."""

from __future__ import annotations

from engine.hole_spans import hole_spans
from engine.holes import Hole, HoleKind, MaskPlan

__all__ = ["Hole", "HoleKind", "MaskPlan", "hole_spans"]
