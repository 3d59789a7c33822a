"""Intervals around a measured mean, and the difference of two fillers on the same holes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its bootstrap interval; ``count`` values went into it."""

    mean: float
    low: float
    high: float
    count: int


def estimate(values: Sequence[float], seed: int = 0) -> Estimate | None:
    """The mean of ``values`` with its 95 % percentile-bootstrap interval, None without values."""
    if not values:
        return None
    array = np.asarray(values, np.float64)
    random = np.random.default_rng(seed)
    means = array[random.integers(len(array), size=(RESAMPLES, len(array)))].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(float(array.mean()), float(low), float(high), len(array))


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """``difference`` of means on the same holes; how often only one of the two was right."""

    difference: Estimate
    num_only_first: int
    num_only_second: int


def compare(first: Sequence[bool], second: Sequence[bool], seed: int = 0) -> PairedComparison:
    """How much better ``first`` is than ``second``, hole by hole.

    Raises ValueError when the two do not answer the same number of holes, or none.
    """
    if len(first) != len(second) or not first:
        raise ValueError("a paired comparison needs the same holes, at least one")
    difference = estimate([float(a) - float(b) for a, b in zip(first, second, strict=True)], seed)
    if difference is None:
        raise ValueError("a paired comparison needs the same holes, at least one")
    return PairedComparison(
        difference,
        sum(a and not b for a, b in zip(first, second, strict=True)),
        sum(b and not a for a, b in zip(first, second, strict=True)),
    )


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Answers whose confidence lies in ``[low, high)``: mean confidence, share right, how many."""

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int


def reliability(
    confidences: Sequence[float], is_right: Sequence[bool], num_bins: int = 10
) -> list[ReliabilityBin]:
    """Bins of equal width over [0, 1]; empty ones are left out."""
    p = np.asarray(confidences, np.float64)
    right = np.asarray(is_right, np.float64)
    index = np.clip((p * num_bins).astype(int), 0, num_bins - 1)
    bins = []
    for at in range(num_bins):
        inside = index == at
        if inside.any():
            mean, share = float(p[inside].mean()), float(right[inside].mean())
            count = int(inside.sum())
            bins.append(ReliabilityBin(at / num_bins, (at + 1) / num_bins, mean, share, count))
    return bins


def calibration_error(bins: Sequence[ReliabilityBin]) -> float | None:
    """The expected calibration error: the mean gap of the bins, weighted by their size."""
    total = sum(part.count for part in bins)
    if not total:
        return None
    return sum(abs(part.confidence - part.accuracy) * part.count for part in bins) / total


@dataclass(frozen=True, slots=True)
class ShowPoint:
    """Of ``threshold`` or more sure: the share of all holes shown, how many of these are right."""

    threshold: float
    share: float
    precision: float


def show_curve(
    confidences: Sequence[float], is_right: Sequence[bool], num_holes: int
) -> list[ShowPoint]:
    """The show-or-not curve at thresholds of tenths; those that show nothing are left out."""
    points = []
    for step in range(10):
        kept = [
            right
            for confidence, right in zip(confidences, is_right, strict=True)
            if confidence >= step / 10
        ]
        if kept:
            points.append(ShowPoint(step / 10, len(kept) / num_holes, sum(kept) / len(kept)))
    return points
