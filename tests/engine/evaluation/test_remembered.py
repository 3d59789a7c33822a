from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.evaluation.fillers import Answer
from engine.evaluation.holes import CutConfig, EvalHole, cut_holes, read_sources
from engine.evaluation.remembered import RememberingFiller


class Counting:
    """Answers everything, and counts."""

    name = "counting"

    def __init__(self) -> None:
        self.num_asked = 0

    def fill(self, hole: EvalHole) -> Answer:
        self.num_asked += 1
        return Answer(hole.gold, 1.5, 2, 2, 0.5, tokens=((1, 0.25),), is_cut=True, reason="é")


@pytest.fixture(scope="module")
def holes(fixtures: Path) -> list[EvalHole]:
    return cut_holes(read_sources(fixtures), CutConfig(4))


def test_a_run_that_was_stopped_goes_on(holes: list[EvalHole], tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    first, second = Counting(), Counting()
    begun = RememberingFiller(first, path, {"seed": 0})
    answers = [begun.fill(hole) for hole in holes[:2]]
    with path.open("a") as file:
        file.write('{"id": "cut off')
    resumed = RememberingFiller(second, path, {"seed": 0})
    assert [resumed.fill(hole) for hole in holes[:2]] == answers
    assert second.num_asked == 0
    assert resumed.fill(holes[2]) == Counting().fill(holes[2]) and second.num_asked == 1
    third = Counting()
    again = RememberingFiller(third, path, {"seed": 0})
    assert [again.fill(hole).texts for hole in holes[:3]] == [hole.gold for hole in holes[:3]]
    assert third.num_asked == 0


def test_answers_under_other_settings_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    RememberingFiller(Counting(), path, {"seed": 0})
    with pytest.raises(BadInput, match="name another"):
        RememberingFiller(Counting(), path, {"seed": 1})


@pytest.mark.parametrize("text", ["", "nothing\n", "[]\n{}\n"])
def test_a_file_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text(text)
    with pytest.raises(BadInput, match="name another"):
        RememberingFiller(Counting(), path, {"seed": 0})


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be written"):
        RememberingFiller(Counting(), tmp_path / "missing" / "answers.jsonl", {})
