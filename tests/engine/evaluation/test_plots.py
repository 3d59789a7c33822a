from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.evaluation.fillers import Answer
from engine.evaluation.holes import CutConfig, EvalHole, cut_holes, read_sources
from engine.evaluation.infilling import Evaluation, EvaluationConfig, FillerResults, measure
from engine.evaluation.plots import write_plots
from engine.evaluation.report import format_report
from engine.evaluation.summary import summarise

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def evaluation(fixtures: Path) -> Evaluation:
    """Every second answer is right, and surer than the wrong ones."""
    holes = cut_holes(read_sources(fixtures), CutConfig(24, seed=3))
    results = tuple(measure(hole, answer(hole, at % 2 == 0)) for at, hole in enumerate(holes))
    return Evaluation(EvaluationConfig(), (FillerResults("holes", "made", results),))


def answer(hole: EvalHole, is_right: bool) -> Answer:
    text = hole.gold[0] if is_right else hole.gold[0][:1] + "wrong"
    p = 0.9 if is_right else 0.3
    tokens = ((1, 0.95), (len(text.encode()) - 1, p))
    return Answer((text,), confidence=p, tokens=tokens)


def test_a_picture_for_each_set(evaluation: Evaluation, tmp_path: Path) -> None:
    [path] = write_plots(evaluation, tmp_path / "plots")
    assert path.name == "holes.png" and path.read_bytes().startswith(b"\x89PNG")


def test_a_file_in_the_way_is_told(evaluation: Evaluation, tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("")
    with pytest.raises(BadInput, match="cannot be written"):
        write_plots(evaluation, tmp_path / "plots")


def test_the_same_curves_as_text(evaluation: Evaluation) -> None:
    summary = summarise(evaluation.results[0].results)
    assert [(part.low, part.accuracy) for part in summary.bins] == [(0.3, 0.0), (0.9, 1.0)]
    shown = {point.threshold: (point.share, point.precision) for point in summary.show_curve}
    assert shown[0.0] == (1.0, 0.5) and shown[0.9] == (0.5, 1.0)
    assert summary.token_error is not None and len(summary.token_bins) == 2
    report = format_report(evaluation)
    assert "shown from" in report and "tokens' ECE" in report


def test_a_beginning_counts_as_right_only_where_that_is_claimed(fixtures: Path) -> None:
    [hole] = cut_holes(read_sources(fixtures), CutConfig(1, seed=3))
    start = hole.gold[0][: len(hole.gold[0]) // 2]
    whole = measure(hole, Answer((start,), confidence=0.5))
    cut = measure(hole, Answer((start,), confidence=0.5, is_cut=True))
    assert whole.is_beginning and not whole.is_as_claimed and not whole.is_exact
    assert cut.is_as_claimed and not cut.is_exact
    assert not measure(hole, Answer(("wrong",), is_cut=True)).is_as_claimed
