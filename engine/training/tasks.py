"""Tasks with a verifiable answer: a hole in a file, and what can be checked of what fills it.

One JSON object a line. The file stands around the hole as it was published; where the function with
the hole has examples in its docstring, they are its tests (``engine.training.doctests``).
"""

# T context tokens

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from engine.errors import BadInput
from engine.evaluation.holes import CutKind, EvalHole
from engine.spans import span
from engine.tokenizer import BPETokenizer
from engine.training.examples import Ids

CHARACTERS_PER_TOKEN = 3.3
SUFFIX_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Task:
    """``before``, the hole and ``after`` are the whole file; ``gold`` stood in the hole.

    A hole starts where token healing would let the model start (``BPETokenizer.heal``) and ends at
    the end of a line. ``examples``: the docstring whose examples test it, "" where there is none.
    """

    id: str
    package: str
    licence: str
    path: str
    language: str
    before: str
    gold: str
    after: str
    examples: str = ""

    def filled(self, text: str) -> str:
        """The file with ``text`` in the hole."""
        return self.before + text + self.after

    @property
    def is_line(self) -> bool:
        """Whether the hole is within a line: an answer ends where the line does."""
        return "\n" not in self.gold

    @property
    def hole(self) -> EvalHole:
        """The same as the measures of ``engine.evaluation`` know it."""
        start = len(self.before.encode())
        place = span(start, start + len(self.gold.encode()))
        return EvalHole(
            id=self.id,
            language=self.language,
            path=self.path,
            data=self.filled(self.gold).encode(),
            spans=(place,),
            kind=CutKind.WHOLE_LINE if self.is_line else CutKind.BLOCK,
            is_single_line=self.is_line,
        )

    def prompt(self, tokenizer: BPETokenizer, max_tokens: int) -> Ids:
        """Ids (T,) of whole lines around the hole, suffix first, up to ``max_tokens`` of them."""
        size = int(max_tokens * CHARACTERS_PER_TOKEN)
        behind = self.after[1:]  # the layout implies the line break
        end = behind.rfind("\n", 0, int(size * SUFFIX_SHARE)) + 1
        suffix = tokenizer.encode(behind[:end])[: int(max_tokens * SUFFIX_SHARE)]
        before = self.before[-size:]
        # Ids of a text that goes on as this one does, with a space or with something else.
        ids, starts = tokenizer.encode_with_starts(before + (" x" if self.gold[0] == " " else "x"))
        prefix = ids[: int(np.searchsorted(starts, len(before)))]
        path = tokenizer.encode(self.path + "\n")
        head = [tokenizer.file_sep_id, *path, tokenizer.suf_id, *suffix, tokenizer.pre_id]
        return np.array([*head, *prefix[-(max_tokens - len(head)) :]], np.int64)


def write_tasks(path: Path, tasks: Iterable[Task]) -> int:
    """Write the file whole or not at all; the number of tasks."""
    lines = [json.dumps(asdict(task), ensure_ascii=False) + "\n" for task in tasks]
    part = path.with_name(path.name + ".part")
    part.write_text("".join(lines), encoding="utf-8")
    part.replace(path)
    return len(lines)


def read_tasks(path: Path) -> list[Task]:
    """The tasks of a file. Raises BadInput that names the file and line of what is none."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: no file of tasks ({error})") from error
    tasks = [_task(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not tasks:
        raise BadInput(f"{path}: holds no task; cut some with engine.training.prepare_tasks")
    return tasks


def _task(path: Path, number: int, line: str) -> Task:
    names = {field.name for field in fields(Task)}
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadInput(f"{path}: line {number} is no JSON ({error.msg})") from error
    is_task = isinstance(record, dict) and set(record) == names
    if not is_task or not all(isinstance(value, str) for value in record.values()):
        raise BadInput(f"{path}: line {number} is no task (texts {', '.join(sorted(names))})")
    return Task(**record)
