from __future__ import annotations

import math

import numpy as np
import pytest

from engine.confidence import Calibration
from engine.errors import TrainingError
from engine.evaluation.calibration import CalibrationRecord, fit_calibration, tokens_right
from engine.evaluation.statistics import calibration_error, reliability

TRUE = Calibration(
    scale=0.6, offset=-1.0, length=-0.4, unresolved=-1.5, causal_share=0.8, token_scale=1.0
)


def answers(count: int, seed: int) -> list[CalibrationRecord]:
    """Answers whose outcome follows ``TRUE``."""
    random = np.random.default_rng(seed)
    records = []
    for _ in range(count):
        length = int(random.integers(1, 12))
        p = random.beta(4, 1, length).astype(np.float32)
        causal_p = random.beta(3, 1.5, length).astype(np.float32)
        unresolved = int(random.integers(0, 2))
        chance = TRUE.whole_p(p, causal_p, unresolved)
        right = TRUE.token_p(p, causal_p) > random.random(length)
        records.append(
            CalibrationRecord(
                tuple(map(float, p)),
                tuple(map(float, causal_p)),
                unresolved,
                bool(random.random() < chance),
                tuple(map(bool, right)),
            )
        )
    return records


def error_of(calibration: Calibration, records: list[CalibrationRecord]) -> float:
    p = [
        calibration.whole_p(
            np.array(record.p, np.float32),
            np.array(record.causal_p, np.float32),
            record.num_unresolved,
        )
        for record in records
    ]
    found = calibration_error(reliability(p, [record.is_right for record in records]))
    assert found is not None
    return found


def test_the_fit_finds_the_rule_that_made_the_answers() -> None:
    found = Calibration.of(fit_calibration(answers(4000, 1)))
    assert found.scale == pytest.approx(TRUE.scale, abs=0.15)
    assert found.length == pytest.approx(TRUE.length, abs=0.15)
    assert found.unresolved == pytest.approx(TRUE.unresolved, abs=0.3)
    assert found.causal_share >= 0.5
    assert found.token_scale == pytest.approx(1.0, abs=0.15)


def test_a_few_hundred_answers_lower_the_error_on_others() -> None:
    fitted = Calibration.of(fit_calibration(answers(300, 2)))
    fresh = answers(2000, 3)
    assert error_of(fitted, fresh) < 0.06 < error_of(Calibration(), fresh)


def test_the_fit_is_the_same_each_time() -> None:
    assert fit_calibration(answers(100, 4), seed=7) == fit_calibration(answers(100, 4), seed=7)


def test_without_a_causal_pass_its_share_is_zero() -> None:
    records = [
        CalibrationRecord((p, p), None, 0, right)
        for p, right in [(0.9, True), (0.8, True), (0.3, False), (0.2, False), (0.6, True)] * 8
    ]
    found = fit_calibration(records)
    assert found["causal_share"] == 0.0
    assert found["scale"] > 0
    assert found["token_scale"] == 1.0
    assert all(math.isfinite(value) for value in found.values())


@pytest.mark.parametrize("right", [True, False])
def test_one_sided_or_few_answers_cannot_be_fitted(right: bool) -> None:
    with pytest.raises(TrainingError, match="right and wrong"):
        fit_calibration([CalibrationRecord((0.5,), None, 0, right)] * 50)
    with pytest.raises(TrainingError, match="at least 20"):
        fit_calibration(answers(5, 5))


def test_tokens_are_right_at_their_place_only() -> None:
    assert tokens_right([b"a", b"bc", b"d"], b"abxd") == (True, False, True)
    assert tokens_right([b"ab", b"c"], b"ab") == (True, False)
