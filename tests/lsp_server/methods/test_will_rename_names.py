"""Moved files that others know by names: aliases of a project, names in strings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lsp_server.methods.moving import moved, start, write


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that does other work besides makes no test fail."""
    monkeypatch.setattr("lsp_server.methods.will_rename_files._PATIENCE_S", 60.0)
    monkeypatch.setattr("lsp_server.methods.will_rename_files._INDEX_PATIENCE_S", 50.0)


async def test_who_uses_an_alias_that_does_not_say_what_moves_is_found(
    client: Any, tmp_path: Path
) -> None:
    paths = '"@db": ["src/base.ts"], "@ui/*": ["src/parts/*"], "~/*": ["src/all/*"]'
    files = {
        "tsconfig.json": f'{{"compilerOptions": {{"paths": {{{paths}}}}}}}',
        "src/base.ts": "",
        "src/parts/key.ts": "",
        "src/all/x.ts": "",
        "a.ts": 'import "@db";\n',
        "b.ts": 'import "@ui/key";\n',
        "c.ts": 'import "~/x";\n',
        "d.ts": 'import "react";\n',
    }
    write(tmp_path, files)
    await start(client, tmp_path)
    moves = [("src/base.ts", "src/data.ts"), ("src/parts", "src/ui"), ("src/all", "src/most")]
    assert await moved(client, tmp_path, *moves) == {
        "a.ts": 'import "./src/data";\n',
        "b.ts": 'import "./src/ui/key";\n',
        "c.ts": 'import "./src/most/x";\n',
    }
