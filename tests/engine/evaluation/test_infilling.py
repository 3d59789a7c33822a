from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from engine.errors import BadInput
from engine.evaluation.executed import Verdict
from engine.evaluation.fillers import Answer, Floor, PlainFiller, floor_filler
from engine.evaluation.holes import CutKind, EvalHole
from engine.evaluation.human_eval import read_problems
from engine.evaluation.infilling import Evaluation, EvaluationConfig, evaluate, run
from engine.evaluation.report import format_report, to_record, write_json
from engine.evaluation.summary import comparison, examples, summarise
from engine.spans import span

SOURCE = """def total(prices, discount=0):
    if not prices:
        raise ValueError("no prices")
    result = sum(prices) - discount
    return result


def average(prices):
    return total(prices) / len(prices)
"""
PROBLEM = {
    "task_id": "SingleLineInfilling/own/0/L0",
    "entry_point": "double",
    "prompt": "def double(value):\n    # twice the value\n",
    "canonical_solution": "    result = value * 2\n",
    "suffix": "    return result\n",
    "test": "def check(candidate):\n    assert candidate(3) == 6\n",
}
EASY = {
    "task_id": "SingleLineInfilling/own/1/L0",
    "entry_point": "nothing",
    "prompt": "def nothing():\n",
    "canonical_solution": "    # nothing to do\n",
    "suffix": "    return None\n",
    "test": "def check(candidate):\n    assert candidate() is None\n",
}


def knows_all(hole: EvalHole) -> list[str]:
    return list(hole.gold)


def knows_nothing(hole: EvalHole) -> list[str]:
    return [text for text in hole.gold if not text]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "prices.py").write_text(SOURCE)
    (folder / "prices.js").write_text(
        "export function total(prices) {\n"
        "  const result = prices.reduce((sum, price) => sum + price, 0);\n"
        "  return result / prices.length;\n}\n"
    )
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "public"
    folder.mkdir()
    lines = "".join(json.dumps(record) + "\n" for record in (PROBLEM, EASY))
    (folder / "HumanEval-SingleLineInfilling.jsonl").write_text(lines)
    return folder


def measured(config: EvaluationConfig, *fillers: PlainFiller) -> Evaluation:
    return run(config, fillers)


def test_perfect_answers_score_full_and_floors_do_not(corpus: Path) -> None:
    config = EvaluationConfig(corpus=corpus, num_holes=10, is_progress_shown=False)
    evaluation = measured(config, PlainFiller("gold", knows_all))
    gold, empty = (summarise(item.results) for item in evaluation.results[:2])
    assert [item.filler for item in evaluation.results] == [
        "gold",
        "empty",
        "pass",
        "previous line",
        "copy",
    ]
    assert gold.exact_match is not None and empty.exact_match is not None
    assert gold.exact_match.mean == 1.0 and gold.silence_rate is not None
    assert gold.parse_rate is not None and gold.parse_rate.mean == 1.0
    assert gold.unresolved_rate is not None
    assert empty.exact_match.mean == 0.0
    assert empty.silence_rate is not None and empty.silence_rate.mean == 1.0
    assert empty.kept_rate is None
    paired = comparison(evaluation.results[0], evaluation.results[1])
    assert paired.num_only_first == 10 and paired.difference.mean == 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX resource limits")
def test_public_problems_are_executed(data: Path) -> None:
    config = EvaluationConfig(data=data, floors=(Floor.EMPTY, Floor.PASS), is_progress_shown=False)
    evaluation = measured(config, PlainFiller("gold", knows_all))
    verdicts = {
        item.filler: [result.verdict for result in item.results] for item in evaluation.results
    }
    assert verdicts == {
        "gold": [Verdict.PASSED, Verdict.PASSED],
        "empty": [Verdict.FAILED, Verdict.PASSED],
        "pass": [Verdict.FAILED, Verdict.PASSED],
    }
    assert "NameError" in evaluation.results[1].results[0].detail
    assert "50.0" in format_report(evaluation)


def test_the_report_is_a_table_and_one_json_object(corpus: Path, tmp_path: Path) -> None:
    config = EvaluationConfig(
        corpus=corpus, num_holes=8, kinds=(CutKind.WHOLE_LINE, CutKind.EXPRESSION),
        is_progress_shown=False,
    )  # fmt: skip
    evaluation = measured(config, PlainFiller("gold", knows_all))
    text = format_report(evaluation)
    assert "holes: 8 holes, seed 0" in text
    assert "gold - empty: +100.0 points" in text
    assert "gold by language" in text and "gold by kind" in text
    assert "exact % by kind" in text
    assert "⟦" in text
    write_json(evaluation, tmp_path / "out.json")
    record = json.loads((tmp_path / "out.json").read_text())
    assert record == json.loads(json.dumps(to_record(evaluation)))
    assert record["sets"]["holes"]["fillers"]["gold"]["summary"]["exact_match"]["mean"] == 1.0
    assert len(record["sets"]["holes"]["fillers"]["empty"]["answers"]) == 8
    with pytest.raises(BadInput, match="cannot be written"):
        write_json(evaluation, tmp_path / "no" / "out.json")


