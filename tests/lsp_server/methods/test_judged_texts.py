"""Texts that the user took or turned down are kept when they ask for it, and only then."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from lsp_server.feedback_store import FeedbackStore, connect
from lsp_server.judged import FILE_NAME, MAX_TEXTS, SCHEMA, Judged, read_judged
from lsp_server.stats import forget, show_judged

URI = "file:///project/a.py"
SECRET = "ghp_" + "a1B2" * 9
Texts = Callable[[], list[Judged]]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIDFILL_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state" / FILE_NAME


@pytest_asyncio.fixture
async def kept(client: Any, path: Path) -> AsyncIterator[Texts]:
    """What is kept, after all was written."""
    store = FeedbackStore(path, SCHEMA)
    client.session.judgements._store = store

    def texts() -> list[Judged]:
        store.close()
        return list(read_judged(path))

    yield texts
    store.close()


async def proposed(client: Any, infiller: Any, **settings: Any) -> dict[str, Any]:
    infiller.edits = ((len(f'key = "{SECRET}"\nx = '),) * 2 + ("total(é😀)",),)
    await client.initialize(options=settings)
    client.open(URI, f'key = "{SECRET}"\nx = \nprint(x)\n')
    (item,) = (await client.complete(URI, 1, 4))["result"]["items"]
    return item  # type: ignore[no-any-return]


async def taken(client: Any, item: dict[str, Any]) -> None:
    arguments = item["command"]["arguments"]
    params = {"command": "midfill.accept", "arguments": arguments}
    await client.request("workspace/executeCommand", params)


async def test_nothing_is_kept_unless_it_is_asked_for(
    client: Any, infiller: Any, kept: Texts, path: Path
) -> None:
    item = await proposed(client, infiller)
    await taken(client, item)
    assert kept() == [] and not path.exists()


async def test_nothing_is_kept_while_a_server_may_have_written_it(
    client: Any, infiller: Any, kept: Texts, path: Path
) -> None:
    item = await proposed(client, infiller, keepJudgedTexts=True, backend="mercury")
    await taken(client, item)
    assert kept() == [] and not path.exists()


async def test_an_accepted_text_is_kept_with_its_surroundings_and_no_secret(
    client: Any, infiller: Any, kept: Texts, path: Path
) -> None:
    item = await proposed(client, infiller, keepJudgedTexts=True)
    await taken(client, item)
    (one,) = kept()
    assert (one.text, one.is_accepted) == ("total(é😀)", True)
    assert (one.language, one.path, one.after) == ("python", "a.py", "\nprint(x)\n")
    assert one.before.endswith('x"\nx = ') and SECRET not in one.before
    if sys.platform != "win32":
        assert all(file.stat().st_mode & 0o077 == 0 for file in path.parent.iterdir())


async def test_the_last_word_on_a_text_counts(client: Any, infiller: Any, kept: Texts) -> None:
    item = await proposed(client, infiller, keepJudgedTexts=True)
    client.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 5})
    await client.request("midfill/trace", None)
    (one,) = kept()
    assert (one.text, one.is_accepted) == ("total", True)


async def test_a_rejected_text_is_kept_as_one(client: Any, infiller: Any, kept: Texts) -> None:
    item = await proposed(client, infiller, keepJudgedTexts=True)
    client.notify("midfill/didReject", {"item": item})
    await client.request("midfill/trace", None)
    (one,) = kept()
    assert (one.text, one.is_accepted) == ("total(é😀)", False)


async def test_what_is_kept_can_be_seen_and_deleted(
    client: Any, infiller: Any, kept: Texts, path: Path
) -> None:
    await taken(client, await proposed(client, infiller, keepJudgedTexts=True))
    assert len(kept()) == 1
    out = StringIO()
    assert show_judged(out) == 0
    assert json.loads(out.getvalue())["text"] == "total(é😀)"
    out = StringIO()
    assert forget(out) == 0
    assert out.getvalue() == "1 texts that were kept for training are deleted\n"
    assert list(path.parent.iterdir()) == []


def test_the_oldest_texts_go_when_there_are_too_many(path: Path) -> None:
    connection = connect(path, SCHEMA)
    connection.executemany(
        "INSERT INTO judged (id, language, path, before, text, after, is_accepted)"
        " VALUES (?, 'python', 'a.py', '', ?, '', 1)",
        [(str(number), str(number)) for number in range(MAX_TEXTS + 5)],
    )
    connection.close()
    connect(path, SCHEMA).close()
    texts = [one.text for one in read_judged(path)]
    assert texts == [str(number) for number in range(5, MAX_TEXTS + 5)]
