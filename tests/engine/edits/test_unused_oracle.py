"""What counts as unused, against ruff on the standard library; skipped where there is no ruff."""

from __future__ import annotations

import json
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from engine.edits.names_of import name_table
from engine.edits.unused import unused_names
from engine.languages import language_of
from engine.syntax import parse

RUFF = shutil.which("ruff")
NUM_FILES = 60


@pytest.mark.skipif(RUFF is None, reason="ruff is not installed")
def test_nothing_is_unused_that_ruff_finds_used() -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [path for path in sorted(library.glob("*.py")) if path.stat().st_size < 40_000]
    files = files[:: max(len(files) // NUM_FILES, 1)]
    command = [str(RUFF), "check", "--isolated", "--no-cache", "--select", "F401,F841"]
    ran = subprocess.run(
        [*command, "--output-format", "json", *map(str, files)],
        capture_output=True,
        check=False,
        text=True,
    )
    found = {(Path(one["filename"]), one["location"]["row"]) for one in json.loads(ran.stdout)}
    extra = []
    for path in files:
        data = path.read_bytes()
        table = name_table(parse(data, language_of(path.name)))
        assert table is not None
        left = data
        for unused in reversed(unused_names(table, str(path))):
            first = data[: unused.span.start].count(b"\n") + 1
            last = first + unused.span.of(data).count(b"\n")
            if not any((path, row) in found for row in range(first, last + 1)):
                extra.append(f"{path.name}:{first} {unused.name}")
            left = left[: unused.span.start] + left[unused.span.end :]
        compile(left, path.name, "exec", dont_inherit=True)
    assert extra == []
