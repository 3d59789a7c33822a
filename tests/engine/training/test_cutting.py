"""Rows cut from real files: context, middle and rest are the file's own text in its own order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.evaluation.as_typed import as_typed
from engine.evaluation.holes import CutKind, EvalHole
from engine.holes import HoleKind
from engine.spans import span
from engine.tokenizer import BPETokenizer
from engine.training.cutting import KINDS, Cutter, CuttingConfig
from engine.training.examples import ExampleRow

pytest.importorskip("zstandard", reason="pip install 'midfill[test]'")
from engine.training.corpus import SourceFile

ROOT = Path(__file__).parents[3]
TOKENIZER = BPETokenizer(ROOT / "engine" / "weights" / "tokenizer.json")
FILES = [
    ROOT / "engine" / "spans.py",
    ROOT / "engine" / "errors.py",
    ROOT / "engine" / "request.py",
]


def rows(
    joint_share: float, count: int = 40, typed_share: float = 0.5
) -> list[tuple[str, ExampleRow]]:
    random = np.random.default_rng(7)
    shares = CuttingConfig(joint_share=joint_share, typed_share=typed_share, path_share=0.5)
    cutter = Cutter(TOKENIZER, shares)
    made = []
    while len(made) < count:
        path = FILES[int(random.integers(len(FILES)))]
        text = path.read_text(encoding="utf-8")
        row = cutter.cut(SourceFile("p", "1", "MIT", path.name, "python", text), random)
        if row is not None:
            made.append((text, row))
    return made


def text_of(ids: np.ndarray) -> str:
    return TOKENIZER.decode_bytes(ids).decode()


def between(row: ExampleRow, start: int, end: int | None) -> np.ndarray:
    at = int(np.flatnonzero(row.main == start)[0]) + 1
    return row.main[at:end]


def test_prefix_middle_and_rest_stand_together_in_the_file() -> None:
    for text, row in rows(joint_share=0.0):
        for group in row.groups:
            prefix = text_of(between(row, TOKENIZER.pre_id, group.num_visible))
            middle = text_of(group.holes[0].ids)
            assert prefix + middle in text
            if group.holes[0].is_complete and len(group.rest):
                assert group.rest[0] == TOKENIZER.rest_id
                assert prefix + middle + text_of(group.rest) in text


def test_middles_start_where_the_tokenizer_would_split() -> None:
    for _, row in rows(joint_share=0.0):
        for group in row.groups:
            joined = np.concatenate([row.main[: group.num_visible], group.holes[0].ids])
            whole = TOKENIZER.encode(text_of(between(row, TOKENIZER.pre_id, None)))
            inside = between(row, TOKENIZER.pre_id, group.num_visible)
            assert (whole[: len(inside)] == inside).all()
            assert len(joined) > group.num_visible or not len(group.holes[0].ids)


def test_a_hole_that_does_not_fit_has_no_end() -> None:
    for _, row in rows(joint_share=0.0):
        for group in row.groups:
            for hole in group.holes:
                assert len(hole.ids) == 32 if not hole.is_complete else len(hole.ids) <= 31


def layout(row: ExampleRow) -> tuple[str, str]:
    """Prefix and suffix of a row."""
    suf, pre = (
        int(np.flatnonzero(row.main == mark)[0]) for mark in (TOKENIZER.suf_id, TOKENIZER.pre_id)
    )
    return text_of(row.main[pre + 1 :]), text_of(row.main[suf + 1 : pre])


def test_the_suffix_follows_the_last_line() -> None:
    for text, row in rows(joint_share=0.0, typed_share=0.0):
        prefix, suffix = layout(row)
        assert f"{prefix}\n{suffix}" in f"{text}\n"


def test_half_written_contexts_are_those_of_the_evaluation() -> None:
    num_shorter = 0
    for text, row in rows(joint_share=0.0, typed_share=1.0):
        if not text.isascii():
            continue  # its offsets are not those of the tree
        prefix, suffix = layout(row)
        end = text.index(f"{prefix}\n") + len(prefix)
        hole = EvalHole("", "", "a.py", text.encode(), (span(end, end),), CutKind.REST_OF_LINE)
        behind = as_typed(hole).data[end + 1 :].decode()
        assert behind.startswith(suffix)
        num_shorter += behind != text[end + 1 :]
    assert num_shorter > 10


def test_joint_rows_leave_one_sentinel_for_each_further_hole() -> None:
    for text, row in rows(joint_share=1.0):
        (group,) = row.groups
        sentinels = [hole.starter for hole in group.holes[1:]]
        context = np.concatenate([row.main, group.rest])
        assert group.holes[0].starter == TOKENIZER.mid_id
        assert 2 <= len(group.holes) <= 8
        assert sentinels == list(TOKENIZER.hole_ids[: len(sentinels)])
        assert all((context == sentinel).sum() == 1 for sentinel in sentinels)
        assert all(text_of(hole.ids) in text for hole in group.holes)


def test_all_kinds_of_holes_are_cut() -> None:
    kinds = {
        KINDS[group.kind]
        for share in (0.0, 1.0)
        for _, row in rows(share, 120)
        for group in row.groups
    }
    assert {
        HoleKind.REST_OF_LINE,
        HoleKind.SPAN,
        HoleKind.EXPRESSION,
        HoleKind.ARGUMENTS,
        HoleKind.STATEMENT,
        HoleKind.BLOCK,
        HoleKind.NAME,
    } <= kinds
