"""Measure the index of a workspace of many files: ``python … FOLDER [NUM_FILES]``.

Writes the files (25 lines each) below FOLDER, indexes them as the server does, ends one run midway
and lets the next one go on, and asks for a name.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

from lsp_server.workspace.index import Index
from lsp_server.workspace.indexer import IndexLimits, update

TEXT = (
    "import os\n\n\nclass Shelf{n}:\n    def load(self, path):\n        return os.path.join(path)\n"
)


def write_files(root: Path, num_files: int) -> None:
    """Make the workspace, 100 files a folder."""
    for number in range(num_files):
        path = root / f"p{number // 100:03}" / f"m{number:05}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(TEXT.format(n=f"{number}_{part}") for part in range(4)))


def measure(root: Path, database: Path, limits: IndexLimits) -> None:
    """Print what each part takes, and the memory of the process at most."""
    with Index(root, database) as index:
        began = time.perf_counter()
        steps = update(index, limits)
        next(steps)
        print(f"listed: {time.perf_counter() - began:.1f} s")
        next(steps)
        began = time.perf_counter()
        steps.close()
        print(f"ended midway: {1000 * (time.perf_counter() - began):.1f} ms")
        began = time.perf_counter()
        *_, last = update(index, limits)
        print(f"read {last.num_done} files more: {time.perf_counter() - began:.1f} s")
        began = time.perf_counter()
        *_, last = update(index, limits)
        print(f"nothing new ({last.num_done}): {time.perf_counter() - began:.2f} s")
        began = time.perf_counter()
        found = index.files_mentioning("load", 501)
        print(f"files with one name: {len(found)}, {1000 * (time.perf_counter() - began):.1f} ms")
        print(f"files: {len(index.paths())}, cut: {index.is_cut}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"database: {database.stat().st_size / 1e6:.1f} MB, memory at most: {peak:.0f} MB")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    number_of_files = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    write_files(folder / "files", number_of_files)
    measure(folder / "files", folder / "index.sqlite3", IndexLimits())