def test_examples_are_correct_fills_of_several_words(corpus: Path) -> None:
    config = EvaluationConfig(corpus=corpus, num_holes=12, is_progress_shown=False)
    results = measured(config, PlainFiller("gold", knows_all)).results[0].results
    found = examples(results)
    assert {example.language for example in found} == {"javascript", "python"}
    assert all(len(found) <= 6 and example.fill[0] for example in found)
    assert examples(()) == []


def test_silence_and_changes_elsewhere_are_never_exact() -> None:
    hole = EvalHole("id", "python", "a.py", b"x = 1\n", (span(4, 5),), CutKind.REST_OF_LINE)

    class Careless:
        name = "careless"

        def fill(self, hole: EvalHole) -> Answer:
            return Answer(hole.gold, confidence=0.9, changes_elsewhere=True)

    [result] = evaluate([hole], Careless())
    assert not result.is_exact and result.kept_rate == 1.0
    silent = PlainFiller("silent", knows_nothing)
    [result] = evaluate([hole], silent)
    assert result.answer.is_silent and not result.is_exact
    with pytest.raises(ValueError, match="2 texts for 1 places"):
        PlainFiller("wrong", lambda hole: [*hole.gold, ""]).fill(hole)


def test_floors() -> None:
    data = b"if first:\n    self.a = 1\n    self.b = 2\nx\n"
    rest = EvalHole("id", "python", "a.py", data, (span(36, 37),), CutKind.REST_OF_LINE)
    assert floor_filler(Floor.PREVIOUS_LINE).fill(rest).texts == ("self.a = 1",)
    line = EvalHole("id", "python", "a.py", data, (span(10, 24),), CutKind.WHOLE_LINE)
    assert floor_filler(Floor.PASS).fill(line).texts == ("    pass",)
    assert floor_filler(Floor.EMPTY).fill(line).texts == ("",)


def copied(text: str, is_single_line: bool = True) -> str:
    """What the floor copies into ``⟦⟧``."""
    before, _, after = text.partition("⟦⟧")
    at, data = len(before.encode()), f"{before}X{after}".encode()
    hole = EvalHole(
        "id", "python", "a.py", data, (span(at, at + 1),), CutKind.SPAN, 0, is_single_line
    )
    [found] = floor_filler(Floor.COPY).fill(hole).texts
    return found


def test_the_longest_match_is_copied_up_to_the_end_of_its_line() -> None:
    assert copied("a = é(1)\nb = f(2)\na = ⟦⟧\n") == "é(1)"
    assert copied("call(⟦⟧)\nmy_call(x, y)\n") == "x, y"
    assert copied("if a:\n    b\n    c\nd\nif a:⟦⟧\ne", False) == "\n    b\n    c"
    assert copied("if a:\n  b\n    c\nif a:\n    ⟦⟧", False) == "c"
    assert copied("x⟦⟧y") == ""


def test_bad_input_is_named(tmp_path: Path, data: Path, corpus: Path) -> None:
    with pytest.raises(BadInput, match="nothing to measure"):
        run(EvaluationConfig())
    with pytest.raises(BadInput, match="no model and no floor"):
        run(EvaluationConfig(corpus=corpus, has_model=False, floors=()))
    with pytest.raises(BadInput, match="no hole of the kinds names"):
        (tmp_path / "tiny").mkdir()
        (tmp_path / "tiny" / "a.py").write_text("value = 1\n")
        run(EvaluationConfig(corpus=tmp_path / "tiny", kinds=(CutKind.NAMES,), has_model=False))
    with pytest.raises(BadInput, match=r"no HumanEval-\*Infilling"):
        read_problems(corpus)
    with pytest.raises(BadInput, match="no HumanEval"):
        read_problems(tmp_path / "missing")
    bad = data / "HumanEval-RandomSpanInfillingLight.jsonl"
    for text, message in [("{", "line 1"), ("[]", "line 1"), ('{"prompt": 1}', "line 1")]:
        bad.write_text(text)
        with pytest.raises(BadInput, match=message):
            read_problems(data)
