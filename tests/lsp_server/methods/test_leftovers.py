"""A job that is well on its way ends by itself when a key only adds to its text."""

from __future__ import annotations

import asyncio
from typing import Any

URI = "file:///project/a.py"


async def begun(client: Any, infiller: Any) -> int:
    """A request whose job runs in the engine and would propose ``total(prices)``."""
    infiller.edits = ((4, 4, "total(prices)"),)
    await client.initialize()
    client.open(URI, "x = ")
    infiller.gate.clear()
    id_ = client.begin_completion(URI, 0, 4)
    await client.until(lambda: not infiller.requests.empty())
    infiller.requests.get(timeout=60)
    return id_  # type: ignore[no-any-return]


async def typed(client: Any, text: str) -> int:
    client.change(URI, 2, client.edit(0, 4, 4, text))
    return client.begin_completion(URI, 0, 4 + len(text))  # type: ignore[no-any-return]


async def test_its_answer_serves_the_next_key(client: Any, infiller: Any) -> None:
    first = await begun(client, infiller)
    second = await typed(client, "to")
    assert (await client.response(first))["result"]["midfill"]["reason"] == "SUPERSEDED"
    infiller.gate.set()
    (item,) = (await client.response(second))["result"]["items"]
    assert item["insertText"] == "tal(prices)"
    assert infiller.requests.empty()
    record = (await client.request("midfill/trace", None))["result"]
    assert (record["id"], record["origin"]) == ("r2", "r1")
    assert [step["texts"] for step in record["steps"]] == [[["done"]]]


async def test_so_it_does_when_the_editor_cancels_before_it_asks_again(
    client: Any, infiller: Any
) -> None:
    first = await begun(client, infiller)
    client.notify("$/cancelRequest", {"id": first})
    second = await typed(client, "to")
    assert (await client.response(first))["error"]["code"] == -32800
    infiller.gate.set()
    (item,) = (await client.response(second))["result"]["items"]
    assert item["insertText"] == "tal(prices)"
    assert infiller.requests.empty()


async def test_another_key_than_proposed_asks_anew(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    second = await typed(client, "zz")
    infiller.edits = None
    infiller.gate.set()
    (item,) = (await client.response(second))["result"]["items"]
    assert item["insertText"] == "done()"
    assert infiller.requests.get(timeout=60).text == "x = zz"


async def test_another_place_ends_it(client: Any, infiller: Any) -> None:
    first = await begun(client, infiller)
    second = client.begin_completion(URI, 0, 2)
    await client.response(first)
    await client.until(lambda: not infiller.outcomes.empty())
    assert infiller.outcomes.get(timeout=60).reason.value == "CANCELLED"
    infiller.edits = None
    infiller.gate.set()
    assert len((await client.response(second))["result"]["items"]) == 1


async def test_three_keys_are_one_job(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    ids = [await typed(client, "t")]
    for number, key in enumerate("ot"):
        client.change(URI, 3 + number, client.edit(0, 5 + number, 5 + number, key))
        ids.append(client.begin_completion(URI, 0, 6 + number))
    for id_ in ids[:-1]:
        assert (await client.response(id_))["result"]["midfill"]["reason"] == "SUPERSEDED"
    infiller.gate.set()
    (item,) = (await client.response(ids[-1]))["result"]["items"]
    assert item["insertText"] == "al(prices)"
    assert infiller.requests.empty()


async def test_nobody_waits_for_it_for_ever(client: Any, infiller: Any) -> None:
    await begun(client, infiller)
    second = await typed(client, "to")
    await asyncio.sleep(0)
    client.notify("$/cancelRequest", {"id": second})
    assert (await client.response(second))["error"]["code"] == -32800
    await client.until(lambda: not infiller.outcomes.empty())
    assert infiller.outcomes.get(timeout=60).reason.value == "CANCELLED"
