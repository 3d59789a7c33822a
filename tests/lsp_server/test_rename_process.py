"""Renames over many files: the same plan from a process of its own, which can be ended."""

from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.edits.moving.files import plan_moves
from engine.edits.moving.moves import Move, Moves
from engine.edits.project_names import SourceText
from engine.edits.rename import plan_rename
from engine.errors import BadInput
from lsp_server.rename_process import MIN_CHARACTERS, planned, planned_moves

HOME = SourceText("/p/a.py", "def total(items):\n    return sum(items)\n")
IMPORTER = "from a import total\n\ntotal([2])\n"
SMALL = SourceText("/p/small.py", IMPORTER)
OTHERS = [
    SourceText(f"/p/m{number}.py", IMPORTER + "#" * (MIN_CHARACTERS // 4)) for number in range(4)
]


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """All processes that are started."""
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    return started


async def test_long_texts_are_read_elsewhere(processes: list[subprocess.Popen[bytes]]) -> None:
    plan = await planned([HOME, *OTHERS], HOME.path, 5, "add_up")
    assert len(processes) == 1
    assert plan == plan_rename([HOME, *OTHERS], HOME.path, 5, "add_up")
    assert len(plan.edits) == 1 + 2 * len(OTHERS)
    assert len((await planned([HOME, SMALL], HOME.path, 5, "add_up")).edits) == 3
    assert len(processes) == 1


async def test_moves_over_long_texts_are_planned_there_too(
    processes: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    (tmp_path / "a.py").write_text(HOME.text)
    moves = Moves([Move(str(tmp_path / "a.py"), str(tmp_path / "b.py"))], [str(tmp_path)])
    files = [replace(one, path=f"{tmp_path}/{one.path[3:]}") for one in OTHERS]
    plan = await planned_moves(files, moves)
    assert len(processes) == 1
    assert plan == plan_moves(files, moves)
    assert [edit.new_text for edit in plan.edits] == ["b"] * len(OTHERS)
    assert len((await planned_moves(files[:1], moves)).edits) == 1
    assert len(processes) == 1


async def test_what_is_wrong_is_said(processes: list[subprocess.Popen[bytes]]) -> None:
    with pytest.raises(BadInput, match="'for' is a keyword of python"):
        await planned([HOME, *OTHERS], HOME.path, 5, "for")
    assert len(processes) == 1


async def test_who_no_longer_waits_ends_it(processes: list[subprocess.Popen[bytes]]) -> None:
    long = [SourceText(one.path, IMPORTER * 3_000) for one in OTHERS]
    task = asyncio.ensure_future(planned([HOME, *long], HOME.path, 5, "add_up"))
    while not processes:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert processes[0].returncode not in (None, 0)
