"""Plain completion, for editors that know nothing better; and what is offered to whom."""

from __future__ import annotations

from typing import Any

import pytest

URI = "file:///project/a.py"
INLINE = {"inlineCompletion": {"dynamicRegistration": True}}
DYNAMIC: dict[str, Any] = {
    "textDocument": {**INLINE, "completion": {"dynamicRegistration": True}},
    "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
}


def registered(client: Any) -> list[str]:
    return [
        one["method"]
        for message in client.received
        if message.get("method") == "client/registerCapability"
        for one in message["params"]["registrations"]
        if one["method"].startswith("textDocument/")
    ]


async def complete(client: Any, line: int, character: int) -> dict[str, Any]:
    place = {"line": line, "character": character}
    params = {"textDocument": {"uri": URI}, "position": place, "context": {"triggerKind": 1}}
    response = await client.request("textDocument/completion", params)
    return response["result"]  # type: ignore[no-any-return]


async def test_a_proposal_is_one_item_with_all_its_edits(client: Any, infiller: Any) -> None:
    infiller.edits = ((0, 1, "total"), (6, 6, "ices:\n    pass"))
    result = await client.initialize(options={"completionItems": True})
    assert "completionProvider" in result["result"]["capabilities"]
    client.open(URI, "x = pr")
    listed = await complete(client, 0, 6)
    (item,) = listed["items"]
    start, end = {"line": 0, "character": 4}, {"line": 0, "character": 6}
    assert item["textEdit"] == {
        "range": {"start": start, "end": end},
        "newText": "prices:\n    pass",
    }
    assert (item["label"], item["filterText"]) == ("prices:", "prices:\n    pass")
    (further,) = item["additionalTextEdits"]
    assert further["newText"] == "total"
    assert item["command"]["command"] == "midfill.accept"
    assert item["data"]["midfill"]["id"] == "r1.0"
    assert listed["isIncomplete"] is True


async def test_the_next_line_is_no_item_of_a_list(client: Any, infiller: Any) -> None:
    infiller.edits = ((6, 6, "\ny = 2"),)
    await client.initialize(options={"completionItems": True})
    client.open(URI, "x = pr")
    assert (await complete(client, 0, 6))["items"] == []


async def test_a_word_may_hold_any_letters(client: Any, infiller: Any) -> None:
    infiller.edits = ((8, 8, "😀x"),)
    await client.initialize(options={"completionItems": True})
    client.open(URI, "é(ñé_")
    (item,) = (await complete(client, 0, 5))["items"]
    assert item["textEdit"]["newText"] == "ñé_😀x"
    assert item["textEdit"]["range"]["start"] == {"line": 0, "character": 2}


async def test_nothing_to_say_is_an_empty_list(client: Any) -> None:
    await client.initialize(options={"completionItems": True, "enabled": False})
    client.open(URI, "x")
    assert (await complete(client, 0, 1))["items"] == []


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_it_is_offered_to_those_who_ask(client: Any, is_wanted: bool) -> None:
    result = await client.initialize(capabilities={}, options={"completionItems": is_wanted})
    capabilities = result["result"]["capabilities"]
    assert ("completionProvider" in capabilities) is is_wanted
    assert "inlineCompletionProvider" in capabilities
    assert client.methods() == []


async def test_what_can_be_registered_is_offered_once(client: Any) -> None:
    client.configuration = {}
    capabilities = (await client.initialize(DYNAMIC))["result"]["capabilities"]
    assert not {"inlineCompletionProvider", "completionProvider"} & set(capabilities)
    await client.until(lambda: registered(client) == ["textDocument/inlineCompletion"])
    client.configuration = {"completionItems": True}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    await client.until(
        lambda: registered(client) == ["textDocument/inlineCompletion", "textDocument/completion"]
    )
    client.configuration = {}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    taken_back = await client.wait_for(
        lambda one: one.get("method") == "client/unregisterCapability"
    )
    assert taken_back["params"]["unregisterations"] == [
        {"id": "midfill.completion_provider", "method": "textDocument/completion"}
    ]
