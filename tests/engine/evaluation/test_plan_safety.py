from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.evaluation.holes import read_sources
from engine.evaluation.plan_safety import destroyed, format_safety, measure_plans
from engine.languages import language_of
from engine.spans import span
from engine.training.corpus import SourceFile
from lsp_server.cli import main

pytest.importorskip("zstandard")

PYTHON = language_of("a.py")


@pytest.mark.parametrize(
    ("text", "recent", "num_bytes"),
    [
        ("", [], 0),
        ("  \n\t", [], 0),
        ("pass", [], 0),
        ("# TODO\n    pass", [], 0),
        ("pass", [(4, 6)], 4),
        ("pass", [(0, 4)], 0),
        ("return 1", [], 7),
        ("pass\n    x = 1", [], 7),
    ],
)
def test_what_counts_as_destroyed(text: str, recent: list[tuple[int, int]], num_bytes: int) -> None:
    data = f"if a{text}\n".encode()
    typed = [span(*place) for place in recent]
    assert destroyed(data, span(4, 4 + len(text)), typed, PYTHON) == num_bytes


def test_no_plan_in_nine_languages_covers_what_the_user_wrote(fixtures: Path) -> None:
    safety = measure_plans(read_sources(fixtures), 720)
    assert safety.offenders == []
    assert len(safety.counts) == 9
    assert {counts.num_plans for counts in safety.counts.values()} == {80}
    total = safety.total
    assert (total.num_plans, total.num_destroyed_bytes) == (720, 0)
    assert total.num_joint > 50 and total.num_broken > 200
    assert total.num_recent > 100 and total.num_placeholders > 5


def test_the_same_seed_gives_the_same_places(fixtures: Path) -> None:
    files = read_sources(fixtures)
    assert format_safety(measure_plans(files, 90)) == format_safety(measure_plans(files, 90))
    assert format_safety(measure_plans(files, 90)) != format_safety(measure_plans(files, 90, 1))


def test_files_without_a_place_are_told() -> None:
    empty = SourceFile("p", "1", "MIT", "a.py", "python", "\n")
    with pytest.raises(BadInput, match="no file holds a place"):
        measure_plans([empty], 5)


def test_the_command_prints_a_row_a_language(
    fixtures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", str(fixtures), "--plans", "--holes", "18"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == [
        "c", "cpp", "go", "java", "javascript", "python", "rust", "typescript", "typescriptreact",
        "all",
    ]  # fmt: skip
    assert rows[-1].split()[1] == "18" and rows[-1].split()[-1] == "0"


def test_plans_need_a_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--plans"]) == 2
    assert "name a folder of source files" in capsys.readouterr().err
