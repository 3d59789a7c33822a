"""Accepting an item that has further edits."""

from __future__ import annotations

from typing import Any

URI = "file:///project/a.py"


async def offered(client: Any, infiller: Any) -> dict[str, Any]:
    """An item at the end of ``x = `` that also renames ``x``."""
    infiller.edits = ((0, 1, "total"), (4, 4, "done()"))
    await client.initialize()
    client.open(URI, "x = ")
    (item,) = (await client.complete(URI, 0, 4))["result"]["items"]
    return item  # type: ignore[no-any-return]


async def accept(client: Any, item: dict[str, Any]) -> None:
    command = item["command"]
    params = {"command": command["command"], "arguments": command["arguments"]}
    assert (await client.request("workspace/executeCommand", params))["result"] is None


async def test_the_rest_is_applied_to_the_version_it_was_made_for(
    client: Any, infiller: Any
) -> None:
    item = await offered(client, infiller)
    assert item["midfill"]["edits"][0]["newText"] == "total"
    client.change(URI, 2, client.edit(0, 4, 4, item["insertText"]))
    await accept(client, item)
    (asked,) = [one for one in client.received if one.get("method") == "workspace/applyEdit"]
    (change,) = asked["params"]["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": URI, "version": 2}
    start, end = {"line": 0, "character": 0}, {"line": 0, "character": 1}
    assert change["edits"] == [{"range": {"start": start, "end": end}, "newText": "total"}]
    assert "window/showMessage" not in client.methods()


async def test_the_rest_is_refused_when_the_text_changed(client: Any, infiller: Any) -> None:
    item = await offered(client, infiller)
    client.change(URI, 2, client.edit(0, 4, 4, item["insertText"] + " "))
    await accept(client, item)
    assert "workspace/applyEdit" not in client.methods()
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    assert "the text has changed since" in shown["params"]["message"]


async def test_an_item_without_a_rest_is_only_noted(client: Any) -> None:
    await client.initialize()
    client.open(URI, "x = ")
    (item,) = (await client.complete(URI, 0, 4))["result"]["items"]
    client.change(URI, 2, client.edit(0, 4, 4, item["insertText"]))
    for _ in range(2):
        await accept(client, item)
    assert not {"workspace/applyEdit", "window/showMessage"} & set(client.methods())


async def test_an_unknown_item_is_refused(client: Any, infiller: Any) -> None:
    item = await offered(client, infiller)
    item["command"]["arguments"] = ["r77.0"]
    await accept(client, item)
    assert "workspace/applyEdit" not in client.methods()


async def test_a_client_without_versions_gets_plain_changes(client: Any, infiller: Any) -> None:
    infiller.edits = ((0, 1, "total"), (4, 4, "done()"))
    await client.initialize(capabilities={"workspace": {"applyEdit": True, "executeCommand": {}}})
    client.open(URI, "x = ")
    (item,) = (await client.complete(URI, 0, 4))["result"]["items"]
    client.change(URI, 2, client.edit(0, 4, 4, item["insertText"]))
    await accept(client, item)
    (asked,) = [one for one in client.received if one.get("method") == "workspace/applyEdit"]
    assert list(asked["params"]["edit"]["changes"]) == [URI]


async def test_wrong_arguments_are_answered(client: Any) -> None:
    await client.initialize()
    params = {"command": "midfill.accept", "arguments": []}
    response = await client.request("workspace/executeCommand", params)
    assert response["error"]["code"] == -32602
