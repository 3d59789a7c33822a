"""A backend through the whole of it: settings, pipe, engine process, HTTP, checks, ghost text."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("httpx2", reason="pip install 'midfill[remote]'")

from loopback import Exchange, loopback

TEXT = 'token = "ghp_0123456789abcdefghijABCDEFGHIJ456789"\nprices = [1]\ntotal = \n'
KEY = "sk-e2e-4711-0815"


def answer(exchange: Exchange) -> None:
    exchange.answer({"choices": [{"text": "max(prices)", "finish_reason": "stop"}]})


def refuse(exchange: Exchange) -> None:
    exchange.answer({"error": {"message": f"wrong key {KEY} for {exchange.body['prompt']}"}}, 401)


async def traced(server: Any) -> str:
    trace = await server.client.protocol.send_request_async("midfill/trace", {})
    return json.dumps(trace, default=str)


async def test_a_servers_text_becomes_ghost_text(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2E_KEY", KEY)
    with loopback(answer) as there:
        server = await start("--log-level", "debug")
        await server.initialize(
            options={"backend": f"openai {there.url} key=env:E2E_KEY timeout_ms=30000 trust=1"}
        )
        server.open(TEXT)
        (item,) = await server.complete(2, 8)
        assert item.insert_text == "max(prices)"
        [exchange] = there.asked
    assert exchange.headers["authorization"] == f"Bearer {KEY}"
    assert exchange.body["prompt"].endswith("total = ")
    assert "ghp_0123456789" not in json.dumps(exchange.body)
    assert "code around the cursor to 127.0.0.1" in server.client.messages[0].message
    assert KEY not in server.log + await traced(server)
    await server.client.shutdown_session()


async def test_a_refused_key_shows_nowhere_and_the_local_text_comes(
    start: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2E_KEY", KEY)
    with loopback(refuse) as there:
        server = await start("--log-level", "info")
        await server.initialize(
            options={"backend": f"openai {there.url} key=env:E2E_KEY timeout_ms=30000"}
        )
        server.open(TEXT + "prices = [1]\npri")
        (item,) = await server.complete(4, 3)
        assert item.insert_text == "ces = [1]"
        assert len(there.asked) == 1
    trace = await traced(server)
    assert "status 401" in trace and KEY not in trace
    assert KEY not in server.log and "prices = [1]" not in server.log
    await server.client.shutdown_session()
