"""Files that are not indexed because there are too many: rename searches them as text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pygls.uris import from_fs_path

SOURCE = "def total(items):\n    return sum(items)\n"
IMPORTER = "from a import total\n\ntotal([2])\n"
ANNOTATED = {
    "general": {"positionEncodings": ["utf-16"]},
    "workspace": {
        "workspaceEdit": {
            "documentChanges": True,
            "changeAnnotationSupport": {"groupsOnLabel": True},
        }
    },
}


async def test_files_that_are_not_indexed_are_searched_as_text(client: Any, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("b.py", "c.py", "d.py", "gone.py")]
    for path in paths[:3]:
        path.write_text(IMPORTER if path.stem != "c" else IMPORTER.replace("total", "totally"))
    await client.initialize(capabilities=ANNOTATED)
    client.session.workspace.rest = lambda: tuple(paths)
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    client.open((tmp_path / "d.py").as_uri(), "nothing = 1\n")
    asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}}
    response = await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    changed = [one["textDocument"]["uri"] for one in response["result"]["documentChanges"]]
    assert changed == [uri, from_fs_path(str(tmp_path / "b.py"))]
    assert "window/showMessage" not in client.methods()


async def test_a_search_that_takes_too_long_is_told(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsp_server.rename_files._SEARCH_S", -1.0)
    await client.initialize(capabilities=ANNOTATED)
    client.session.workspace.rest = lambda: (tmp_path / "b.py",)
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}}
    await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    assert "more files than can be searched in time" in shown["params"]["message"]
