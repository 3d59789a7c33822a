"""What ``midfill eval edits`` measures."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.evaluation.edits import EditsConfig, format_edits, read_set, run_edits, write_edits
from engine.evaluation.naming import name_cases
from engine.evaluation.renames import rename_case

BEFORE = """class Box {
    int getFieldID() { return 1; } // getFieldID
    void show(Box box) { print(box.getFieldID() + getFieldID() + "getFieldID"); }
}
"""
NAMED = """def report(it):
    for order in it:
        send(order)
        print(order)
"""
ROW = {
    "path": "Box.java",
    "old": "getFieldID",
    "new": "getID",
    "before": BEFORE,
    "after": BEFORE.replace("getFieldID()", "getID()"),
}


def write_set(folder: Path, *rows: dict[str, str]) -> None:
    with gzip.open(folder / "renames.java.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def test_the_sites_of_a_case_are_what_people_changed() -> None:
    case = rename_case(ROW)
    assert [BEFORE[site.start - 4 : site.end] for site in case.sites] == [
        "int getFieldID",
        "box.getFieldID",
        ") + getFieldID",
    ]


def test_a_rename_is_scored_by_its_sites(tmp_path: Path) -> None:
    write_set(tmp_path, ROW)
    numbers = {one.name: one for one in run_edits(EditsConfig(tmp_path, has_model=False))}
    assert numbers["sites found that people changed"].value == 1
    assert numbers["changed sites that are found"].count == 3
    assert numbers["changed sites that are found"].value == 1
    assert numbers["finished exactly after the first site"].value == 1
    assert numbers["with a site that people left"].value == 0


def test_a_missed_site_is_a_miss(tmp_path: Path) -> None:
    write_set(tmp_path, {**ROW, "after": BEFORE.replace("getFieldID", "getID")})
    numbers = {one.name: one for one in run_edits(EditsConfig(tmp_path, has_model=False))}
    assert numbers["changed sites that are found"].value == 0.6
    assert numbers["finished exactly after the first site"].value == 0


def test_the_report_names_count_and_interval(tmp_path: Path) -> None:
    write_set(tmp_path, ROW)
    numbers = run_edits(EditsConfig(tmp_path, has_model=False))
    assert "100.0 %  n=3  (100.0 to 100.0 %)" in format_edits(numbers)
    write_edits(numbers, tmp_path / "out.json")
    assert len(json.loads((tmp_path / "out.json").read_text())) == len(numbers)


def test_bad_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--data"):
        run_edits(EditsConfig())
    (tmp_path / "renames.java.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(BadInput, match=r"renames\.java"):
        read_set(tmp_path, "renames.java.jsonl.gz")
    with pytest.raises(BadInput, match="cannot be written"):
        write_edits([], tmp_path / "no" / "out.json")


def test_a_name_is_hidden_at_all_its_places(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(NAMED)
    (case,) = name_cases(tmp_path, 5, 0)
    assert case.name == "order"
    assert case.text == NAMED.replace("order in", "tmp0 in").replace("(order", "(tmp0")
    assert {case.text[place.start : place.end] for place in case.places} == {"tmp0"}
    assert len(case.places) == 3


def test_names_are_measured_with_a_model_alone(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(NAMED)
    numbers = run_edits(EditsConfig(corpus=tmp_path, model="scripted"))
    measured = [one.name for one in numbers if one.section == "names hidden at every place"]
    assert measured == [
        "one tied slot: top 1 exact",
        "one tied slot: top 3 exact",
        "each place alone: top 1 exact",
        "each place alone: top 3 exact",
    ]
    without = run_edits(EditsConfig(corpus=tmp_path, has_model=False))
    assert not any(one.section == "names hidden at every place" for one in without)
