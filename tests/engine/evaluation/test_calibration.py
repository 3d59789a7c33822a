from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from engine.denoisers.scripted import ByteTokenizer, Script, ScriptedDenoiser
from engine.errors import TrainingError
from engine.evaluation.calibrate import CalibrationConfig, calibration_records
from engine.evaluation.calibration import CalibrationRecord, fit_calibration, tokens_right
from engine.evaluation.holes import CutConfig, cut_holes, read_sources
from engine.evaluation.statistics import calibration_error, reliability
from engine.judging.confidence import Calibration

TRUE = Calibration(scale=0.6, offset=1.0, unresolved=-1.5)


def answers(count: int, seed: int) -> list[CalibrationRecord]:
    """Answers whose outcome follows ``TRUE``."""
    random = np.random.default_rng(seed)
    records = []
    for _ in range(count):
        p = random.beta(4, 1, int(random.integers(1, 12))).astype(np.float32)
        unresolved = int(random.integers(0, 2))
        chance = TRUE.whole_p(p, unresolved)
        right = TRUE.token_p(p) > random.random(len(p))
        records.append(
            CalibrationRecord(
                tuple(p.tolist()),
                unresolved,
                bool(random.random() < chance),
                tuple(p.tolist()),
                tuple(right.tolist()),
            )
        )
    return records


def error_of(calibration: Calibration, records: list[CalibrationRecord]) -> float:
    p = [
        calibration.whole_p(np.array(record.p, np.float32), record.num_unresolved)
        for record in records
    ]
    found = calibration_error(reliability(p, [record.is_right for record in records]))
    assert found is not None
    return found


def test_the_fit_finds_the_rule_that_made_the_answers() -> None:
    found = Calibration.of(fit_calibration(answers(4000, 1)))
    assert found.scale == pytest.approx(TRUE.scale, abs=0.15)
    assert found.offset == pytest.approx(TRUE.offset, abs=0.3)
    assert found.unresolved == pytest.approx(TRUE.unresolved, abs=0.3)
    assert found.token_scale == pytest.approx(1.0, abs=0.15)


def test_a_few_hundred_answers_lower_the_error_on_others() -> None:
    fitted = Calibration.of(fit_calibration(answers(300, 2)))
    fresh = answers(2000, 3)
    assert error_of(fitted, fresh) < 0.06 < error_of(Calibration(), fresh)


def test_the_fit_is_the_same_each_time() -> None:
    assert fit_calibration(answers(100, 4)) == fit_calibration(answers(100, 4))


def test_without_known_tokens_their_rule_stays_the_default() -> None:
    records = [
        CalibrationRecord((p, p), 0, right)
        for p, right in [(0.9, True), (0.8, True), (0.3, False), (0.2, False), (0.6, True)] * 8
    ]
    found = fit_calibration(records)
    assert found["scale"] > 0
    assert found["token_scale"] == 1.0
    assert all(math.isfinite(value) for value in found.values())


@pytest.mark.parametrize("right", [True, False])
def test_one_sided_or_few_answers_cannot_be_fitted(right: bool) -> None:
    with pytest.raises(TrainingError, match="right and wrong"):
        fit_calibration([CalibrationRecord((0.5,), 0, right)] * 50)
    with pytest.raises(TrainingError, match="at least 20"):
        fit_calibration(answers(5, 5))


def test_tokens_are_judged_up_to_the_first_wrong_one() -> None:
    assert tokens_right([b"a", b"bc", b"d"], b"abxd") == (True, False)
    assert tokens_right([b"ab", b"c"], b"ab") == (True, False)
    assert tokens_right([b"a", b"b"], b"abc") == (True, True)


def test_the_shipped_pipeline_can_be_calibrated(fixtures: Path) -> None:
    holes = cut_holes(read_sources(fixtures), CutConfig(60, seed=2))
    tokenizer = ByteTokenizer()
    # right and wrong answers, the wrong ones less sure
    scripts = [
        Script((hole.gold[0] if number % 2 else "None",), p=0.97 if number % 2 else 0.5)
        for number, hole in enumerate(holes)
    ]
    records = [
        record
        for hole, script in zip(holes, scripts, strict=True)
        for record in calibration_records(
            ScriptedDenoiser(tokenizer, [script]), [hole], CalibrationConfig()
        )
    ]
    right = [record for record in records if record.is_right]
    assert len(right) >= 15 and len(records) > len(right)
    assert all(all(record.tokens_right) for record in right)
    fitted = Calibration.of(fit_calibration(records))
    sure, unsure = (
        [
            fitted.whole_p(np.array(record.p, np.float32), record.num_unresolved)
            for record in records
            if record.is_right is is_right
        ]
        for is_right in (True, False)
    )
    assert np.mean(sure) > np.mean(unsure) + 0.3
