"""Cases of a next edit: a text in which some hunks of a real change are made, others are not yet.

Cut from public commit histories (``hunks.jsonl.gz``, ``steps.python.jsonl.gz``), and from any
source file for the question whether silence is kept where a line was only typed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.request import RecentEdit, Request
from engine.spans import span
from engine.training.corpus import SourceFile

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+\d+(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines ``[start, end)`` of the text, from 0, become ``new``."""

    start: int
    end: int
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NextEditCase:
    """A request behind the user's last edit, and what people changed after it (may be nothing)."""

    id: str
    request: Request
    later: tuple[Hunk, ...]


def hunk_cases(row: dict[str, Any]) -> Iterator[NextEditCase]:
    """After the first hunk the others are to come, after the last one nothing is."""
    before, after = row["before"].split("\n"), row["after"].split("\n")
    hunks = [
        Hunk(start, end, tuple(after[new_start:new_end]))
        for start, end, new_start, new_end in row["hunks"]
    ]
    for number in {1, len(hunks)}:
        name = f"{row['repo']}/{row['commit'][:8]}:{number}"
        yield _case(name, row["path"], before, hunks[:number], hunks[number:])


def step_cases(row: dict[str, Any]) -> Iterator[NextEditCase]:
    """After each step of a pull request the next step is to come, after the last one nothing."""
    lines = row["original"].split("\n")
    steps = [diff_hunks(step) for step in row["steps"]]
    for number, hunks in enumerate(steps):
        if not hunks or any(hunk.end > len(lines) for hunk in hunks):
            return
        later = steps[number + 1] if number + 1 < len(steps) else ()
        case = _case(f"{row['instance']}:{number}", row["path"], lines, hunks, ())
        yield NextEditCase(case.id, case.request, tuple(later))
        lines = case.request.text.split("\n")


def typed_case(file: SourceFile, draw: random.Random) -> NextEditCase | None:
    """A line of a file as if it had just been typed; None when the file has too few lines."""
    lines = file.text.split("\n")
    written = [number for number, line in enumerate(lines) if len(line.strip()) > 3]
    if len(written) < 5:
        return None
    number = draw.choice(written)
    typed = Hunk(number, number, (lines[number],))
    name = f"{file.package}/{file.path}:{number}"
    return _case(name, file.path, lines[:number] + lines[number + 1 :], [typed], ())


def diff_hunks(diff: str) -> list[Hunk]:
    """The changed runs of lines of a unified diff, in lines of the old text."""
    found: list[Hunk] = []
    at, start, new = 0, None, []
    for line in [*diff.split("\n"), " "]:
        match = _HUNK.match(line)
        is_change = at > 0 and line[:1] in ("-", "+") and match is None
        if start is not None and not is_change:
            found.append(Hunk(start, at - 1, tuple(new)))
            start, new = None, []
        if match is not None:
            at = int(match[1])
        elif is_change:
            start = at - 1 if start is None else start
            at += line[0] == "-"
            new += [line[1:]] if line[0] == "+" else []
        elif at and line[:1] == " ":
            at += 1
    return found


def _case(
    name: str, path: str, lines: Sequence[str], made: Sequence[Hunk], later: Sequence[Hunk]
) -> NextEditCase:
    """The text with ``made``, the last of which is the edit; ``later`` moved to its lines."""
    text: list[str] = []
    at = first = 0
    for hunk in made:
        text += lines[at : hunk.start]
        first = len(text)
        text += hunk.new
        at = hunk.end
    num_behind, shift = len(text), len(text) - at
    text += lines[at:]
    start = len("".join(f"{line}\n" for line in text[:first]).encode())
    new = "".join(f"{line}\n" for line in text[first:num_behind]).encode()
    old = "".join(f"{line}\n" for line in lines[made[-1].start : made[-1].end])
    whole = "\n".join(text)
    edited = span(start, min(start + len(new), len(whole.encode())))
    edit = RecentEdit(edited, old, 1.0)
    request = Request(whole, edited.end, path=path, recent_edits=(edit,))
    moved = tuple(Hunk(one.start + shift, one.end + shift, one.new) for one in later)
    return NextEditCase(name, request, moved)
