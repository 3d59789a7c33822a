"""Cases of a change at a known number of sites, and what is timed."""

from __future__ import annotations

import json
from pathlib import Path

from engine.edits.next_edit import analysed
from engine.edits.template import HOLE
from engine.evaluation.edits import EditsConfig
from engine.evaluation.site_cases import NEW_NAMES, SiteKind, site_cases
from engine.evaluation.site_latency import measure_site_latency
from engine.training.corpus import SourceFile

TEXT = """LIMIT = 3


def cut(text, size):
    return text[:size]


print(cut("abc", 1), LIMIT)
print(cut("abcd", 2), LIMIT)
print(left.outer.width, left.outer.height)
print(right.outer.width, right.outer.depth)
"""
FILE = SourceFile("p", "1", "MIT", "a.py", "python", TEXT)


def test_the_sites_of_a_case_are_those_that_analysis_finds() -> None:
    cases = list(site_cases(FILE))
    found = {(case.kind, case.num_sites) for case in cases}
    assert {
        (SiteKind.RENAMED, 2),
        (SiteKind.LESS, 2),
        (SiteKind.MORE, 2),
        (SiteKind.PATTERN, 1),
    } <= found
    for case in cases:
        for request in case.requests:
            edits = analysed(request)
            assert len(edits) == case.num_sites
            is_open = any(HOLE in edit.new_text for edit in edits)
            assert is_open is (case.kind is SiteKind.MORE)


def test_the_same_edit_comes_with_other_names() -> None:
    for case in site_cases(FILE):
        assert len({request.text for request in case.requests}) == len(NEW_NAMES)
        for request in case.requests:
            (edit,) = request.recent_edits
            data = request.text.encode()
            undone = data[: edit.span.start] + edit.old_text.encode() + data[edit.span.end :]
            assert undone.decode() == TEXT


def test_every_kind_and_number_is_timed(tmp_path: Path) -> None:
    row = {"package": "p", "version": "1", "licence": "MIT", "lang": "python"}
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(json.dumps({**row, "path": "a.py", "text": TEXT}) + "\n", "utf-8")
    numbers = list(measure_site_latency(EditsConfig(corpus=corpus, has_model=False)))
    names = [number.name for number in numbers]
    assert "a name typed anew, 2 sites: analysis, p50" in names
    assert "all: analysis, p95" in names and "all: analysis of a file seen first, p95" in names
    assert all(number.value > 0 and number.unit == "ms" for number in numbers)


def test_without_sources_nothing_is_timed(tmp_path: Path) -> None:
    assert list(measure_site_latency(EditsConfig(data=tmp_path, has_model=False))) == []
