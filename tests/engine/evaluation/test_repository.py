from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.evaluation.executed import Verdict
from engine.evaluation.fillers import Floor, PlainFiller
from engine.evaluation.holes import EvalHole
from engine.evaluation.infilling import EvaluationConfig
from engine.evaluation.report import format_report
from engine.evaluation.repository import copy_for_tests, repository_sources, run_repository

SOURCE = """def total(prices, discount=0):
    result = sum(prices) - discount
    return result


def average(prices):
    return total(prices) / len(prices)
"""
TEST = "from prices import average, total\nassert total([1, 2]) == 3\nassert average([2, 4]) == 3\n"
COMMAND = f"{sys.executable} check.py"


@pytest.fixture
def repository_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    (folder / "node_modules").mkdir(parents=True)
    (folder / "prices.py").write_text(SOURCE)
    (folder / "check.py").write_text(TEST)
    (folder / "node_modules" / "other.js").write_text("let other = 1;\n")
    (folder / "notes.txt").write_text("nothing\n")
    (folder / "latin.py").write_bytes("name = 'é'\n".encode("latin-1"))
    return folder


def config(num_holes: int = 6) -> EvaluationConfig:
    return EvaluationConfig(num_holes=num_holes, floors=(), is_progress_shown=False)


def zero(hole: EvalHole) -> list[str]:
    return ["0"] * len(hole.spans)


def test_sources_are_what_a_user_wrote(repository_folder: Path) -> None:
    assert [each.path for each in repository_sources(repository_folder)] == [
        "check.py",
        "prices.py",
    ]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_what_git_ignores_is_left_out(repository_folder: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=repository_folder, check=True)
    (repository_folder / ".gitignore").write_text("check.py\nnode_modules\n")
    assert [each.path for each in repository_sources(repository_folder)] == ["prices.py"]


def test_a_folder_without_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no source file"):
        repository_sources(tmp_path)
    with pytest.raises(BadInput, match="no such folder"):
        repository_sources(tmp_path / "missing")


def test_answers_are_measured_without_tests(repository_folder: Path) -> None:
    perfect = PlainFiller("perfect", lambda hole: list(hole.gold))
    made = run_repository(repository_folder, None, config(), [perfect])
    assert [each.set_name for each in made.results] == ["shop"]
    assert all(result.is_exact and result.verdict is None for result in made.results[0].results)


def test_the_tests_run_in_a_copy(repository_folder: Path) -> None:
    before = {path: path.read_bytes() for path in repository_folder.rglob("*") if path.is_file()}
    fillers = [PlainFiller("perfect", lambda hole: list(hole.gold)), PlainFiller("zero", zero)]
    made = run_repository(repository_folder, COMMAND, config(), fillers)
    perfect, wrong = (each.results for each in made.results)
    assert {result.verdict for result in perfect} == {Verdict.PASSED}
    assert Verdict.FAILED in {result.verdict for result in wrong}
    assert "pass@1" in format_report(made)
    after = {path: path.read_bytes() for path in repository_folder.rglob("*") if path.is_file()}
    assert after == before


def test_the_copy_is_as_before_after_each_run(repository_folder: Path) -> None:
    with copy_for_tests(repository_folder, COMMAND) as copy:
        data = (copy.folder / "prices.py").read_bytes()
        at = SOURCE.index("sum(prices)")
        from engine.evaluation.holes import CutKind
        from engine.spans import span

        hole = EvalHole("x", "python", "prices.py", data, (span(at, at + 11),), CutKind.EXPRESSION)
        assert copy.run(hole, ["raise"]).verdict is Verdict.FAILED
        assert (copy.folder / "prices.py").read_bytes() == data
        assert copy.test().verdict is Verdict.PASSED
        folder = copy.folder
    assert not folder.exists()


def test_endless_tests_are_stopped(repository_folder: Path) -> None:
    (repository_folder / "check.py").write_text("while True:\n    pass\n")
    with (
        pytest.raises(BadInput, match="timed out"),
        copy_for_tests(repository_folder, COMMAND, wall_seconds=0.5),
    ):
        raise AssertionError("the copy's tests do not pass")


@pytest.mark.parametrize(
    ("command", "message"),
    [("", "empty"), ("'", "no command"), ("no-such-program", "cannot be run"),
     (f"{sys.executable} missing.py", "does not pass")],
)  # fmt: skip
def test_a_wrong_command_is_told(repository_folder: Path, command: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        run_repository(repository_folder, command, config(), [PlainFiller("zero", zero)])


def test_the_floor_is_silent_and_tested_too(repository_folder: Path) -> None:
    settings = EvaluationConfig(
        num_holes=4, has_model=False, floors=(Floor.EMPTY,), is_progress_shown=False
    )
    [empty] = run_repository(repository_folder, COMMAND, settings).results
    assert all(result.verdict is not None for result in empty.results)
