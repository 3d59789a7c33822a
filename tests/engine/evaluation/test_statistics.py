from __future__ import annotations

import pytest

from engine.evaluation.statistics import calibration_error, compare, estimate, reliability


def test_the_interval_holds_the_mean_and_narrows_with_more_values() -> None:
    few = estimate([0.0, 1.0] * 25)
    many = estimate([0.0, 1.0] * 400)
    assert few is not None and many is not None
    assert few.mean == many.mean == 0.5
    assert few.low < 0.5 < few.high
    # The normal approximation gives +-0.139 for 50 and +-0.035 for 800.
    assert 0.2 < few.high - few.low < 0.35
    assert 0.05 < many.high - many.low < 0.09
    assert estimate([]) is None


def test_pairs_count_who_was_right_alone() -> None:
    paired = compare([True, True, False, True], [True, False, True, False])
    assert (paired.num_only_first, paired.num_only_second) == (2, 1)
    assert paired.difference.mean == 0.25
    with pytest.raises(ValueError, match="same holes"):
        compare([True], [])


def test_calibration_error_is_the_weighted_gap() -> None:
    perfect = reliability([0.25] * 4 + [1.0] * 2, [True, False, False, False, True, True])
    assert calibration_error(perfect) == 0.0
    overconfident = reliability([0.95] * 10, [True] * 5 + [False] * 5)
    assert calibration_error(overconfident) == pytest.approx(0.45)
    assert [part.count for part in overconfident] == [10]
    assert calibration_error([]) is None
