"""Who types with proposals in view, and what that saves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.evaluation.fillers import PlainFiller
from engine.evaluation.holes import EvalHole
from engine.evaluation.infilling import EvaluationConfig
from engine.evaluation.keys_report import format_keys, share_saved, write_keys
from engine.evaluation.keystrokes import Typed, TypedBy, run_keys, type_stretch
from marked_stretch import stretch_of

# 6 keys, a line break, 13 keys.
TWO_LINES = "def f():\n    ⟦x = 12\n    return x + x⟧\n\n\nz = 1\n"
BODY = "x = 12\n    return x + x"
BLOCK = "function f(a) {\n  ⟦if (a) {\n    g();⟧\n  }\n}\n"


def typed_with(proposals: dict[str, str], marked: str = TWO_LINES, path: str = "a.py") -> Typed:
    """Type with a filler that knows one text for each text that the cursor's text ends with."""

    def fill(hole: EvalHole) -> list[str]:
        before = hole.pieces[0]
        known = [text for end, text in proposals.items() if before.endswith(end)]
        return known[:1]

    return type_stretch(stretch_of(marked, path), PlainFiller("known", fill))


def test_without_proposals_all_keys_are_pressed() -> None:
    typed = typed_with({})
    assert typed.num_keys == typed.num_needed == typed.num_asked == 6 + 1 + 12
    assert typed.shown == ()


def test_what_is_right_is_taken_with_one_key() -> None:
    typed = typed_with({"f():\n    ": BODY})
    assert (typed.num_keys, typed.num_asked) == (1, 1)
    assert typed.shown[0].num_saved == 18


def test_lines_that_are_right_are_taken_with_a_key_each() -> None:
    typed = typed_with({"f():\n    ": "x = 12\n    raise"})
    [shown] = typed.shown
    assert shown.num_saved == 5 and not shown.is_whole and not shown.is_in_vain
    assert typed.num_keys == 19 - 5


def test_what_is_typed_along_with_stays_and_asks_nobody() -> None:
    typed = typed_with({"f():\n    ": "x = 13"})
    [shown] = typed.shown
    # Five characters were typed along with; the sixth is another one.
    assert typed.num_asked == 19 - 5
    assert (shown.num_right, shown.num_saved, shown.is_in_vain) == (5, 0, False)


def test_what_is_wrong_at_its_first_word_was_read_in_vain() -> None:
    typed = typed_with({"f():\n    ": "raise", "x = ": "13", "x = 12\n    ": "ret"})
    assert [shown.is_in_vain for shown in typed.shown] == [True, True, False]


def test_one_character_is_typed_sooner_than_taken() -> None:
    typed = typed_with({"x = 1": "2"})
    assert typed.shown[0].num_saved == 0 and typed.num_keys == typed.num_needed


def test_brackets_that_the_author_closes_later_do_no_harm() -> None:
    whole = typed_with({"(a) {\n  ": "if (a) {}"}, BLOCK, "a.js").shown[0]
    other = typed_with({"(a) {\n  ": "if (a) []"}, BLOCK, "a.js").shown[0]
    assert whole.is_whole and whole.num_saved == 7
    assert not other.is_whole and other.num_saved == 0


def test_the_share_of_keys_that_were_saved_and_its_table(tmp_path: Path) -> None:
    typed = (typed_with({"f():\n    ": BODY}), typed_with({}))
    mean, low, high = share_saved(typed)
    assert mean == pytest.approx(18 / 38) and low == pytest.approx(0) and high > 0.9
    table = format_keys([TypedBy("known", typed)])
    assert "2 stretches, 38 keys" in table and "47.4 [0.0, 94.7]" in table
    write_keys([TypedBy("known", typed)], tmp_path / "keys.json")
    [first, second] = json.loads((tmp_path / "keys.json").read_text("utf-8"))["known"]
    assert first["num_keys"] == 1 and first["shown"][0]["at"] == 0 and second["shown"] == []


def test_stretches_of_a_folder_are_typed_with_copying_beside(tmp_path: Path) -> None:
    for name in ("a", "b"):
        body = "\n".join(f"    {name} = step({name}, by=1)" for _ in range(6))
        (tmp_path / f"{name}.py").write_text(f"def {name}():\n{body}\n", "utf-8")
    config = EvaluationConfig(
        corpus=tmp_path, has_model=False, num_holes=2, is_progress_shown=False
    )
    [copying] = run_keys(config)
    assert copying.filler == "copy" and len(copying.typed) == 2
    assert all(0 < one.num_keys < one.num_needed for one in copying.typed)
    with pytest.raises(BadInput, match="nothing to type"):
        run_keys(EvaluationConfig())
