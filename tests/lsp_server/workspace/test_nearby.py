"""What is known of the files near a document."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from lsp_server.documents import Documents
from lsp_server.workspace import nearby
from lsp_server.workspace.index import Index
from lsp_server.workspace.indexer import update
from lsp_server.workspace.nearby import NearbyFiles
from lsp_server.workspace.workspace import Workspace

KEY = "sk-ant-api03-" + "Zx9" * 12


class Reader:
    """Near files of one project, read when the test says so."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.root = folder / "project"
        (self.root / "deep").mkdir(parents=True)
        for name in ("a.py", "b.py", "deep/c.py", "z.js"):
            (self.root / name).write_text(f"name = {name!r}\n")
        self.database = folder / "index.sqlite3"
        self.index()
        self.documents = Documents()
        self.workspace = Workspace(self.documents, lambda _: self.database)
        self.workspace.set_roots([self.root])
        self._jobs: list[Coroutine[Any, Any, None]] = []
        self.files = NearbyFiles(self.workspace, self._jobs.append)

    def index(self) -> None:
        with Index(self.root, self.database) as index:
            list(update(index))

    def type(self, name: str, text: str) -> None:
        uri = (self.root / name).as_uri()
        self.documents.open(types.TextDocumentItem(uri, "python", 1, text))

    def keep_for(self, seconds: float) -> None:
        self._monkeypatch.setattr(nearby, "REFRESH_S", seconds)
        self._monkeypatch.setattr(nearby, "RETRY_S", seconds)

    async def names(self) -> list[str]:
        """Names of the near files after everything that was begun is done."""
        self.keep_for(-1.0)
        self.files.of(self.root / "a.py")
        self.keep_for(1e9)
        for job in self._jobs:
            await job
        self._jobs.clear()
        found = self.files.of(self.root / "a.py")
        return [Path(one.path).relative_to(self.root).as_posix() for one in found]

    def text(self, name: str) -> str:
        texts = {Path(one.path).name: one.text for one in self.files.of(self.root / "a.py")}
        return texts[name]


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    monkeypatch.setattr(nearby, "_PAUSE_S", 0.0)
    found = Reader(tmp_path, monkeypatch)
    yield found
    found.workspace.close()


async def test_the_nearest_files_come_first_and_never_the_file_itself(reader: Reader) -> None:
    assert reader.files.of(reader.root / "a.py") == ()
    assert await reader.names() == ["b.py", "deep/c.py", "z.js"]


async def test_a_file_with_the_same_words_comes_before_those_of_the_folder(reader: Reader) -> None:
    for name in ("a.py", "deep/c.py"):
        (reader.root / name).write_text("from shop import Basket, Customer\n")
    reader.index()
    assert await reader.names() == ["deep/c.py", "b.py", "z.js"]


async def test_words_of_an_open_document_count_before_they_are_saved(reader: Reader) -> None:
    (reader.root / "deep/c.py").write_text("from shop import Basket, Customer\n")
    reader.index()
    assert await reader.names() == ["b.py", "z.js", "deep/c.py"]
    reader.type("a.py", "basket = Basket(Customer())\n")
    assert await reader.names() == ["deep/c.py", "b.py", "z.js"]


async def test_an_index_that_cannot_be_asked_leaves_the_order_to_the_folders(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_asked: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr(Index, "likeness", fail)
    assert await reader.names() == ["b.py", "deep/c.py", "z.js"]


async def test_a_file_is_read_again_when_it_changed(reader: Reader) -> None:
    await reader.names()
    before = reader.text("c.py")
    (reader.root / "b.py").write_bytes(b"name = 'another'\n")
    await reader.names()
    assert reader.text("b.py") == "name = 'another'\n"
    assert reader.text("c.py") is before


async def test_secrets_are_hidden_and_ignored_files_are_missing(reader: Reader) -> None:
    (reader.root / "b.py").write_text(f"key = '{KEY}'\n")
    await reader.names()
    assert KEY not in reader.text("b.py")
    (reader.root / ".midfillignore").write_text("deep/\n")
    reader.workspace.set_roots([reader.root])
    assert await reader.names() == ["b.py", "z.js"]


async def test_what_is_too_large_or_gone_is_left_out(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearby, "MAX_FILE_BYTES", 40)
    (reader.root / "b.py").write_text("x" * 41)
    (reader.root / "z.js").unlink()
    assert await reader.names() == ["deep/c.py"]


async def test_without_folders_nothing_is_read(reader: Reader) -> None:
    reader.workspace.set_roots([])
    assert await reader.names() == []


async def test_a_document_is_not_read_for_twice_at_once(reader: Reader) -> None:
    for _ in range(3):
        reader.files.of(reader.root / "a.py")
    await asyncio.sleep(0)
    assert len(reader._jobs) == 1
    await reader.names()


async def test_a_request_carries_the_files_near_its_document(client: Any, reader: Reader) -> None:
    folder = {"uri": reader.root.as_uri(), "name": "project"}
    options = {"processId": None, "capabilities": {}, "workspaceFolders": [folder]}
    await client.request("initialize", options)
    client.notify("initialized", {})
    session = client.session
    await client.until(lambda: session.background_index.num_runs >= 1)
    uri = (reader.root / "a.py").as_uri()
    client.open(uri, "name = 1\n")
    await client.until(lambda: session.documents.get(uri))
    snapshot = session.documents[uri].snapshot()
    await client.until(lambda: session.request(snapshot, 0).nearby)
    paths = [Path(one.path).name for one in session.request(snapshot, 0).nearby]
    assert paths == ["b.py", "c.py", "z.js"]
    assert session.request(snapshot, 0, has_context=False).nearby == ()
