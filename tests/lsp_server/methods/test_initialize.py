"""What happens around initialize, and what is shown while the model loads."""

from __future__ import annotations

from typing import Any

from engine.errors import UnknownModel

URI = "file:///project/a.py"


async def test_nothing_is_started_before_initialized(client_of: Any, infiller: Any) -> None:
    loaded: list[str | None] = []

    def load(model: str | None) -> Any:
        loaded.append(model)
        return infiller

    client = client_of(load)
    params = {"processId": None, "rootUri": None, "capabilities": {}}
    await client.request("initialize", params)
    await client.request("midfill/trace", {})
    assert loaded == []
    client.notify("initialized", {})
    await client.until(lambda: loaded == ["gated"])


async def test_loading_is_shown_as_progress(client: Any) -> None:
    await client.initialize()
    end = await client.wait_for(
        lambda one: one.get("method") == "$/progress" and one["params"]["value"]["kind"] == "end"
    )
    assert end["params"]["value"]["message"].startswith("gated is ready after ")
    progress = [one["params"] for one in client.received if one.get("method") == "$/progress"]
    assert [one["value"]["kind"] for one in progress] == ["begin", "end"]
    (created,) = [
        one["params"]["token"]
        for one in client.received
        if one.get("method") == "window/workDoneProgress/create"
    ]
    assert {one["token"] for one in progress} == {created}


async def test_a_client_that_shows_the_status_is_not_told_twice(client: Any) -> None:
    await client.initialize(options={"statusNotifications": True})
    client.open(URI, "x")
    assert (await client.complete(URI, 0, 1))["result"]["items"]
    assert "didChangeStatus" in client.methods()
    assert "window/workDoneProgress/create" not in client.methods()


async def test_a_client_without_progress_is_left_alone(client: Any) -> None:
    await client.initialize(capabilities={})
    client.open(URI, "x")
    assert (await client.complete(URI, 0, 1))["result"]["items"]
    assert client.methods() == []


async def test_a_model_that_is_not_there_is_told_once(client_of: Any) -> None:
    def load(model: str | None) -> Any:
        raise UnknownModel(f"no model is called {model}; midfill models lists them")

    client = client_of(load)
    await client.initialize(options={"statusNotifications": True})
    client.open(URI, "x")
    for _ in range(2):
        refused = (await client.complete(URI, 0, 1))["result"]["midfill"]
        assert refused["reason"] == "NO_MODEL"
        assert refused["detail"] == "no model is called gated; midfill models lists them"
    shown = [one["params"] for one in client.received if one.get("method") == "window/showMessage"]
    assert len(shown) == 1
    assert "no model is called gated" in shown[0]["message"]
    statuses = [one["params"] for one in client.received if one.get("method") == "didChangeStatus"]
    assert statuses[-1]["kind"] == "Error"


async def test_status_is_told_to_those_who_ask(client: Any) -> None:
    await client.initialize(options={"statusNotifications": True})
    client.open(URI, "x")
    await client.complete(URI, 0, 1)
    statuses = [one["params"] for one in client.received if one.get("method") == "didChangeStatus"]
    assert {"busy": True, "message": "", "kind": "Normal"} in statuses
    assert statuses[-1] == {"busy": False, "message": "", "kind": "Normal"}
