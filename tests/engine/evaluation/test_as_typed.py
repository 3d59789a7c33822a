"""Holes without what is written after them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.brackets import scan
from engine.errors import BadInput
from engine.evaluation.as_typed import as_typed, half_as_typed
from engine.evaluation.fillers import Answer
from engine.evaluation.holes import SINGLE_LINE, CutConfig, CutKind, EvalHole, cut_holes
from engine.evaluation.infilling import EvaluationConfig, measure
from engine.evaluation.repository import run_repository
from engine.languages import language_of
from engine.syntax import parse
from engine.training.corpus import SourceFile
from marked_text import read_marks

CASES = {
    "class A:\n    def f(self):\n        x = ⟦1⟧\n        return x\n\n    y = 2\n\nz = 3\n": (
        "a.py",
        "class A:\n    def f(self):\n        x = 1\n\nz = 3\n",
    ),
    "import a\n⟦import b⟧\n\nprint(a, b)\n": ("a.py", "import a\nimport b\n"),
    "on(x, () => {\n  if (y) {\n    ⟦z();⟧\n    w([\n      1,\n    ]);\n  }\n  v();\n});\nu();\n": (
        "a.js",
        "on(x, () => {\n  if (y) {\n    z();\n  }\n});\nu();\n",
    ),
    "f(() => {\n  if (a) {\n    b({\n      ⟦c,⟧\n      d,\n    }).e();\n  } else {\n  }\n});\n": (
        "a.js",
        "f(() => {\n  if (a) {\n    b({\n      c,\n    })\n  }\n});\n",
    ),
    "const a = [\n  ⟦1,⟧\n  2,\n];\nuse(a);\n": ("a.js", "const a = [\n  1,\n];\n"),
    "x = [\n  ⟦f(⟧\n    1,\n  ),\n]\n": ("a.py", "x = [\n  f(\n]\n"),
    "def f():\n    return ⟦1⟧\n": ("a.py", "def f():\n    return 1\n"),
    "const f = (a) => ⟦a + 1;⟧\nuse(f);": ("a.js", "const f = (a) => a + 1;\n"),
}


@pytest.mark.parametrize("marked", CASES)
def test_what_follows_is_not_written_yet_and_what_is_open_is_closed(marked: str) -> None:
    path, expected = CASES[marked]
    found = read_marks(marked)
    hole = EvalHole("a", "", path, found.data, found.holes, CutKind.REST_OF_LINE)
    typed = as_typed(hole)
    assert typed.data.decode() == expected
    assert (typed.gold, typed.spans) == (hole.gold, hole.spans)


def test_holes_of_files_parse_as_well_as_the_files() -> None:
    files = [
        SourceFile("midfill", "", "", path.name, "", path.read_text("utf-8"))
        for path in sorted((Path(__file__).parents[2] / "fixtures").iterdir())
        if path.suffix in (".py", ".js", ".ts", ".go", ".rs", ".java")
    ]
    whole = cut_holes(files, CutConfig(60))
    typed = cut_holes(files, CutConfig(60, SINGLE_LINE, is_as_typed=True))
    assert [hole.id for hole in whole] == [hole.id for hole in typed]
    assert sum(len(hole.data) for hole in typed) < sum(len(hole.data) for hole in whole)
    for hole in typed:
        language = language_of(hole.path)
        # What the line itself opens is still open.
        if not scan(hole.gold[0].encode(), language).openers:
            assert parse(hole.data, language).num_faults() == 0, hole.data.decode()


@pytest.mark.parametrize(
    ("text", "is_exact"), [("if (x) {", True), ("if (x) {}", True), ("if (x) {})", False)]
)
def test_who_opens_a_bracket_may_close_it(text: str, is_exact: bool) -> None:
    found = read_marks("f(() => {\n  ⟦if (x) {⟧\n    y();\n  }\n});\n")
    hole = EvalHole("a", "", "a.js", found.data, found.holes, CutKind.WHOLE_LINE)
    assert measure(as_typed(hole), Answer((text,))).is_exact == is_exact
    assert measure(hole, Answer((text,))).is_exact == (text == "if (x) {")


def test_code_that_is_left_out_passes_no_tests(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no --tests"):
        run_repository(tmp_path, "true", EvaluationConfig(is_as_typed=True))


def test_every_tenth_of_holes_that_confidence_is_fitted_on_holds_both_kinds() -> None:
    text = (Path(__file__).parents[2] / "fixtures" / "inventory.py").read_text("utf-8")
    holes = cut_holes([SourceFile("midfill", "", "", "a.py", "", text)], CutConfig(60))
    half = half_as_typed(holes)
    is_typed = [one.data != whole.data for one, whole in zip(half, holes, strict=True)]
    assert [one.id for one in half] == [hole.id for hole in holes]
    assert sum(is_typed) > 10
    for fold in range(10):
        assert not all(is_typed[fold::10]) and len(is_typed[fold::10]) > 1
    assert any(is_typed[0::2]) and any(is_typed[1::2])
