"""Settings from both places, and what the user is told."""

from __future__ import annotations

from typing import Any


async def test_the_pulled_settings_go_over_the_initial_ones(client: Any) -> None:
    client.configuration = {"seed": 5, "enabledd": True}
    await client.initialize(options={"seed": 1, "effort": "low"})
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    assert shown["params"] == {
        "type": 2,
        "message": "Unknown setting midfill.enabledd; did you mean midfill.enabled?",
    }
    assert (client.session.settings.seed, client.session.settings.effort.value) == (5, "low")


async def test_wrong_initial_settings_are_told(client: Any) -> None:
    await client.initialize(options={"effort": "max"})
    shown = await client.wait_for(lambda one: one.get("method") == "window/showMessage")
    assert "midfill.effort must be one of instant, low, medium, high" in shown["params"]["message"]


async def test_a_change_is_pulled_again(client: Any) -> None:
    await client.initialize()
    registration = await client.wait_for(
        lambda one: one.get("method") == "client/registerCapability"
    )
    assert registration["params"]["registrations"][0]["registerOptions"] == {"section": "midfill"}
    client.configuration = {"seed": 9}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    await client.until(lambda: client.session.settings.seed == 9)


async def test_a_client_that_cannot_be_asked_pushes(client: Any) -> None:
    await client.initialize(capabilities={})
    settings = {"midfill": {"seed": 3}, "other": {"seed": 4}}
    client.notify("workspace/didChangeConfiguration", {"settings": settings})
    await client.until(lambda: client.session.settings.seed == 3)
    assert "workspace/configuration" not in client.methods()
    assert "client/registerCapability" not in client.methods()
