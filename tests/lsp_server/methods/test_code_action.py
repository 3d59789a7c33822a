"""The registry of actions through the protocol: kinds, resolving, what is stale or wrong."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lsp_server.actions.fill_hole import FillHole
from lsp_server.actions.registry import PROVIDERS, provider_named, providers_for

URI = "file:///project/a.py"
HOLE = "def area(width, height):\n    pass\n"
RANGE = {"start": {"line": 1, "character": 4}, "end": {"line": 1, "character": 4}}
LONG = b"value = compute(1)\n" * 60_000
RESOLVING = {
    "textDocument": {"codeAction": {"resolveSupport": {"properties": ["edit"]}}},
    "workspace": {"workspaceEdit": {"documentChanges": True}},
}


async def listed(client: Any, capabilities: Any, only: Any = None) -> list[dict[str, Any]]:
    await client.initialize(capabilities=capabilities)
    client.open(URI, HOLE)
    context = {"diagnostics": [], **({"only": only} if only else {})}
    params = {"textDocument": {"uri": URI}, "range": RANGE, "context": context}
    response = await client.request("textDocument/codeAction", params)
    return response["result"]  # type: ignore[no-any-return]


def test_names_are_unique_and_found() -> None:
    assert len({provider.name for provider in PROVIDERS}) == len(PROVIDERS)
    assert all(provider_named(provider.name) is provider for provider in PROVIDERS)
    assert provider_named("nobody") is None and provider_named(None) is None


def test_a_long_file_gets_the_quick_ones_unless_the_user_asks() -> None:
    assert providers_for(LONG, is_asked=True) == providers_for(b"x", is_asked=False) == PROVIDERS
    quick = {provider.name for provider in providers_for(LONG, is_asked=False)}
    assert "fill_hole" in quick and "remove_redundant" not in quick


def test_a_minified_file_gets_the_quick_ones_whoever_asks() -> None:
    minified = LONG.replace(b"\n", b";")
    quick = providers_for(LONG, is_asked=False)
    assert providers_for(minified, is_asked=True) == quick != PROVIDERS


async def test_the_kinds_are_advertised(client: Any) -> None:
    response = await client.initialize()
    options = response["result"]["capabilities"]["codeActionProvider"]
    assert options["resolveProvider"] is True
    kinds = [kind for provider in PROVIDERS for kind in provider.kinds]
    assert options["codeActionKinds"] == list(dict.fromkeys(kinds))


async def test_only_the_wanted_kinds_are_listed(client: Any) -> None:
    assert await listed(client, RESOLVING, ["source.organizeImports"]) == []


async def test_an_action_is_listed_without_its_edit(client: Any, infiller: Any) -> None:
    actions = await listed(client, RESOLVING, ["quickfix"])
    assert [action["title"] for action in actions] == ["Fill this in"]
    assert all("edit" not in action and "command" not in action for action in actions)
    assert infiller.requests.empty()


async def test_other_messages_do_not_wait_for_the_offers_of_a_long_file(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_released, fill = threading.Event(), FillHole.offers

    def slowly(*arguments: Any) -> Any:
        is_released.wait(10.0)
        return fill(*arguments)

    monkeypatch.setattr(FillHole, "offers", slowly)
    await client.initialize(capabilities=RESOLVING)
    client.open(URI, HOLE)
    context = {"diagnostics": [], "only": ["quickfix"]}
    asked = {"textDocument": {"uri": URI}, "range": RANGE, "context": context}
    id_ = client.begin("textDocument/codeAction", asked)
    await client.request("midfill/trace", {})
    assert all(message.get("id") != id_ for message in client.received)
    client.change(URI, 2, client.edit(0, 0, 0, "# "))
    await client.until(lambda: client.session.documents[URI].version == 2)
    is_released.set()
    [action] = (await client.response(id_))["result"]
    stale = await client.request("codeAction/resolve", action)
    assert stale["error"]["code"] == -32801


async def test_a_changed_document_makes_an_action_stale(client: Any) -> None:
    (action,) = await listed(client, RESOLVING, ["quickfix"])
    client.change(URI, 2, client.edit(0, 0, 0, "x = 1\n"))
    response = await client.request("codeAction/resolve", action)
    assert response["error"]["code"] == -32801
    assert "ask for it again" in response["error"]["message"]


@pytest.mark.parametrize(
    "change", [{"provider": "nobody"}, {"arguments": {"start": [1]}}, {"range": 3}]
)
async def test_data_that_is_not_ours_is_refused(client: Any, change: dict[str, Any]) -> None:
    (action,) = await listed(client, RESOLVING, ["quickfix"])
    action["data"].update(change)
    response = await client.request("codeAction/resolve", action)
    assert response["error"]["code"] == -32602
    assert (await client.request("codeAction/resolve", {"title": "x"}))["error"]["code"] == -32602


FORGED: list[dict[str, Any]] = [
    {},
    {"start": -5, "end": 3},
    {"start": 5, "end": 1},
    {"start": 0, "end": 10**30},
    {"offset": 10**9, "rank": 0},
    {"offset": 0, "rank": -1},
    {"start": "x", "end": "y", "offset": "z", "rank": ""},
]


@pytest.mark.parametrize("arguments", FORGED, ids=str)
async def test_forged_arguments_are_refused_and_no_internal_error(
    client: Any, arguments: dict[str, Any]
) -> None:
    (action, *_) = await listed(client, RESOLVING)
    for provider in PROVIDERS:
        data = {**action["data"], "provider": provider.name, "arguments": arguments}
        response = await client.request("codeAction/resolve", {**action, "data": data})
        assert response.get("error", {}).get("code") != -32603, provider.name


async def test_a_client_that_cannot_resolve_gets_a_command(client: Any) -> None:
    (action,) = await listed(client, {"workspace": {"applyEdit": True}}, ["quickfix"])
    assert action["command"]["command"] == "midfill.runAction" and "data" not in action


async def test_a_document_that_is_not_open_is_an_error(client: Any) -> None:
    await client.initialize()
    params = {"textDocument": {"uri": URI}, "range": RANGE, "context": {"diagnostics": []}}
    response = await client.request("textDocument/codeAction", params)
    assert response["error"]["code"] == -32602


async def test_nothing_is_offered_where_midfill_is_off(client: Any) -> None:
    await client.initialize(options={"enabled": False})
    client.open(URI, HOLE)
    params = {"textDocument": {"uri": URI}, "range": RANGE, "context": {"diagnostics": []}}
    assert (await client.request("textDocument/codeAction", params))["result"] == []


async def test_the_tree_goes_with_its_document(client: Any) -> None:
    assert await listed(client, RESOLVING)
    assert len(client.session.trees) == 1
    client.notify("textDocument/didClose", {"textDocument": {"uri": URI}})
    await client.until(lambda: len(client.session.trees) == 0)
