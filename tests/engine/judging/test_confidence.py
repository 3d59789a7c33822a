from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DamagedWeights
from engine.judging.confidence import Calibration

PROBABILITIES = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=8).map(
    lambda values: np.array(values, np.float32)
)


def p(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array(values, np.float32)


def test_without_parameters_it_is_the_product() -> None:
    assert Calibration().whole_p(p(0.9, 0.4), 0) == pytest.approx(0.36, abs=1e-3)
    assert Calibration().token_p(p(0.9, 0.4)) == pytest.approx([0.9, 0.4], abs=1e-3)


def test_nothing_written_is_worth_nothing() -> None:
    assert Calibration().whole_p(p(), 0) == 0.0


def test_unresolved_names_and_every_token_count() -> None:
    made = Calibration()
    assert made.whole_p(p(0.8), 0) > made.whole_p(p(0.8), 1)
    assert made.whole_p(p(0.8), 0) > made.whole_p(p(0.8, 0.8, 0.8), 0)
    assert made.whole_p(p(1.0, 1.0), 0) > 0.999


@given(PROBABILITIES, st.integers(0, 4), st.floats(-50, 50), st.floats(-50, 50))
def test_it_stays_a_probability(
    values: np.ndarray[tuple[int], np.dtype[np.float32]], count: int, scale: float, offset: float
) -> None:
    made = Calibration(scale=scale, offset=offset, token_scale=scale, token_offset=offset)
    assert 0.0 <= made.whole_p(values, count) <= 1.0
    assert ((made.token_p(values) >= 0) & (made.token_p(values) <= 1)).all()


def test_a_manifest_is_read_and_a_strange_name_refused() -> None:
    assert Calibration.of({"scale": 2, "min_confidence": 0.3}) == Calibration(
        scale=2.0, min_confidence=0.3
    )
    with pytest.raises(DamagedWeights, match="temperatur"):
        Calibration.of({"temperatur": 1.0})
