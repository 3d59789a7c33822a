"""Whatever a client sends: an answer or an error code of the protocol, never a hang or a crash."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsp_server import framing
from lsp_server.channel import ThreadChannel
from lsp_server.server import _HANDLERS
from lsp_server.worker import Worker

Scenario = Callable[[Any], Awaitable[None]]

URI = "file:///project/a.py"
PARSE_ERROR, INVALID_REQUEST, INVALID_PARAMS = -32700, -32600, -32602


def framed(body: bytes, header: bytes = b"Content-Length: %d\r\n\r\n") -> bytes:
    return header % len(body) + body


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (framed(b"{oops"), PARSE_ERROR),
        (framed(b"\xff\xfe{}"), PARSE_ERROR),
        (framed(b'{"jsonrpc": "2.0", "id": 1, "method": "\xc3\x28"}'), PARSE_ERROR),
        (framed(b"[" * 100_000), PARSE_ERROR),
        (framed(b"9" * 5000), PARSE_ERROR),
        (framed(b'{"jsonrpc": "2.0", "method": "exit"'), PARSE_ERROR),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}\n', PARSE_ERROR),
        (b"\0" * 200_000 + b"\n", PARSE_ERROR),
        (b"\xef\xbb\xbf" + framed(b"{}"), INVALID_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", PARSE_ERROR),
        (framed(b"[]"), INVALID_REQUEST),
        (framed(b"5"), INVALID_REQUEST),
        (framed(b"null"), INVALID_REQUEST),
        (framed(b'"shutdown"'), INVALID_REQUEST),
        (framed(b"{}"), INVALID_REQUEST),
        (framed(b'{"jsonrpc": "1.0", "id": 1, "method": "shutdown"}'), INVALID_REQUEST),
        (framed(b'{"jsonrpc": "2.0", "id": 7}'), INVALID_REQUEST),
        (framed(b'{"jsonrpc": "2.0", "id": {}, "method": "shutdown"}'), INVALID_REQUEST),
        (framed(b'{"jsonrpc": "2.0", "id": true, "method": "shutdown"}'), INVALID_REQUEST),
        (framed(b'{"jsonrpc": "2.0", "id": 7, "method": 5}'), INVALID_REQUEST),
        (framed(b'{"jsonrpc": "2.0", "id": 7, "method": "shutdown", "params": 5}'), None),
        (framed(b'{"jsonrpc": "2.0", "id": 777, "result": null}'), None),
        (framed(b'{"jsonrpc": "2.0", "id": 777, "error": 5}'), None),
        (framed(b'{"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": 777}}'), None),
        (framed(b'{"jsonrpc": "2.0", "method": "textDocument/didChange", "params": 5}'), None),
        (framed(b'{"jsonrpc": "2.0", "id": 7, "method": "initialized", "params": {}}'), -32600),
        (b"Content-Length: 0\r\n\r\n", PARSE_ERROR),
    ],
    ids=lambda value: repr(value[:50]) if isinstance(value, bytes) else str(value),
)
async def test_what_is_no_message_is_refused_and_the_next_one_is_served(
    client: Any, data: bytes, code: int | None
) -> None:
    await client.initialize()
    client.send_bytes(data)
    if b'"shutdown", "params"' not in data:
        client.open(URI, "x")
        assert (await client.complete(URI, 0, 1, kind=1))["result"]["items"]
    errors = [one["error"]["code"] for one in client.received if "error" in one]
    assert errors == ([] if code is None else [code])
    assert "window/showMessage" not in client.methods()


@pytest.mark.parametrize(
    "header",
    [
        b"content-length: %d\r\n\r\n",
        b"CONTENT-LENGTH:%d\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
        b"Content-Length: %d\n\n",
        b"X-Long: " + b"x" * 30_000 + b"\r\nContent-Length: %d\r\n\r\n",
        b"X-Many: x\r\n" * 500 + b"Content-Length: %d\r\n\r\n",
    ],
    ids=["lower case", "upper case", "type", "line feeds", "long", "many"],
)
async def test_headers_are_read_as_http_reads_them(client: Any, header: bytes) -> None:
    await client.initialize()
    body = b'{"jsonrpc": "2.0", "id": "s", "method": "shutdown"}'
    client.send_bytes(framed(body, header))
    assert (await client.wait_for(lambda one: one.get("id") == "s"))["result"] is None
    assert not any("error" in one for one in client.received)


async def test_a_message_that_cannot_be_held_ends_the_connection(client: Any) -> None:
    await client.initialize()
    client.send_bytes(b"Content-Length: %d\r\n\r\n" % (framing.MAX_BODY_BYTES + 1))
    refused = await client.wait_for(lambda one: "error" in one)
    assert refused["error"]["code"] == INVALID_REQUEST
    await client.until(client._serving.done)


async def test_half_a_message_is_no_error_when_the_client_goes(client: Any) -> None:
    await client.initialize()
    client.send_bytes(b"Content-Length: 100\r\n\r\n{")
    await client.end()
    assert client._serving.exception() is None


@pytest.mark.parametrize(
    "position",
    [
        {"line": 2**31 - 1, "character": 2**31 - 1},
        {"line": 0, "character": 2**31 - 1},
        {"line": 2**31 - 1, "character": 0},
    ],
    ids=["both", "character", "line"],
)
async def test_a_position_behind_the_text_means_its_end(
    client: Any, position: dict[str, int]
) -> None:
    await client.initialize()
    client.open(URI, "x = 1")
    place = {"start": position, "end": position}
    client.change(URI, 2, {"range": place, "text": "2"})
    assert (await client.complete(URI, **position, kind=1))["result"]["items"]
    assert client.session.documents[URI].text == "x = 12"


@pytest.mark.parametrize("position", [(-1, 0), (0, -1), (2**31, 0), (None, 0), ([], 0)])
async def test_a_position_that_is_none_is_invalid(client: Any, position: Any) -> None:
    await client.initialize()
    client.open(URI, "x = 1")
    answer = await client.complete(URI, *position)
    assert answer["error"]["code"] == INVALID_PARAMS


def placed(start: tuple[Any, Any], end: tuple[Any, Any], text: Any) -> dict[str, Any]:
    places = [{"line": line, "character": character} for line, character in (start, end)]
    return {"range": {"start": places[0], "end": places[1]}, "text": text}


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ((-1, 0), (-1, 0), "!ab\ncd\n"),
        ((0, -(2**40)), (0, 1), "!b\ncd\n"),
        ((1, 0), (2**32 - 1, 2**63), "ab\n!"),
        ((0, 1), (0, 2**32 - 1), "a!\ncd\n"),
        ((1, 1), (0, 1), "a!d\n"),
        ((7, 0), (9, 9), "ab\ncd\n!"),
    ],
)
async def test_a_change_outside_of_the_text_is_made_at_its_edge(
    client: Any, start: Any, end: Any, text: str
) -> None:
    await client.initialize()
    client.open(URI, "ab\ncd\n")
    client.change(URI, 2, placed(start, end, "!"))
    assert "result" in await client.complete(URI, 0, 0, kind=1)
    assert client.session.documents[URI].text == text


@pytest.mark.parametrize(
    "change",
    [
        placed((None, 0), (0, 0), "!"),
        placed(([], 0), (0, 0), "!"),
        placed((0, 0), (0, 0), None),
        {"range": 5, "text": "!"},
        {},
    ],
    ids=["null", "list", "no text", "no range", "nothing"],
)
async def test_a_document_whose_change_cannot_be_read_is_set_aside_until_its_whole_text_comes(
    client: Any, change: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await client.initialize()
    client.open(URI, "x = 1")
    client.change(URI, 2, change)
    client.change(URI, 3, client.edit(0, 0, 0, "y"))
    assert (await client.complete(URI, 0, 0))["error"]["code"] == INVALID_PARAMS
    assert caplog.text.count("nothing is offered there until the client sends its whole text") == 1
    client.change(URI, 4, {"text": "yz = 1"}, client.edit(0, 0, 0, "w"))
    assert (await client.complete(URI, 0, 1, kind=1))["result"]["items"]
    assert client.session.documents[URI].text == "wyz = 1"
    client.change(URI, 5, change)
    client.open(URI, "v")
    assert (await client.complete(URI, 0, 1, kind=1))["result"]["items"]
    assert client.session.documents[URI].text == "v"


async def test_a_change_that_raises_leaves_no_half_changed_document(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.initialize()
    client.open(URI, "x = 1")
    monkeypatch.setattr("lsp_server.documents.span_of", lambda *_: 1 / 0)
    client.change(URI, 2, client.edit(0, 0, 0, "y"))
    assert (await client.complete(URI, 0, 0))["error"]["code"] == INVALID_PARAMS
    client.change(URI, 3, {"text": "z"})
    assert (await client.complete(URI, 0, 1, kind=1))["result"]["items"]


async def test_a_second_initialize_is_refused(client: Any) -> None:
    await client.initialize()
    assert (await client.initialize())["error"]["code"] == INVALID_REQUEST


@pytest.mark.parametrize(
    "uri",
    ["http://[", "http://[::1", "\ud800", "", "%", "file:///" + "d/" * 3000, "x:/" + "n" * 999],
    ids=lambda uri: repr(uri[:12]),
)
async def test_a_uri_that_names_no_file_is_worked_on(client: Any, uri: str) -> None:
    await client.initialize()
    client.open(uri, "alpha = 1\nbeta")
    at = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 4}}
    assert "result" in await client.request("textDocument/completion", at)
    assert (await client.complete(uri, 1, 4, kind=1))["result"]["items"]
    context = {"range": {"start": at["position"], "end": at["position"]}}
    params = {**at, **context, "context": {"diagnostics": []}}
    assert "result" in await client.request("textDocument/codeAction", params)
    cell = f"{uri}#cell"
    notebook = {"uri": uri, "notebookType": "jupyter", "version": 1}
    cells = [{"kind": 2, "document": cell}]
    item = {"uri": cell, "languageId": "python", "version": 1, "text": "x"}
    params = {"notebookDocument": {**notebook, "cells": cells}, "cellTextDocuments": [item]}
    client.notify("notebookDocument/didOpen", params)
    assert (await client.complete(cell, 0, 1, kind=1))["result"]["items"]


async def test_a_notification_with_an_id_is_answered(client: Any) -> None:
    await client.initialize()
    answer = await client.request("$/cancelRequest", {"id": [1]})
    assert answer["error"]["code"] == INVALID_REQUEST


# Messages that are nearly right, in any order.

NAMES = """textDocument uri position line character range start end contentChanges text version
context triggerKind selectedCompletionInfo languageId settings midfill command arguments diagnostics
only item id event added removed newName notebookDocument cells acceptedLength token options
""".split()
METHODS = sorted(
    {
        *(method for method, _, _ in _HANDLERS),
        "workspace/executeCommand",
        "$/cancelRequest",
        "$/setTrace",
        "window/workDoneProgress/cancel",
        "midfill/unknown",
    }
    - {"exit", "initialize", "initialized", "shutdown"}
)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 3),
    st.sampled_from([2**31 - 1, 2**31, 2**63, -(2**40), 0.5]),
    st.sampled_from(
        [URI, "file:///nowhere.py", "file:///c%3A/x.py", "untitled:1", "x", "", "\ud800"]
    ),
    st.sampled_from(["midfill.accept", "r1.0", "python", "\x00", "é😀", "a\r\nb", "\ud800"]),
)
POSITIONS = st.fixed_dictionaries({"line": st.integers(-1, 4), "character": st.integers(-1, 9)})
RANGES = st.fixed_dictionaries({"start": POSITIONS, "end": POSITIONS})
DOCUMENTS = st.fixed_dictionaries(
    {"uri": st.sampled_from([URI, "file:///b.py", "x"])},
    optional={"version": st.integers(-1, 9), "languageId": st.just("python"), "text": st.just("x")},
)
VALUES = st.recursive(
    st.one_of(PLAIN, POSITIONS, RANGES, DOCUMENTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)
PARAMS = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {"textDocument": DOCUMENTS},
        optional={
            "position": POSITIONS,
            "range": RANGES,
            "context": st.one_of(st.just({"triggerKind": 1}), st.just({"diagnostics": []}), VALUES),
            "contentChanges": st.lists(
                st.fixed_dictionaries({"text": st.text(max_size=5)}, optional={"range": RANGES}),
                max_size=3,
            ),
            "item": VALUES,
        },
    ),
    st.fixed_dictionaries(
        {"command": st.sampled_from(["midfill.accept", "midfill.run", "x"])},
        optional={"arguments": st.lists(VALUES, max_size=2)},
    ),
)
MESSAGES = st.fixed_dictionaries(
    {"method": st.sampled_from(METHODS), "is_request": st.booleans()}, optional={"params": PARAMS}
)


@pytest.fixture
def served(
    infiller: Any, connection: Any
) -> Iterator[Callable[[Callable[[Any], Awaitable[None]]], None]]:
    """Run a scenario against a fresh connection, on a loop of its own."""
    worker = Worker("gated", lambda model: ThreadChannel(model, load=lambda _: infiller))

    def serve(scenario: Scenario) -> None:
        async def connected() -> None:
            client = connection(worker)
            try:
                await scenario(client)
            finally:
                await client.end()

        asyncio.run(connected())

    yield serve
    worker.close()


def test_every_request_gets_one_answer_and_the_server_goes_on(served: Any) -> None:
    @settings(max_examples=10, derandomize=True)
    @given(st.lists(MESSAGES, min_size=1, max_size=12))
    def fuzz(messages: list[dict[str, Any]]) -> None:
        async def scenario(client: Any) -> None:
            await client.initialize()
            client.open(URI, "alpha = 1\nbeta\n")
            asked = []
            for number, message in enumerate(messages, start=1000):
                sent = {key: message[key] for key in ("method", "params") if key in message}
                if message["is_request"]:
                    asked.append(number)
                    sent["id"] = number
                client.send({"jsonrpc": "2.0", **sent})
            for number in asked:
                await client.response(number)
            client.open("file:///last.py", "x")
            last = await client.complete("file:///last.py", 0, 1, kind=1)
            assert "result" in last
            answered = [one["id"] for one in client.received if one.get("id", 0) in asked]
            assert sorted(answered) == asked
            json.dumps(client.received)

        served(scenario)

    fuzz()


def test_any_bytes_leave_the_server_running(served: Any) -> None:
    parts = st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [b"Content-Length: 2\r\n\r\n{}", b"\r\n", b"Content-Length: x\r\n\r\n", b"\n\n", b"{"]
        ),
    )

    @settings(max_examples=10, derandomize=True)
    @given(st.lists(parts, max_size=8))
    def fuzz(data: list[bytes]) -> None:
        async def scenario(client: Any) -> None:
            client.send_bytes(b"".join(data) + b"\r\n")
            await client.initialize()
            client.open(URI, "x")
            assert (await client.complete(URI, 0, 1, kind=1))["result"]["items"]

        served(scenario)

    fuzz()
