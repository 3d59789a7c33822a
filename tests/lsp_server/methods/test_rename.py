"""Renaming through the protocol: versions, annotations, what is left alone, what is refused."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from engine.edits.rename import plan_rename, renamable_at
from engine.errors import BadInput
from lsp_server.rename_files import MAX_FILES, opened, opened_with, read_beside
from lsp_server.workspace.index import Index

URI = "file:///project/a.py"
OTHER = "file:///project/b.py"
SOURCE = '''def total(items):
    """Add items; total is exact."""
    return sum(items)


total([1])  # total
'''
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


async def renamed(
    client: Any, new_name: str, line: int = 0, character: int = 5, capabilities: Any = ANNOTATED
) -> dict[str, Any]:
    """The response to a rename in two open documents."""
    await client.initialize(capabilities=capabilities)
    client.open(URI, SOURCE)
    client.open(OTHER, IMPORTER)
    return await client.request(  # type: ignore[no-any-return]
        "textDocument/rename",
        {
            "textDocument": {"uri": URI},
            "position": {"line": line, "character": character},
            "newName": new_name,
        },
    )


def places(change: dict[str, Any], annotation: str | None = None) -> list[tuple[int, int]]:
    """Line and column of the edits with that annotation."""
    return [
        (edit["range"]["start"]["line"], edit["range"]["start"]["character"])
        for edit in change["edits"]
        if edit.get("annotationId") == annotation
    ]


async def test_all_documents_get_one_versioned_edit(client: Any, infiller: Any) -> None:
    result = (await renamed(client, "add_up"))["result"]
    first, second = result["documentChanges"]
    assert first["textDocument"] == {"uri": URI, "version": 1}
    assert second["textDocument"] == {"uri": OTHER, "version": 1}
    assert places(first) == [(0, 4), (5, 0)]
    assert places(second) == [(0, 14), (2, 0)]
    assert {edit["newText"] for change in (first, second) for edit in change["edits"]} == {"add_up"}
    assert infiller.requests.empty()


async def test_comments_and_docstrings_are_asked_about(client: Any) -> None:
    result = (await renamed(client, "add_up"))["result"]
    assert places(result["documentChanges"][0], "midfill.mention") == [(1, 18), (5, 14)]
    note = result["changeAnnotations"]["midfill.mention"]
    assert note["needsConfirmation"] is True
    assert "midfill.possible" not in result["changeAnnotations"]


async def test_a_client_without_annotations_gets_what_is_certain(client: Any) -> None:
    capabilities = {"workspace": {"workspaceEdit": {"documentChanges": True}}}
    result = (await renamed(client, "add_up", capabilities=capabilities))["result"]
    assert "changeAnnotations" not in result
    assert places(result["documentChanges"][0]) == [(0, 4), (5, 0)]


async def test_a_plain_client_gets_plain_changes(client: Any) -> None:
    result = (await renamed(client, "add_up", capabilities={}))["result"]
    assert set(result["changes"]) == {URI, OTHER}
    assert len(result["changes"][URI]) == 2


@pytest.mark.parametrize(
    ("new_name", "message"),
    [
        ("for", "Cannot rename: 'for' is a keyword of python"),
        ("1", "Cannot rename: '1' is not an identifier"),
        ("sum", "Cannot rename: 'sum' is already an outer name that is used here (line 3)"),
    ],
)
async def test_a_bad_name_is_an_error_with_its_reason(
    client: Any, new_name: str, message: str
) -> None:
    error = (await renamed(client, new_name))["error"]
    assert error == {"code": -32803, "message": message}


async def test_a_place_without_a_name_is_refused(client: Any) -> None:
    error = (await renamed(client, "x", line=3, character=0))["error"]
    assert error["code"] == -32803 and "no name here" in error["message"]


async def test_the_name_under_the_cursor(client: Any) -> None:
    asking = {"textDocument": {"rename": {"prepareSupport": True}}}
    response = await client.initialize(capabilities=asking)
    assert response["result"]["capabilities"]["renameProvider"] == {"prepareProvider": True}
    client.open(URI, "größe = '𝄞'; wert = größe\n")
    asked = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 15}}
    result = (await client.request("textDocument/prepareRename", asked))["result"]
    assert result["placeholder"] == "wert"
    assert result["range"]["start"] == {"line": 0, "character": 14}
    asked["position"] = {"line": 0, "character": 10}
    response = await client.request("textDocument/prepareRename", asked)
    assert "no name here" in response["error"]["message"]


async def test_a_document_that_is_not_open_is_an_error(client: Any) -> None:
    await client.initialize()
    asked = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}}
    for method in ("textDocument/prepareRename", "textDocument/rename"):
        response = await client.request(method, {**asked, "newName": "x"})
        assert response["error"]["code"] == -32602


async def test_a_change_while_it_is_worked_out_makes_it_stale(client: Any) -> None:
    await client.initialize(capabilities=ANNOTATED)
    client.open(URI, SOURCE * 400)
    asked = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 5}}
    id_ = client.begin("textDocument/rename", {**asked, "newName": "add_up"})
    client.change(URI, 2, client.edit(0, 0, 0, "\n"))
    response = await client.response(id_)
    assert response["error"]["code"] == -32801


async def test_a_read_only_file_is_refused(client: Any, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "a.py"
    path.write_text(SOURCE)
    monkeypatch.setattr("lsp_server.rename_files.os.access", lambda *_: False)
    await client.initialize(capabilities=ANNOTATED)
    client.open(path.as_uri(), SOURCE)
    asked = {"textDocument": {"uri": path.as_uri()}, "position": {"line": 0, "character": 5}}
    response = await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    assert "it is read-only" in response["error"]["message"]


@pytest.mark.parametrize("is_deleted", [True, False])
async def test_a_file_that_changes_on_disk_meanwhile_stops_all_of_it(
    client: Any, tmp_path: Path, monkeypatch: Any, is_deleted: bool
) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    other = tmp_path / "b.py"
    other.write_text(IMPORTER)

    def planned(*arguments: Any) -> Any:
        plan = plan_rename(*arguments)
        other.unlink() if is_deleted else other.write_text(IMPORTER + "total\n")
        return plan

    monkeypatch.setattr("lsp_server.rename_process.plan_rename", planned)
    client.session.workspace.files_mentioning = lambda _name, limit: [other][:limit]
    await client.initialize(capabilities=ANNOTATED)
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}}
    response = await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    assert response["error"]["code"] == -32801 and "b.py" in response["error"]["message"]
    assert "workspace/applyEdit" not in client.methods()


async def test_a_cancelled_rename_changes_nothing(client: Any) -> None:
    await client.initialize(capabilities=ANNOTATED)
    client.open(URI, SOURCE * 400)
    asked = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 5}}
    id_ = client.begin("textDocument/rename", {**asked, "newName": "add_up"})
    client.notify("$/cancelRequest", {"id": id_})
    assert (await client.response(id_))["error"]["code"] == -32800


async def test_what_cannot_be_read_is_named(client: Any, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    (tmp_path / "latin.py").write_bytes(b"from a import total  # \xe9\n")
    (tmp_path / "large.py").write_text(IMPORTER + "#\n" * 1_000_000)
    (tmp_path / "large.js").write_text("total\n" + "//\n" * 1_000_000)
    folder = {"uri": tmp_path.as_uri(), "name": "project"}
    await client.initialize(capabilities=ANNOTATED, folders=[folder])
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}}
    response = await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    (change,) = response["result"]["documentChanges"]
    assert change["textDocument"]["uri"] == uri
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    folder = to_fs_path(tmp_path.as_uri())
    assert shown["params"]["message"] == (
        "Left as they are, though the name may stand there, too: "
        f"{Path(folder or '', 'latin.py')} (it is not UTF-8); "
        f"{Path(folder or '', 'large.py')} (it is larger than 2 MB)"
    )


async def test_only_files_of_the_language_are_looked_at(client: Any, tmp_path: Path) -> None:
    await client.initialize()
    client.open(URI, SOURCE)
    client.open(OTHER, IMPORTER)
    client.open("file:///project/c.ts", "total", "typescript")
    client.open("file:///project/d.py", "nothing = 1")
    await client.until(lambda: len(list(client.session.documents)) == 4)
    (tmp_path / "__init__.py").write_text("from .e import total\n")
    (tmp_path / "e.py").write_text("def total(): pass\n")
    (tmp_path / "f.js").write_text("total\n")
    documents = client.session.documents
    paths = [tmp_path / "e.py", tmp_path / "f.js", tmp_path / "gone.py"]
    files = opened_with(documents[URI], "total", documents, client.session.notebooks)
    found = [*files, *read_beside(files, paths)]
    assert [Path(file.source.path).name for file in found] == [
        "a.py",
        "b.py",
        "e.py",
        "__init__.py",
    ]
    assert opened(documents[URI]).is_current(documents)


async def test_files_of_the_workspace_are_changed_too(client: Any, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    (tmp_path / "b.py").write_text(IMPORTER)
    (tmp_path / "c.py").write_text(IMPORTER)
    (tmp_path / ".midfillignore").write_text("c.py\n")
    client.session.workspace.files_mentioning = lambda _name, limit: (tmp_path / "b.py",)[:limit]
    client.session.workspace.left_out = lambda: (tmp_path / "c.py",)
    await client.initialize(capabilities=ANNOTATED)
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}}
    response = await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    first, second = response["result"]["documentChanges"]
    assert first["textDocument"]["version"] == 1
    assert second["textDocument"] == {"uri": from_fs_path(str(tmp_path / "b.py")), "version": None}
    assert places(second) == [(0, 14), (2, 0)]
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    assert "c.py is named in .midfillignore" in shown["params"]["message"]


@pytest.mark.parametrize(("column", "is_told"), [(4, True), (10, False)])
async def test_whoever_renames_learns_that_not_all_files_are_known(
    client: Any, tmp_path: Path, column: int, is_told: bool
) -> None:
    await client.initialize(capabilities=ANNOTATED, options={"workspaceIndex": False})
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": column}}
    await client.request("textDocument/prepareRename", asked)
    workspace = client.session.workspace
    workspace.set_roots([tmp_path])
    client.session.background_index.refresh = lambda: 0
    with Index(tmp_path, workspace.database_of(tmp_path)) as index:
        index.note_rest([], is_cut=True)
    response = await client.request("textDocument/rename", {**asked, "newName": "other"})
    assert response["result"]["documentChanges"]
    assert ("window/showMessage" in client.methods()) is is_told


def test_a_name_in_too_many_files_is_refused(client: Any, tmp_path: Path) -> None:
    documents = client.session.documents
    documents.open(types.TextDocumentItem(URI, "python", 1, SOURCE))
    files = opened_with(documents[URI], "total", documents, client.session.notebooks)
    paths = [tmp_path / f"{number}.py" for number in range(MAX_FILES + 1)]
    with pytest.raises(BadInput, match="more than"):
        read_beside(files, paths)


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_it_can_be_left_to_another_server(client: Any, is_wanted: bool) -> None:
    response = await client.initialize(capabilities={}, options={"rename": is_wanted})
    assert ("renameProvider" in response["result"]["capabilities"]) is is_wanted


async def test_it_waits_for_the_index_unless_the_name_is_local(
    client: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("lsp_server.methods.rename._PATIENCE_S", 0.0)
    await client.initialize(capabilities=ANNOTATED, options={"workspaceIndex": False})
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    asked = {"textDocument": {"uri": uri}, "newName": "add_up"}
    top = {"position": {"line": 0, "character": 5}}
    await client.request("textDocument/prepareRename", {**asked, **top})
    client.session.workspace.set_roots([tmp_path])
    client.session.background_index.num_runs = 0
    response = await client.request("textDocument/rename", {**asked, **top})
    assert "still being indexed" in response["error"]["message"]
    client.session.background_index.num_runs = 1  # the folders were read once; now they are slow
    response = await client.request("textDocument/rename", {**asked, **top})
    assert "result" in response
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    assert "takes too long" in shown["params"]["message"]
    local = {"position": {"line": 0, "character": 11}}
    response = await client.request("textDocument/rename", {**asked, **local})
    assert len(response["result"]["documentChanges"]) == 1


async def test_what_was_written_since_the_index_is_renamed_too(client: Any, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    folder = {"uri": tmp_path.as_uri(), "name": "project"}
    await client.initialize(capabilities=ANNOTATED, folders=[folder])
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    await client.until(lambda: client.session.background_index.num_runs == 1)
    (tmp_path / "b.py").write_text(IMPORTER)  # by a checkout: nobody tells the server
    large = IMPORTER + f"text = '{'x' * 97}'\n" * 5_000
    (tmp_path / "large.py").write_text(large)
    asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}}
    response = await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    uris = [each["textDocument"]["uri"] for each in response["result"]["documentChanges"]]
    changed = [Path(to_fs_path(one) or "") for one in uris]
    assert changed == [tmp_path / name for name in ("a.py", "b.py", "large.py")]
    client.session.background_index._is_stopped = True  # by the user: nothing is waited for
    response = await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    assert "result" in response


async def test_an_index_that_fails_is_told(client: Any, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(SOURCE)
    (tmp_path / "full").write_text("")
    client.session.workspace.database_of = lambda _: tmp_path / "full" / "index.sqlite3"
    folder = {"uri": tmp_path.as_uri(), "name": "project"}
    await client.initialize(capabilities=ANNOTATED, folders=[folder])
    uri = (tmp_path / "a.py").as_uri()
    client.open(uri, SOURCE)
    asked = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}}
    response = await client.request("textDocument/rename", {**asked, "newName": "add_up"})
    assert len(response["result"]["documentChanges"]) == 1
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    assert "could not be indexed" in shown["params"]["message"]


@pytest.mark.parametrize("method", ["prepareRename", "rename"])
async def test_other_messages_do_not_wait_for_the_names_of_a_long_file(
    client: Any, monkeypatch: Any, method: str
) -> None:
    is_released = threading.Event()

    def slowly(*arguments: Any) -> Any:
        is_released.wait(10.0)
        return renamable_at(*arguments)

    monkeypatch.setattr("lsp_server.methods.prepare_rename.renamable_at", slowly)
    await client.initialize(capabilities=ANNOTATED)
    client.open(URI, SOURCE)
    asked = {"textDocument": {"uri": URI}, "position": {"line": 0, "character": 5}}
    id_ = client.begin(f"textDocument/{method}", {**asked, "newName": "add_up"})
    await client.request("midfill/trace", {})
    assert all(message.get("id") != id_ for message in client.received)
    client.change(URI, 2, client.edit(0, 0, 0, "# "))
    await client.until(lambda: client.session.documents[URI].version == 2)
    is_released.set()
    response = await client.response(id_)
    if method == "rename":
        assert response["error"]["code"] == -32801
    else:
        assert response["result"]["placeholder"] == "total"
