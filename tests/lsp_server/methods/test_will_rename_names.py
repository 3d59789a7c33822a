"""Moved files that others know by names: aliases of a project, names in strings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lsp_server.methods.moving import message, moved, start, write


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


STRINGS = {
    "pkg/__init__.py": "",
    "pkg/b.py": "",
    "main.py": "from pkg import b\nAPPS = ['é', 'pkg.b']\nb.f\n",
    "other.py": "APPS = ['pkg.b']\n",
}


async def test_strings_that_may_name_it_are_asked_about(client: Any, tmp_path: Path) -> None:
    write(tmp_path, STRINGS)
    workspace = {"workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}}}
    await client.initialize(
        capabilities={"workspace": workspace}, folders=[{"uri": tmp_path.as_uri(), "name": "p"}]
    )
    files = [{"oldUri": (tmp_path / "pkg/b.py").as_uri(), "newUri": (tmp_path / "c.py").as_uri()}]
    result = (await client.request("workspace/willRenameFiles", {"files": files}))["result"]
    main, other = result["documentChanges"]
    (note,) = result["changeAnnotations"].values()
    assert note["needsConfirmation"] and note["label"] == "Strings that may name it"
    assert [("annotationId" in one, one["newText"]) for one in main["edits"]] == [
        (False, "import c"),
        (True, "c"),
        (False, "c"),
    ]
    assert main["edits"][1]["range"]["start"] == {"line": 1, "character": 14}
    assert [one["annotationId"] for one in other["edits"]] == list(result["changeAnnotations"])


async def test_who_cannot_be_asked_is_told(client: Any, tmp_path: Path) -> None:
    write(tmp_path, STRINGS)
    await start(client, tmp_path)
    assert await moved(client, tmp_path, ("pkg/b.py", "c.py")) == {
        "main.py": "import c\nAPPS = ['é', 'pkg.b']\nc.f\n"
    }
    said = await message(client)
    assert "main.py (1 of its strings may name it)" in said
    assert "other.py (1 of its strings may name it)" in said


async def test_what_scripts_import_besides_is_followed(client: Any, tmp_path: Path) -> None:
    files = {
        "tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}}',
        "src/Box.vue": "",
        "src/look.module.css": "",
        "src/data.json": "",
        "src/app.ts": 'import Box from "./Box.vue";\nimport "@/look.module.css";\n'
        'import data from "./data.json";\nimport raw from "@/data.json?raw";\n',
    }
    write(tmp_path, files)
    await start(client, tmp_path)
    moves = [
        ("src/Box.vue", "src/parts/Crate.vue"),
        ("src/look.module.css", "src/parts/look.module.css"),
        ("src/data.json", "data.json"),
        ("tsconfig.json", "tsconfig.base.json"),
    ]
    assert await moved(client, tmp_path, *moves) == {
        "src/app.ts": 'import Box from "./parts/Crate.vue";\nimport "@/parts/look.module.css";\n'
        'import data from "../data.json";\nimport raw from "../data.json?raw";\n'
    }
