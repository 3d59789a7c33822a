"""The folder of a run on a user's data: begun once, gone on with by the same command alone."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import BadInput

PLAN_FILE = "plan.json"


def begin_run(out: Path, plan: Mapping[str, Any], needed_bytes: int) -> None:
    """Make ``out``, its owner's alone, or see that a run of the same ``plan`` began there.

    Raises BadInput for another run's folder, one that holds something else, and too full a disk.
    """
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = out / PLAN_FILE
    if path.exists():
        if _read(path) != plan:
            raise BadInput(f"{out} holds another run: choose another --out, or delete it")
        return
    if any(out.iterdir()):
        raise BadInput(f"{out} is not empty and holds no such run: choose another --out")
    if shutil.disk_usage(out).free < needed_bytes:
        needed = f"{needed_bytes >> 20:,} MB of free disk"
        raise BadInput(f"{out}: {needed} are needed: free some space")
    part = path.with_suffix(".part")
    part.write_text(json.dumps(plan), encoding="utf-8")
    os.replace(part, path)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(
            f"{path} is damaged ({error}): choose another --out, or delete it"
        ) from error
