"""Runs the indexer's process for a while, and says how far it is."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

from lsp_server.child import start_child
from lsp_server.logs import log_file


async def run_indexer(root: Path, database: Path) -> AsyncGenerator[tuple[int, int], None]:
    """Update the index of ``root``; yields how many of how many changed files were read.

    Closing the iterator, or cancelling the task, ends the process. Raises OSError when it fails.
    """
    file = log_file()
    options = {
        "root": str(root),
        "database": str(database),
        "log_level": logging.getLogger().getEffectiveLevel(),
        "log_file": str(file) if file is not None else None,
    }
    with start_child("lsp_server.workspace.indexer", json.dumps(options)) as process:
        if process.stdout is None:
            raise RuntimeError("the indexer was started without a pipe")
        try:
            while line := await asyncio.to_thread(process.stdout.readline):
                progress = json.loads(line)
                yield progress["num_done"], progress["num_changed"]
        except BaseException:  # cancelled, or not wanted any more
            process.kill()
            raise
    if process.returncode != 0:
        raise OSError(f"the indexer ended with exit code {process.returncode}")
