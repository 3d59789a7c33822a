"""What a rename asks about, and what it tells editors that cannot be asked."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pygls.uris import to_fs_path


async def test_a_plain_client_learns_of_what_it_cannot_be_asked(
    client: Any, tmp_path: Path
) -> None:
    """Members of objects whose class is in another file, and the file of a Java class."""
    await client.initialize()
    uri = (tmp_path / "Box.java").as_uri()
    client.open(uri, "class Box {\n  void grow() {}\n}\n", language="java")
    client.open((tmp_path / "B.java").as_uri(), "class B { Q q; int f = q.grow(); }\n", "java")
    for line, character in ((1, 7), (0, 6)):
        where = {"line": line, "character": character}
        document = {"uri": uri}
        params = {"textDocument": document, "position": where, "newName": "fresh"}
        assert "result" in await client.request("textDocument/rename", params)
    await client.wait_for(lambda one: "Java wants Box.java" in str(one))
    await client.wait_for(lambda one: "1 other places in 1 files may mean 'grow'" in str(one))


async def test_a_java_file_goes_with_its_class(client: Any, tmp_path: Path) -> None:
    """The client renames files, so nothing has to be told."""
    edits = {"documentChanges": True, "resourceOperations": ["rename"]}
    await client.initialize(capabilities={"workspace": {"workspaceEdit": edits}})
    uri = (tmp_path / "Box.java").as_uri()
    client.open(uri, "class Box {\n}\n", language="java")
    where = {"line": 0, "character": 6}
    params = {"textDocument": {"uri": uri}, "position": where, "newName": "Chest"}
    result = (await client.request("textDocument/rename", params))["result"]
    changed, moved = result["documentChanges"]
    assert [edit["newText"] for edit in changed["edits"]] == ["Chest"]
    assert moved == {"kind": "rename", "oldUri": uri, "newUri": uri.replace("Box", "Chest")}
    assert "window/showMessage" not in client.methods()


@pytest.mark.parametrize("language", ["c", "cpp"])
async def test_headers_are_of_the_same_language_as_cpp(
    client: Any, tmp_path: Path, language: str
) -> None:
    """Editors take them for C's."""
    header = tmp_path / "box.h"
    header.write_text("class Box {\n  int size;\n};\n")
    other = tmp_path / "other.h"
    other.write_text("class Box;\n")
    on_disk = (header, other)
    client.session.workspace.files_mentioning = lambda _name, limit: on_disk[:limit]
    await client.initialize()
    uri = (tmp_path / "box.cc").as_uri()
    client.open(uri, '#include "box.h"\nBox one;\n', language="cpp")
    where = {"line": 1, "character": 0}
    params = {"textDocument": {"uri": uri}, "position": where, "newName": "Chest"}
    response = await client.request("textDocument/rename", params)
    assert "result" in response, response
    result = response["result"]
    changed = {to_fs_path(one["textDocument"]["uri"]) for one in result["documentChanges"]}
    assert changed == {to_fs_path(one) for one in (uri, header.as_uri(), other.as_uri())}
    client.open(header.as_uri(), header.read_text(), language=language)
    where = {"line": 0, "character": 6}
    params = {**params, "textDocument": {"uri": header.as_uri()}, "position": where}
    response = await client.request("textDocument/rename", params)
    assert "result" in response, response
    result = response["result"]
    again = {to_fs_path(one["textDocument"]["uri"]) for one in result["documentChanges"]}
    assert again == changed


async def test_it_waits_for_the_settings_that_decide_about_the_folders(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.py").write_text("from a import total\n")
    is_answered = asyncio.Event()

    async def configuration(_: object) -> list[object]:
        await is_answered.wait()
        return [{}]

    monkeypatch.setattr(client.session.server, "workspace_configuration_async", configuration)
    await client.initialize(folders=[{"uri": tmp_path.as_uri(), "name": "w"}])
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, "def total(): pass\n")
    where = {"line": 0, "character": 5}
    params = {"textDocument": {"uri": uri}, "position": where, "newName": "add"}
    id_ = client.begin("textDocument/rename", params)
    await client.request("midfill/trace", None)
    is_answered.set()
    changed = (await client.response(id_))["result"]["documentChanges"]
    assert len(changed) == 2
