"""Cases of next edits cut from rows of the public sets' shape, and what is counted."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

from engine.evaluation.edits import EditsConfig
from engine.evaluation.next_edit_cases import diff_hunks, hunk_cases, step_cases, typed_case
from engine.evaluation.next_edits import measure_next_edits
from engine.training.corpus import SourceFile

LINES = [f"query.bind({name}.toString(), {name}.getFieldID());" for name in ("a", "b", "c")]
AFTER = [line.replace("getFieldID()", "id") for line in LINES]
ROW = {
    "repo": "r",
    "commit": "0123456789",
    "path": "A.java",
    "before": "\n".join([LINES[0], "x();", LINES[1], "y();", LINES[2], ""]),
    "after": "\n".join([AFTER[0], "x();", AFTER[1], "y();", AFTER[2], ""]),
    "hunks": [[0, 1, 0, 1], [2, 3, 2, 3], [4, 5, 4, 5]],
}
DIFF = """diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,4 +1,5 @@
 a = 1
-b = 2
+b = 3
+c = 4
 d = 5
-e = 6
"""


def test_after_the_first_hunk_the_others_are_to_come() -> None:
    first, last = hunk_cases(ROW)
    assert first.request.text.split("\n")[0] == AFTER[0]
    assert [(hunk.start, hunk.end, hunk.new) for hunk in first.later] == [
        (2, 3, (AFTER[1],)),
        (4, 5, (AFTER[2],)),
    ]
    (edit,) = first.request.recent_edits
    assert edit.span.of(first.request.text.encode()).decode() == AFTER[0] + "\n"
    assert edit.old_text == LINES[0] + "\n"
    assert last.request.text == ROW["after"] and last.later == ()


def test_a_diff_is_read_as_runs_of_lines() -> None:
    found = [(hunk.start, hunk.end, hunk.new) for hunk in diff_hunks(DIFF)]
    assert found == [(1, 2, ("b = 3", "c = 4")), (3, 4, ())]


def test_after_a_step_the_next_one_is_to_come() -> None:
    row = {"instance": "i", "path": "a.py", "original": "a = 1\nb = 2\nd = 5\ne = 6\n"}
    (case,) = step_cases({**row, "steps": [DIFF]})
    assert case.request.text == "a = 1\nb = 3\nc = 4\nd = 5\n" and case.later == ()


def test_a_typed_line_is_the_only_edit() -> None:
    text = "".join(f"value_{number} = {number}\n" for number in range(9))
    case = typed_case(SourceFile("p", "1", "MIT", "a.py", "python", text), random.Random(0))
    assert case is not None and case.request.text == text
    (edit,) = case.request.recent_edits
    assert edit.old_text == "" and edit.span.of(text.encode()).startswith(b"value_")


def measured(folder: Path, *rows: dict[str, Any]) -> dict[tuple[str, str], float]:
    with gzip.open(folder / "hunks.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    numbers = measure_next_edits(EditsConfig(data=folder, has_model=False))
    return {(number.section, number.name): number.value for number in numbers}


def test_what_is_counted(tmp_path: Path) -> None:
    found = measured(tmp_path, ROW)
    names = {name: value for (_, name), value in found.items()}
    assert names["next places found among the first 3"] == 1.0
    assert names["proposals that are exactly part of it"] == 1.0
    assert names["silent where nothing was to come"] == 1.0
    assert names["undoes the user or deletes what people kept"] == 0.0
    assert names["p95 of those that analysis decided"] > 0.0


def test_every_other_case_is_held_out(tmp_path: Path) -> None:
    sections = {section for section, _ in measured(tmp_path, ROW, ROW)}
    assert len(sections) == 2 and any("held out" in section for section in sections)
