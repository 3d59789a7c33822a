from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from engine.evaluation.calibrate import CalibrationConfig, fit_records
from engine.evaluation.calibration import CalibrationRecord
from engine.evaluation.calibration_report import (
    CalibrationReport,
    format_calibration,
    write_calibration,
)
from engine.judging.confidence import Calibration
from lsp_server.cli import main


def report() -> CalibrationReport:
    """Answers of three tokens that are right as often as the square root of their product says."""
    draw, records = random.Random(0), []
    for _ in range(400):
        p = tuple(draw.uniform(0.3, 1.0) for _ in range(3))
        is_right = draw.random() < (p[0] * p[1] * p[2]) ** 0.5
        records.append(CalibrationRecord(p, 0, is_right, p[:1], (is_right,)))
    fitted = fit_records(records, CalibrationConfig())
    return CalibrationReport("made up", 500, tuple(records), Calibration(), fitted, 0.25)


def test_the_fit_is_printed_as_a_manifest_holds_it() -> None:
    shown = report()
    head, _, block = format_calibration(shown).partition('"calibration": ')
    assert Calibration.of(json.loads(block)) == Calibration.of(shown.fitted)
    assert "400 answers in 500 holes" in head


def test_what_was_fitted_is_judged_beside_what_is_there() -> None:
    rows = {line[:18].strip(): line.split() for line in format_calibration(report()).splitlines()}
    product, manifest, fitted = (
        rows[name] for name in ("product of tokens", "manifest", "fitted (10 folds)")
    )
    assert product[-5:] == manifest[-5:]
    assert float(fitted[-5]) < float(product[-5])
    assert float(fitted[-4]) < float(product[-4])


def test_all_of_it_can_be_kept(tmp_path: Path) -> None:
    shown = report()
    write_calibration(shown, tmp_path / "report.json")
    kept = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (len(kept["records"]), kept["fitted"]) == (400, shown.fitted)


@pytest.mark.parametrize(
    ("corpus", "code", "message"),
    [([], 2, "--calibrate needs a corpus"), (["."], 1, "calibration needs at least")],
)
def test_what_is_missing_is_named(
    corpus: list[str],
    code: int,
    message: str,
    fixtures: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(fixtures)
    options = ["--calibrate", "--holes", "4", "--model", "scripted"]
    assert main(["eval", *corpus, *options]) == code
    assert message in capsys.readouterr().err
