"""What a client tells of its items, and what that changes."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio

from lsp_server.feedback import Lifetime
from lsp_server.feedback_store import FeedbackStore

URI = "file:///project/a.py"
Rows = Callable[[], list[sqlite3.Row]]


@pytest_asyncio.fixture
async def kept(client: Any, tmp_path: Path) -> AsyncIterator[Rows]:
    """Keep the client's feedback; the rows after all was written."""
    path = tmp_path / "state" / "feedback.sqlite3"
    store = FeedbackStore(path)
    client.session.feedback._store = store

    def rows() -> list[sqlite3.Row]:
        store.close()
        connection = sqlite3.connect(path)
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM proposals ORDER BY time_s").fetchall()
        connection.close()
        return found

    yield rows
    store.close()


async def proposed(
    client: Any, infiller: Any, text: str = "total(é😀)", feedback: bool = True
) -> dict[str, Any]:
    infiller.edits = ((4, 4, text),)
    await client.initialize(options={"feedback": feedback})
    client.open(URI, "x = ")
    (item,) = (await client.complete(URI, 0, 4))["result"]["items"]
    return item  # type: ignore[no-any-return]


async def accepted(client: Any, item: dict[str, Any]) -> None:
    arguments = item["command"]["arguments"]
    params = {"command": "midfill.accept", "arguments": arguments}
    await client.request("workspace/executeCommand", params)


async def test_what_was_shown_and_taken_is_counted_without_its_text(
    client: Any, infiller: Any, kept: Rows, tmp_path: Path
) -> None:
    item = await proposed(client, infiller)
    client.notify("textDocument/didShowCompletion", {"item": item})
    client.change(URI, 2, client.edit(0, 4, 4, item["insertText"]))
    await accepted(client, item)
    (row,) = kept()
    assert (row["language"], row["method"]) == ("python", "textDocument/inlineCompletion")
    assert (row["is_shown"], row["fate"]) == (1, "accepted")
    assert row["num_units"] == row["num_accepted"] == 10
    assert row["latency_ms"] > 0
    stored = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"total" not in stored and b"project" not in stored


async def test_typing_along_is_one_proposal(client: Any, infiller: Any, kept: Rows) -> None:
    item = await proposed(client, infiller)
    for number, key in enumerate("tot"):
        client.change(URI, 2 + number, client.edit(0, 4 + number, 4 + number, key))
        (item,) = (await client.complete(URI, 0, 5 + number))["result"]["items"]
        client.notify("textDocument/didShowCompletion", {"item": item})
    client.change(URI, 9, client.edit(0, 7, 7, item["insertText"]))
    await accepted(client, item)
    (row,) = kept()
    assert (row["fate"], row["num_accepted"]) == ("accepted", 10)


async def test_parts_add_up_and_the_rest_stays(client: Any, infiller: Any, kept: Rows) -> None:
    item = await proposed(client, infiller)
    client.change(URI, 2, client.edit(0, 4, 4, "total"))
    client.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 5})
    (rest,) = (await client.complete(URI, 0, 9))["result"]["items"]
    assert rest["insertText"] == "(é😀)"
    client.change(URI, 3, client.edit(0, 9, 9, "(é"))
    client.notify("textDocument/didPartiallyAcceptCompletion", {"item": rest, "acceptedLength": 2})
    (rest,) = (await client.complete(URI, 0, 11))["result"]["items"]
    assert rest["insertText"] == "😀)"
    infiller.requests.get(timeout=60)
    assert infiller.requests.empty()
    (row,) = kept()
    assert (row["fate"], row["num_accepted"]) == ("partial", 7)


async def test_a_part_counts_line_ends_as_the_client_has_them(
    client: Any, infiller: Any, kept: Rows
) -> None:
    await client.initialize()
    client.open(URI, "if \r\n")
    infiller.edits = ((3, 3, "a:\n    b\n"),)
    (item,) = (await client.complete(URI, 0, 3))["result"]["items"]
    assert item["insertText"] == "a:\r\n    b\r\n"
    client.change(URI, 2, client.edit(0, 3, 3, "a:\r\n    b"))
    client.notify("textDocument/didPartiallyAcceptCompletion", {"item": item, "acceptedLength": 9})
    await client.request("midfill/trace", None)
    (row,) = kept()
    assert (row["fate"], row["num_units"], row["num_accepted"]) == ("partial", 11, 9)


