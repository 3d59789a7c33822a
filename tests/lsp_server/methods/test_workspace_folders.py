"""Several folders: each has the settings that the editor keeps for it."""

from __future__ import annotations

from typing import Any

from lsp_server.settings import Settings
from lsp_server.workspace_folders import WorkspaceFolders

FOLDERS = [{"uri": f"file:///{name}", "name": name} for name in ("one", "two")]


async def test_each_folder_is_asked_for(client: Any) -> None:
    client.configuration = [{"seed": 1}, {"enabled": False}, {"seed": 3}]
    await client.initialize(folders=FOLDERS)
    await client.until(lambda: client.session.settings.seed == 1)
    for folder, expected in (("one", 0), ("two", 1), ("elsewhere", 1)):
        uri = f"file:///{folder}/a.py"
        client.open(uri, "x")
        result = (await client.complete(uri, 0, 1))["result"]
        assert len(result["items"]) == expected, folder


async def test_a_new_folder_is_asked_for(client: Any) -> None:
    client.configuration = [{}, {}, {}]
    await client.initialize(folders=FOLDERS)
    client.configuration = [{}, {}, {"enabled": False}]
    event = {"added": [{"uri": "file:///three", "name": "three"}], "removed": [FOLDERS[0]]}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    client.open("file:///three/a.py", "x")
    await client.until(lambda: client.session.folders.settings_for("file:///three/a.py"))
    assert (await client.complete("file:///three/a.py", 0, 1))["result"]["items"] == []


def test_the_innermost_folder_holds() -> None:
    folders = WorkspaceFolders()
    folders.change(["file:///a", "file:///a/b"], [])
    folders.set_settings([Settings(seed=1), Settings(seed=2)])
    assert [
        settings and settings.seed
        for settings in map(folders.settings_for, ("file:///a/x", "file:///a/b/x", "file:///ab/x"))
    ] == [1, 2, None]
