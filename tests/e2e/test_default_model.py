"""The model that ships, in its process, behind the server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcRequestCancelled

from source_tree import shipped_weights

LANGUAGES = {"debounce.js": "javascript", "inventory.py": "python"}


@pytest.fixture
def cases(fixtures: Path) -> list[dict[str, Any]]:
    """The places that the fixtures are completed at, counted from 1."""
    shipped_weights()
    listed: list[dict[str, Any]] = json.loads((fixtures / "cases.json").read_text())
    return [case for case in listed if case["file"] in LANGUAGES]


async def test_every_place_gets_one_outcome_of_the_real_model(
    start: Any, fixtures: Path, cases: list[dict[str, Any]]
) -> None:
    server = await start(model=None)
    await server.initialize(options={"budgetMs": None, "effort": "medium"})
    proposed = 0
    for case in cases:
        path = fixtures / case["file"]
        server.open(path.read_text(), path.as_uri(), LANGUAGES[path.name])
        line, character = case["line"] - 1, case["col"] - 1
        items = await server.complete(line, character, path.as_uri())
        proposed += len(items)
        for item in items:
            assert item.insert_text
            assert item.range.start.line == item.range.end.line == line
        trace = await server.client.protocol.send_request_async("midfill/trace", None)
        assert trace.outcome.outcome == ("proposal" if items else "refusal")
        assert trace.outcome.model
        assert len(trace.steps) > 0
    assert proposed > 0
    assert server.client.messages == []


async def test_line_after_line_is_taken(start: Any) -> None:
    shipped_weights()
    server = await start(model=None)
    await server.initialize(options={"budgetMs": None, "effort": "medium"})
    server.open("class Point:\n    def __init__(self, x, y):\n        self.x = x")
    assert await server.complete(2, 18) == []  # nobody has written that line just now
    server.change(2, types.Range(types.Position(2, 17), types.Position(2, 18)), "")
    server.change(3, types.Range(types.Position(2, 17), types.Position(2, 17)), "x")
    (item,) = await server.complete(2, 18)
    assert item.insert_text == "\n        self.y = y"
    first = await server.client.protocol.send_request_async("midfill/trace", None)
    end = types.Position(2, 18)
    server.change(4, types.Range(end, end), "\n        ")
    (item,) = await server.complete(3, 8)
    assert item.insert_text == "self.y = y"
    second = await server.client.protocol.send_request_async("midfill/trace", None)
    assert second.origin == first.id


async def test_the_real_model_stops_when_it_is_told(
    start: Any, fixtures: Path, cases: list[dict[str, Any]]
) -> None:
    server = await start(model=None)
    window = types.WindowClientCapabilities(work_done_progress=True)
    await server.initialize(
        types.ClientCapabilities(window=window), {"budgetMs": None, "effort": "high"}
    )
    # The engine may be there before progress can be shown: another name for it has it load again.
    settings = {"budgetMs": None, "effort": "high", "model": "default"}
    server.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"midfill": settings})
    )
    reports = server.client.progress_reports
    await server.until(lambda: any(len(shown) >= 2 for shown in reports.values()))
    path = fixtures / cases[0]["file"]
    server.open(path.read_text(), path.as_uri())
    params = types.InlineCompletionParams(
        types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
        types.TextDocumentIdentifier(path.as_uri()),
        types.Position(cases[0]["line"] - 1, cases[0]["col"] - 1),
    )
    completing = server.client.protocol.send_request(
        types.TEXT_DOCUMENT_INLINE_COMPLETION, params, msg_id="long"
    )
    server.client.cancel_request(types.CancelParams("long"))
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wrap_future(completing)
    trace = await server.client.protocol.send_request_async("midfill/trace", None)
    assert trace.outcome.reason == "CANCELLED"
    # The engine is free again: a request with hardly any time is answered.
    server.client.workspace_did_change_configuration(
        types.DidChangeConfigurationParams(
            {"midfill": settings | {"effort": "instant", "budgetMs": 50}}
        )
    )
    await server.complete(0, 0, path.as_uri())