async def test_a_part_may_be_the_whole(client: Any, infiller: Any, kept: Rows) -> None:
    item = await proposed(client, infiller)
    params = {"item": item, "acceptedLength": 10}
    client.notify("textDocument/didPartiallyAcceptCompletion", params)
    await client.request("midfill/trace", None)
    (row,) = kept()
    assert row["fate"] == "accepted"


async def test_what_was_rejected_is_not_proposed_again(
    client: Any, infiller: Any, kept: Rows
) -> None:
    item = await proposed(client, infiller)
    client.notify("midfill/didReject", {"item": item})
    result = (await client.complete(URI, 0, 4))["result"]
    assert result["midfill"]["reason"] == "REJECTED_BEFORE"
    client.change(URI, 2, client.edit(0, 4, 4, "to"))
    result = (await client.complete(URI, 0, 6))["result"]
    assert result["midfill"]["reason"] == "REJECTED_BEFORE"
    # Asked for by hand, it is shown; taken, it is forgiven.
    client.change(URI, 3, client.edit(0, 4, 6, ""))
    (again,) = (await client.complete(URI, 0, 4, kind=1))["result"]["items"]
    await accepted(client, again)
    assert len((await client.complete(URI, 0, 4))["result"]["items"]) == 1
    fates = [row["fate"] for row in kept()]
    assert fates == ["rejected", "accepted"]


async def test_what_was_accepted_and_undone_is_not_proposed_again(
    client: Any, infiller: Any
) -> None:
    item = await proposed(client, infiller)
    text = item["insertText"]
    client.change(URI, 2, client.edit(0, 4, 4, text))
    await accepted(client, item)
    client.change(URI, 3, client.edit(0, 4, 4 + len(text.encode("utf-16-le")) // 2, ""))
    result = (await client.complete(URI, 0, 4))["result"]
    assert result["midfill"]["reason"] in ("REJECTED_BEFORE", "REVERTS_USER")


async def test_what_was_just_deleted_is_not_brought_back(client: Any, infiller: Any) -> None:
    infiller.edits = ((4, 4, "total(prices)"),)
    await client.initialize()
    client.open(URI, "x = total")
    client.change(URI, 2, client.edit(0, 4, 9, ""))
    result = (await client.complete(URI, 0, 4))["result"]
    assert result["midfill"]["reason"] == "REVERTS_USER"
    assert len((await client.complete(URI, 0, 4, kind=1))["result"]["items"]) == 1


async def test_survival_is_measured(client: Any, infiller: Any, kept: Rows) -> None:
    client.session.survival._delays_s = dict.fromkeys(Lifetime, 0.2)
    item = await proposed(client, infiller, "total(prices)")
    client.change(URI, 2, client.edit(0, 4, 4, item["insertText"]))
    await accepted(client, item)
    client.change(URI, 3, client.edit(0, 0, 0, "# above\n"))
    client.change(URI, 4, client.edit(1, 9, 17, ""))
    await client.until(lambda: not client.session.survival._watched)
    (row,) = kept()
    assert row["kept_30s"] == row["kept_5min"] == 5 / 13


async def test_switched_off_nothing_is_kept(client: Any, infiller: Any, tmp_path: Path) -> None:
    client.session.feedback._store = store = FeedbackStore(tmp_path / "feedback.sqlite3")
    item = await proposed(client, infiller, feedback=False)
    client.notify("textDocument/didShowCompletion", {"item": item})
    await accepted(client, item)
    store.close()
    assert not (tmp_path / "feedback.sqlite3").exists()


async def test_a_notification_that_means_nothing_hurts_nothing(client: Any) -> None:
    await client.initialize()
    client.open(URI, "x")
    for params in (
        {},
        {"item": {"insertText": "x"}},
        {"item": {"midfill": {"id": 3}}},
        {"id": "r9.9"},
    ):
        for method in ("didShowCompletion", "didPartiallyAcceptCompletion", "didFocus"):
            client.notify(f"textDocument/{method}", params)
        client.notify("midfill/didReject", params)
    assert len((await client.complete(URI, 0, 1))["result"]["items"]) == 1
    assert "window/showMessage" not in client.methods()


async def test_focus_ends_what_is_under_way_elsewhere(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open("file:///project/b.py", "b")
    client.open(URI, "x")
    infiller.gate.clear()
    id_ = client.begin_completion(URI, 0, 1)
    await client.until(lambda: not infiller.requests.empty())
    client.notify("textDocument/didFocus", {"textDocument": {"uri": "file:///project/b.py"}})
    assert (await client.response(id_))["result"]["midfill"]["reason"] == "SUPERSEDED"
    assert [document.uri for document in client.session.documents][-1] == "file:///project/b.py"
