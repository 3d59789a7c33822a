from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInput, TrainingError
from engine.evaluation.holes import (
    SINGLE_LINE,
    CutConfig,
    CutKind,
    EvalHole,
    cut_holes,
    read_sources,
)
from engine.training.corpus import SourceFile

PYTHON = '''"""Shapes."""

import math


class Circle:
    """A round shape."""

    def __init__(self, radius, centre=(0, 0)):
        self.radius = radius
        self.centre = centre

    def area(self):
        # a comment about the area
        if self.radius < 0:
            raise ValueError("negative radius")
        return math.pi * self.radius ** 2


def largest(shapes, minimum=0):
    found = [shape for shape in shapes if shape.area() > minimum]
    return max(found, key=lambda shape: shape.area())
'''
GO = """package shapes

import "math"

// Circle is round.
type Circle struct {
\tRadius float64
}

func (c Circle) Area() float64 {
\tif c.Radius < 0 {
\t\treturn 0
\t}
\treturn math.Pi * c.Radius * c.Radius
}
"""
ALL_KINDS = tuple(kind for kind in CutKind if kind is not CutKind.SPAN)


def sources() -> list[SourceFile]:
    return [
        SourceFile("shapes", "1", "MIT", "shapes/a.py", "python", PYTHON),
        SourceFile("shapes", "1", "MIT", "shapes/b.go", "go", GO),
    ]


def cut(kinds: tuple[CutKind, ...], num_holes: int = 12, **options: int) -> list[EvalHole]:
    return cut_holes(sources(), CutConfig(num_holes=num_holes, kinds=kinds, **options))


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), context=st.sampled_from([None, 10, 40, 1000]))
def test_the_gold_always_gives_the_original_text_back(seed: int, context: int | None) -> None:
    config = CutConfig(num_holes=20, kinds=ALL_KINDS, seed=seed, context_tokens=context)
    for hole in cut_holes(sources(), config):
        whole = PYTHON if hole.language == "python" else GO
        assert hole.filled(hole.gold).encode() == hole.data
        assert hole.filled(hole.gold) in whole
        assert all(text.strip() == text and len(text) > 1 for text in hole.gold)
        assert 0 <= hole.cursor_hole < len(hole.spans)


def test_the_same_seed_cuts_the_same_holes_and_another_does_not() -> None:
    assert cut(SINGLE_LINE, seed=3) == cut(SINGLE_LINE, seed=3)
    assert cut(SINGLE_LINE, seed=3) != cut(SINGLE_LINE, seed=4)


def test_the_order_of_the_files_does_not_matter() -> None:
    config = CutConfig(num_holes=8)
    assert cut_holes(sources(), config) == cut_holes(sources()[::-1], config)


def test_languages_and_kinds_get_equal_shares() -> None:
    holes = cut(SINGLE_LINE, 16)
    for kind in SINGLE_LINE:
        for language in ("python", "go"):
            found = [hole for hole in holes if (hole.kind, hole.language) == (kind, language)]
            assert len(found) == 4
    assert len({hole.id for hole in holes}) == 16


def test_lines_are_code_and_end_where_the_line_ends() -> None:
    for hole in cut(SINGLE_LINE, 30):
        [gold] = hole.gold
        assert hole.is_single_line
        assert "comment" not in gold and '"""' not in gold and "round" not in gold
        assert hole.pieces[1].partition("\n")[0].strip() == ""
        line_start = hole.pieces[0].rpartition("\n")[2]
        assert (not line_start.strip()) == (hole.kind is CutKind.WHOLE_LINE)


def test_joint_holes_do_not_touch_and_names_are_one_name() -> None:
    joint = cut((CutKind.JOINT,), 6)
    assert joint
    for hole in joint:
        assert len(hole.spans) in (2, 3)
        assert all(piece.strip() for piece in hole.pieces[1:-1])
    for hole in cut((CutKind.NAMES,), 6):
        assert len(set(hole.gold)) == 1 < len(hole.gold)


def test_a_context_window_is_made_of_whole_lines() -> None:
    for hole in cut(SINGLE_LINE, 10, context_tokens=30):
        whole = PYTHON if hole.language == "python" else GO
        assert len(hole.data) < len(whole.encode())
        assert f"\n{hole.data.decode()}" in f"\n{whole}"
        assert hole.data.endswith(b"\n")


def test_a_small_corpus_gives_fewer_holes() -> None:
    tiny = [SourceFile("p", "1", "MIT", "p/a.py", "python", "value = compute()\n")]
    assert len(cut_holes(tiny, CutConfig(num_holes=50, kinds=(CutKind.WHOLE_LINE,)))) == 1
    assert cut_holes(tiny, CutConfig(num_holes=50, kinds=(CutKind.BLOCK,))) == []


def test_a_folder_is_read_like_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text(PYTHON)
    (tmp_path / "notes.txt").write_text("no code")
    lines = [json.dumps({
        "package": "p", "version": "1", "licence": "MIT", "path": "src/a.py", "lang": "python",
        "text": PYTHON,
    })]  # fmt: skip
    (tmp_path / "c.jsonl").write_text("\n".join(lines) + "\n")
    [file] = read_sources(tmp_path)
    assert (file.path, file.text) == ("src/a.py", PYTHON)
    assert [file.text for file in read_sources(tmp_path / "c.jsonl")] == [PYTHON]


def test_bad_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.zst: no such"):
        read_sources(tmp_path / "none.zst")
    with pytest.raises(BadInput, match="holds no source file"):
        read_sources(tmp_path)
    (tmp_path / "bad.py").write_bytes(b"x = '\xe9'\n")
    with pytest.raises(BadInput, match=r"bad\.py: cannot be read as UTF-8"):
        read_sources(tmp_path)
    (tmp_path / "c.jsonl").write_text("{\n")
    with pytest.raises(TrainingError, match="line 1 is no JSON"):
        read_sources(tmp_path / "c.jsonl")
    with pytest.raises(BadInput, match="at least one hole"):
        cut(SINGLE_LINE, 0)
