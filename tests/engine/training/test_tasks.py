"""Tasks cut from documented functions: what is hidden, what decides it, what the model reads."""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("zstandard", reason="pip install 'midfill[test]'")

from engine.errors import BadInput
from engine.evaluation.executed import Fence, FenceConfig, Verdict
from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile, write_corpus
from engine.training.doctests import documented_holes, program
from engine.training.prepare_tasks import TaskConfig, prepare_tasks
from engine.training.tasks import Task, read_tasks, write_tasks
from source_tree import shipped_weights

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX resource limits")

TEXT = '''"""Small sums — nothing else."""

from __future__ import annotations

import missing_package
from . import sibling


def double(value: sibling.Number) -> int:
    """Twice the value.

    >>> double(2)
    4
    """
    if value < 0:  # of a debt
        return -double(-value)
    return value + value


def plain(value):
    return value


class Sums:
    def total(self, values):
        """The sum.

        >>> Sums().total([1, 2])
        3
        """
        result = 0
        for value in values:
            result += value
        return result
'''
FILE = SourceFile("sums", "1", "MIT", "sums/core.py", "python", TEXT)


@pytest.fixture(scope="module")
def tokenizer() -> BPETokenizer:
    return BPETokenizer(shipped_weights() / "tokenizer.json")


def holes(tokenizer: BPETokenizer, max_tokens: int = 40) -> list[Task]:
    """Many draws of one hole a function."""
    drawn = [documented_holes(FILE, tokenizer, max_tokens, random.Random(n)) for n in range(30)]
    return list({task.id: task for tasks in drawn for task in tasks}.values())


def test_only_whole_statements_of_documented_functions_are_hidden(tokenizer: BPETokenizer) -> None:
    found = holes(tokenizer)
    assert {task.gold.strip() for task in found} == {
        # The line with a comment behind it stays; so does what has no examples.
        "return -double(-value)",
        "return value + value",
        "result = 0",
        "result += value",
        "for value in values:\n            result += value",
        "return result",
        "result = 0\n        for value in values:\n            result += value\n"
        "        return result",
        "if value < 0:  # of a debt\n        return -double(-value)",
        "if value < 0:  # of a debt\n        return -double(-value)\n    return value + value",
    }
    for task in found:
        assert task.filled(task.gold) == TEXT
        assert task.after.startswith("\n")
        assert ">>> " in task.examples and ">>> " in task.before


def test_examples_decide_whatever_else_the_file_imports(tokenizer: BPETokenizer) -> None:
    fence = Fence(FenceConfig(wall_seconds=60.0))
    for task in holes(tokenizer):
        assert fence.run(program(task, task.gold)).verdict is Verdict.PASSED
    [task] = [task for task in holes(tokenizer) if task.gold == " return value + value"]
    assert fence.run(program(task, " return value * 2")).verdict is Verdict.PASSED
    wrong = fence.run(program(task, " return value"))
    assert (wrong.verdict, wrong.detail) == (Verdict.FAILED, "1 of 1 examples fail")


def test_a_hole_is_no_longer_than_wanted(tokenizer: BPETokenizer) -> None:
    found = holes(tokenizer, max_tokens=5)
    assert found and all(2 <= len(tokenizer.encode(task.gold)) <= 5 for task in found)


def test_the_prompt_is_the_layout_that_was_trained(tokenizer: BPETokenizer) -> None:
    [task] = [task for task in holes(tokenizer) if task.gold == " return value + value"]
    ids = task.prompt(tokenizer, 400).tolist()
    suffix, prefix = ids.index(tokenizer.suf_id), ids.index(tokenizer.pre_id)
    assert ids[0] == tokenizer.file_sep_id

    def text(start: int, end: int | None) -> str:
        return "".join(tokenizer.token_bytes(token).decode() for token in ids[start:end])

    assert text(1, suffix) == "sums/core.py\n"
    assert text(suffix + 1, prefix).startswith("\n\ndef plain(value):")
    assert text(prefix + 1, None) == task.before
    assert task.before.endswith("(-value)\n   "), "the hole starts at the last space"
    short = task.prompt(tokenizer, 60)
    assert len(short) == 60 and short.tolist()[-20:] == ids[-20:]


def test_tasks_come_back_and_damage_is_named(tokenizer: BPETokenizer, tmp_path: Path) -> None:
    path, tasks = tmp_path / "tasks.jsonl", holes(tokenizer)
    assert write_tasks(path, tasks) == len(tasks)
    assert read_tasks(path) == tasks
    lines = path.read_text(encoding="utf-8").splitlines()
    for line, why in (("{", "no JSON"), ("[]", "no task"), (json.dumps({"id": "x"}), "no task")):
        path.write_text("\n".join([lines[0], line]), encoding="utf-8")
        with pytest.raises(BadInput, match=f"line 2 is {why}"):
            read_tasks(path)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(BadInput, match="holds no task"):
        read_tasks(path)
    with pytest.raises(BadInput, match="no file of tasks"):
        read_tasks(tmp_path / "missing.jsonl")


def test_tasks_are_kept_whose_tests_tell(tmp_path: Path) -> None:
    broken = FILE.text.replace("    4\n", "    5\n").replace("        3\n", "        4\n")
    useless = 'def same(x):\n    """It.\n\n    >>> 1\n    1\n    """\n    return x\n'
    benchmark = 'def known(value):\n    """Half.\n\n    >>> known(4)\n    2\n    """\n' + "".join(
        f"    value{n} = value + {n} * value - {n} * value\n" for n in range(9)
    )
    benchmark += "    return value8 // 2\n"
    files = [
        replace(FILE, package=f"sums{n}", text=FILE.text + f"\n\nNUMBER = {n}\n") for n in range(12)
    ]
    files += [replace(FILE, package="broken", text=broken)]
    files += [replace(FILE, package="useless", path="useless.py", text=useless)]
    files += [replace(FILE, package="known", path="known.py", text=benchmark)]
    files += [
        SourceFile("web", "1", "MIT", "a.js", "javascript", "function f(a) {\n  return a;\n}\n")
    ]
    write_corpus(tmp_path / "corpus.jsonl.zst", files)
    known = tmp_path / "benchmark.jsonl"
    known.write_text(json.dumps({"prompt": benchmark, "canonical_solution": "", "suffix": ""}))
    config = TaskConfig(num_tested=200, num_parsed=2, benchmarks=(known,))
    tokenizer = shipped_weights() / "tokenizer.json"
    counts = prepare_tasks(tmp_path / "corpus.jsonl.zst", tokenizer, tmp_path / "tasks", config)
    kept, held_out = (
        read_tasks(tmp_path / "tasks" / name) for name in ("tasks.jsonl", "held_out.jsonl")
    )
    assert counts == (len(kept), len(held_out))
    assert not {task.package for task in kept} & {task.package for task in held_out}
    tested = [task for task in kept + held_out if task.examples]
    assert {task.package for task in tested} <= {f"sums{n}" for n in range(12)}
    assert len(tested) > 12, "of 24 functions, less the statements that no example reaches"
    assert "return -double(-value)" not in {task.gold.strip() for task in tested}
    assert [task for task in kept + held_out if not task.examples]
