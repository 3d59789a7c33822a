"""A language server of another version is told, with the mend: ``versions.py MIDFILL``."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from pathlib import Path

from midfill_jupyterlab import language_server
from midfill_jupyterlab.notebook import CellState, NotebookState


async def mismatch_of(version: str, midfill: str, root: Path) -> str:
    """Ask a real server once, with an extension of ``version``."""
    language_server.VERSION = version
    command = [midfill, "lsp", "--model", "scripted"]
    server = language_server.LanguageServer(
        command, root, {"feedback": False}, logging.getLogger("midfill")
    )
    cell = CellState("x", "code", "alpha =")
    state = NotebookState("a.ipynb", "python", (cell,), 0, 0, 7, 1)
    try:
        await server.proposals(state)
    finally:
        await server.stop()
    return server.mismatch


def main() -> None:
    """Compare the right version with a wrong one."""
    right = language_server.VERSION
    with tempfile.TemporaryDirectory() as folder:
        for version, wanted in [(right, ""), ("9.9.0", "midfill-jupyterlab 9.9.0: install")]:
            told = asyncio.run(mismatch_of(version, sys.argv[1], Path(folder).resolve()))
            if wanted not in told or (told != "" and wanted == ""):
                sys.exit(f"FAIL  version {version}: told {told!r}, not {wanted!r}")
    sys.stdout.write("ok    a language server of another version is told\n")


if __name__ == "__main__":
    main()
