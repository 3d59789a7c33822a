"""Read the public HumanEval-Infilling files (Bavarian et al., arXiv:2207.14255)."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from engine.errors import BadInput
from engine.evaluation.holes import CutKind, EvalHole
from engine.spans import span

PATTERN = "HumanEval-*Infilling*.jsonl*"
_FIELDS = ("task_id", "entry_point", "prompt", "suffix", "canonical_solution", "test")


@dataclass(frozen=True, slots=True)
class Problem:
    """A hole in a Python function, and the program that tests what is written into it."""

    hole: EvalHole
    benchmark: str
    test: str
    entry_point: str

    def program(self, text: str) -> str:
        """The whole program with ``text`` in the hole; it ends well when the tests pass."""
        return f"{self.hole.filled([text])}\n{self.test}\ncheck({self.entry_point})\n"


def read_problems(folder: Path) -> list[Problem]:
    """The problems of every HumanEval-Infilling file in ``folder``, in file order.

    Raises BadInput that names the file and line of what cannot be read, or the empty folder.
    """
    files = sorted(folder.rglob(PATTERN)) if folder.is_dir() else []
    if not files:
        raise BadInput(f"{folder}: no {PATTERN} file there; give the folder of the public files")
    return [problem for file in files for problem in _read(file)]


def _read(file: Path) -> list[Problem]:
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: cannot be read ({error})") from error
    lines = enumerate(text.split("\n"), start=1)
    return [_problem(file, number, line) for number, line in lines if line.strip()]


def _problem(file: Path, number: int, line: str) -> Problem:
    try:
        record = json.loads(line)
        values = {name: record[name] for name in _FIELDS}
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise BadInput(f"{file}: line {number} is no infilling problem ({error!r})") from error
    if not all(isinstance(value, str) for value in values.values()):
        raise BadInput(f"{file}: line {number} is no infilling problem (a field is no text)")
    return _cut(file.name.partition(".")[0], values)


def _cut(benchmark: str, values: dict[str, str]) -> Problem:
    solution = values["canonical_solution"]
    # The line break that ends the solution stays: an editor has it before the line is filled.
    kept = "\n" if solution.endswith("\n") else ""
    gold = solution[: len(solution) - len(kept)]
    before = values["prompt"].encode("utf-8")
    data = before + (solution + values["suffix"]).encode("utf-8")
    is_single_line = "SingleLine" in benchmark
    hole = EvalHole(
        id=values["task_id"],
        language="python",
        path=f"{values['entry_point']}.py",
        data=data,
        spans=(span(len(before), len(before) + len(gold.encode("utf-8"))),),
        kind=CutKind.WHOLE_LINE if is_single_line else CutKind.SPAN,
        is_single_line=is_single_line,
    )
    return Problem(hole, benchmark, values["test"], values["entry_point"])
