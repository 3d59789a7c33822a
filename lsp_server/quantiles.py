"""Quantiles of what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Median, 95th and 99th percentile of ``num`` measurements: values that were measured."""

    p50: float
    p95: float
    p99: float
    num: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Quantiles:
        """Nearest-rank quantiles of at least one value."""
        ordered = sorted(values)
        p50, p95, p99 = (_ranked(ordered, share) for share in (0.5, 0.95, 0.99))
        return cls(p50, p95, p99, len(ordered))


def _ranked(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
