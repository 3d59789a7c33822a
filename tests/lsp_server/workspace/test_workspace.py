"""What a session may know of the files around, through a client."""

from __future__ import annotations

import random
import string
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from lsp_server.documents import Documents
from lsp_server.workspace.workspace import Workspace

SECRET = "ghp_" + "".join(random.Random(3).choices(string.ascii_letters + string.digits, k=36))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "price.py").write_text(f"KEY = '{SECRET}'\n\n\ndef rounded(price): ...\n")
    (folder / "cart.py").write_text("from price import rounded\n")
    (folder / "hidden.py").write_text("from price import rounded\n")
    return folder


def folders(project: Path) -> list[dict[str, str]]:
    return [{"uri": project.as_uri(), "name": "project"}]


async def started(client: Any, project: Path, options: Any = None) -> dict[str, Any]:
    response: dict[str, Any] = await client.request(
        "initialize",
        {
            "processId": None,
            "capabilities": {"window": {"workDoneProgress": True}},
            "workspaceFolders": folders(project),
            "initializationOptions": options,
        },
    )
    client.notify("initialized", {})
    return response


async def reason_of(client: Any, path: Path, text: str = "x = 1\n") -> str | None:
    client.open(path.as_uri(), text)
    answer = await client.complete(path.as_uri(), 0, 5, kind=1)
    reason: str | None = answer["result"].get("midfill", {}).get("reason")
    return reason


async def test_the_index_is_built_in_a_process_and_told_of_saves(
    client: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lsp_server.workspace.background.MIN_INTERVAL_S", 0.0)
    await started(client, project)
    session = client.session
    await client.until(lambda: session.background_index.num_runs >= 1)
    (found,) = session.workspace.definitions("rounded")
    assert found.path == project / "price.py"
    assert found.signature == "def rounded(price):"
    mentioning = {project / name for name in ("cart.py", "hidden.py", "price.py")}
    assert set(session.workspace.files_mentioning("rounded")) == mentioning
    (project / "late.py").write_text("def later(): ...\n")
    num_runs = session.background_index.num_runs
    identifier = {"uri": (project / "late.py").as_uri()}
    client.notify("textDocument/didSave", {"textDocument": identifier})
    await client.until(lambda: session.background_index.num_runs > num_runs)
    assert [one.name for one in session.workspace.definitions("later")] == ["later"]


async def test_a_long_first_run_is_shown_and_can_be_stopped(client: Any, project: Path) -> None:
    for number in range(60):
        (project / f"m{number}.py").write_text("x = 1\n")
    await started(client, project)
    begun = await client.wait_for(
        lambda one: one.get("method") == "$/progress" and "indexing" in str(one)
    )
    assert begun["params"]["value"]["cancellable"] is True
    token = begun["params"]["token"]
    client.notify("window/workDoneProgress/cancel", {"token": token})
    await client.wait_for(
        lambda one: (
            one.get("method") == "$/progress"
            and one["params"]["token"] == token
            and one["params"]["value"]["kind"] == "end"
        )
    )


async def test_ignored_files_get_no_proposal_and_are_no_context(
    client: Any, project: Path, infiller: Any
) -> None:
    (project / ".gitignore").write_text("hidden.py\n")
    await started(client, project)
    assert await reason_of(client, project / "hidden.py") == "IGNORED_FILE"
    assert await reason_of(client, project / "server.pem") == "IGNORED_FILE"
    assert await reason_of(client, project / "cart.py", f"k = '{SECRET}'\nx = 1\n") is None
    request = infiller.requests.get()
    assert [Path(one.path).name for one in request.open_documents] == []
    assert SECRET not in repr(request)
    assert client.session.workspace.text(project / "hidden.py") is None
    text = client.session.workspace.text(project / "price.py")
    assert text is not None and SECRET not in text and "def rounded" in text


async def test_another_scheme_does_not_open_what_is_hidden(
    client: Any, project: Path, infiller: Any
) -> None:
    (project / ".gitignore").write_text("hidden.py\n")
    await started(client, project, {"workspaceTrusted": True})
    folder = project.as_posix()
    for uri in (f"git:{folder}/hidden.py?%7B%7D", f"git:{folder}/.env?x", "untitled:.env"):
        client.open(uri, "x = 1\n")
        answer = await client.complete(uri, 0, 5, kind=1)
        assert answer["result"]["midfill"]["reason"] == "IGNORED_FILE", uri
    for uri in (f"git:{folder}/price.py?x", "http://[::1", "untitled:Untitled-1"):
        client.open(uri, "x = 1\n")
        assert (await client.complete(uri, 0, 5, kind=1))["result"]["items"], uri
    seen = [one.path for one in infiller.requests.get().open_documents]
    assert not [path for path in seen if "hidden" in path or ".env" in path]


@pytest.mark.parametrize("key", ["workspaceTrusted", "trustedFolders"])
async def test_an_untrusted_folder_is_left_alone(
    client: Any, project: Path, tmp_path: Path, key: str
) -> None:
    (project / ".midfill.toml").write_text("[settings]\nnonsense = 1\n")
    value = {"workspaceTrusted": False, "trustedFolders": [str(tmp_path / "other")]}[key]
    await started(client, project, {key: value})
    assert await reason_of(client, project / "cart.py") == "UNTRUSTED"
    # Its project file is not even read: nobody hears of what is wrong in it.
    assert "window/showMessage" not in client.methods()
    assert client.session.workspace.roots == ()
    cell = f"vscode-notebook-cell:{(project / 'cart.py').as_posix()}#W0"
    client.open(cell, "x = 1\n")
    answer = await client.complete(cell, 0, 5, kind=1)
    assert answer["result"]["midfill"]["reason"] == "UNTRUSTED"
    client.open("untitled:Untitled-1", "x = 1\n")
    answer = await client.complete("untitled:Untitled-1", 0, 5, kind=1)
    assert answer["result"]["items"]


def test_the_editors_text_goes_before_the_files(project: Path, tmp_path: Path) -> None:
    documents = Documents()
    workspace = Workspace(documents, lambda _root: tmp_path / "index.sqlite3")
    workspace.set_roots([project])
    item = types.TextDocumentItem((project / "price.py").as_uri(), "python", 1, "renamed = 1\n")
    documents.open(item)
    assert workspace.text(project / "price.py") == "renamed = 1\n"
    assert workspace.files_mentioning("renamed") == (project / "price.py",)
    assert workspace.text(project / "nowhere.py") is None
    workspace.close()


def test_an_unreadable_index_answers_nothing(project: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    workspace = Workspace(Documents(), lambda _root: tmp_path / "folder")
    workspace.set_roots([project])
    assert workspace.definitions("rounded") == ()
    assert workspace.files_mentioning("rounded") == ()
