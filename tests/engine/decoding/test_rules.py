from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.constraints import Draft
from engine.decoding.rules import ProjectRules, Rules, RulesFinder, load_rules
from engine.errors import BadInput
from engine.holes import Hole, HoleKind, MaskPlan
from engine.project_file import find_project_file
from engine.proposal import Reason
from engine.spans import ByteOffset, span


def written(folder: Path, text: str) -> Path:
    path = folder / ".midfill.toml"
    path.write_text(text, encoding="utf-8")
    return path


def judged(rules: Rules, marked: str, text: str, is_finished: bool = True) -> int | None:
    before, after = (part.encode() for part in marked.split("‸"))
    place = span(len(before), len(before))
    hole = Hole(place, HoleKind.SPAN, False, 8, "")
    plan = MaskPlan((hole,), 0, ByteOffset(place.start), place, "")
    draft = Draft(0, text, is_finished, (text if is_finished else None,))
    fault = ProjectRules(rules, before + after, plan).fault(draft)
    assert fault is None or fault.reason is Reason.DISABLED
    return None if fault is None else fault.offset


def rules(tmp_path: Path, text: str) -> Rules:
    return load_rules(written(tmp_path, f"[rules]\n{text}\n"))


def test_reads_every_rule(tmp_path: Path) -> None:
    made = rules(
        tmp_path,
        'forbidden_names = ["eval"]\nforbidden_patterns = ["a+"]\nmax_line_length = 80',
    )
    assert made.forbidden_names == {"eval"} and made.max_line_length == 80
    assert [pattern.pattern for pattern in made.forbidden_patterns] == ["a+"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rules]\nmax_line_lenght = 3", "did you mean max_line_length"),
        ("[rule]\nx = 1", "did you mean rules"),
        ("[rules]\nzzz = 1", "valid are forbidden_names"),
        ("rules = 3", "must be a table"),
        ("[rules]\nmax_line_length = true", "whole number above 0"),
        ("[rules]\nmax_line_length = 0", "whole number above 0"),
        ("[rules]\nforbidden_names = 'eval'", "list of strings"),
        ("[rules]\nforbidden_patterns = ['(']", "no regular expression"),
        ("[rules", "cannot be read as TOML"),
    ],
)
def test_a_mistake_is_named_with_its_mend(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        load_rules(written(tmp_path, text))
    assert "\n" not in str(caught.value).strip() or "TOML" in str(caught.value)


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    outer_file = written(tmp_path, "")
    assert find_project_file(inner / "a.py") == outer_file
    assert find_project_file(inner / "a.py") != (inner_file := written(inner, ""))
    assert find_project_file(inner / "a.py") == inner_file


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    finder = RulesFinder()
    path = written(tmp_path, "[rules]\nmax_line_length = 80")
    asked = str(tmp_path / "a.py")
    first = finder.rules_for(asked)
    assert first is not None and first is finder.rules_for(asked)
    written(tmp_path, "[rules]\nmax_line_length = 90")
    os.utime(path, ns=(1, 1))
    second = finder.rules_for(asked)
    assert second is not None and second.max_line_length == 90


def test_a_forbidden_name_is_refused_where_it_starts(tmp_path: Path) -> None:
    made = rules(tmp_path, 'forbidden_names = ["eval"]')
    assert judged(made, "x = ‸\n", "1 + eval(2)") == 4
    assert judged(made, "x = ‸\n", "evaluate(2)") is None
    assert judged(made, "x = ev‸\n", "al(2)") == 0
    assert judged(made, "x = ‸\n", "é + eval") == len("é + ".encode())


def test_a_name_that_may_still_grow_is_not_judged(tmp_path: Path) -> None:
    made = rules(tmp_path, 'forbidden_names = ["eval"]')
    assert judged(made, "x = ‸\n", "eval", is_finished=False) is None
    assert judged(made, "x = ‸\n", "eval", is_finished=True) == 0
    assert judged(made, "x = ‸uate\n", "eval", is_finished=True) is None


def test_what_stands_there_already_is_not_judged(tmp_path: Path) -> None:
    made = rules(tmp_path, 'forbidden_names = ["eval"]\nforbidden_patterns = ["ev.."]')
    assert judged(made, "eval(‸)\n", "1") is None
    assert judged(made, "x = ‸ + eval(1)\n", "1") is None


def test_a_forbidden_pattern_is_refused(tmp_path: Path) -> None:
    made = rules(tmp_path, r"forbidden_patterns = ['print\(', '^\s*assert']")
    assert judged(made, "‸\n", "x; print(1)") == 3
    assert judged(made, "    ‸\n", "assert x") == 0
    assert judged(made, "x‸\n", "y = assert_all") is None


def test_a_long_line_is_refused_unless_it_was_long_before(tmp_path: Path) -> None:
    made = rules(tmp_path, "max_line_length = 10")
    assert judged(made, "x = ‸\n", "123456") is None
    assert judged(made, "x = ‸\n", "1234567") == 6
    assert judged(made, "x = ‸)))\n", "1234") == 3
    assert judged(made, "x = ‸)))\n", "1234", is_finished=False) is None
    assert judged(made, "x = 1234567890‸\n", "1") is None
    assert judged(made, "‸\n", "a\nbbbbbbbbbbbb\nc") == 12
