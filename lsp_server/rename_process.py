"""Plans a change over many files in a process of its own: of a name, a file, a function.

All names of a hundred files are a million objects in cycles: here they would hold the interpreter,
for which typing waits, for the two seconds that it takes to find that they are garbage, and leave
200 MB. There they go with the process.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from engine.edits.add_parameter import AddParameter, plan_parameter
from engine.edits.moving.files import MovePlan, plan_moves
from engine.edits.moving.moves import Moves
from engine.edits.project_names import SourceText
from engine.edits.rename import RenamePlan, plan_rename
from engine.errors import BadInput
from lsp_server.child import start_child

T = TypeVar("T")

# The names of less text are read in about the time that the process takes to start.
MIN_CHARACTERS = 200_000


async def planned(files: Sequence[SourceText], path: str, offset: int, new_name: str) -> RenamePlan:
    """``plan_rename`` beside the messages. Cancelling the task ends the process."""
    return await _beside(files, plan_rename, path, offset, new_name)


async def planned_moves(files: Sequence[SourceText], moves: Moves) -> MovePlan:
    """``plan_moves`` in the same way."""
    return await _beside(files, plan_moves, moves)


async def planned_parameter(files: Sequence[SourceText], offset: int) -> AddParameter:
    """``plan_parameter`` in the same way."""
    return await _beside(files, plan_parameter, offset)


async def _beside(files: Sequence[SourceText], plan: Callable[..., T], *rest: Any) -> T:
    if sum(len(file.text) for file in files) < MIN_CHARACTERS:
        return await asyncio.to_thread(plan, files, *rest)
    with start_child("lsp_server.rename_process") as process:
        asked = pickle.dumps((plan, files, rest))
        try:
            answer, _ = await asyncio.to_thread(process.communicate, asked)
        except BaseException:  # cancelled
            process.kill()
            raise
    if process.returncode != 0:
        raise BadInput(f"its process ended with exit code {process.returncode}")
    found = pickle.loads(answer)
    if isinstance(found, BadInput):
        raise found
    answered: T = found
    return answered


def main() -> None:
    """Read what is asked from stdin, write the plan, or why there is none, to stdout."""
    plan, files, rest = pickle.load(sys.stdin.buffer)
    found: object
    try:
        found = plan(files, *rest)
    except BadInput as error:
        found = error
    sys.stdout.buffer.write(pickle.dumps(found))
    sys.stdout.flush()
    os._exit(0)  # without taking all names apart
