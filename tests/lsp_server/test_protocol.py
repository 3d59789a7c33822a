"""The traps of pygls, each mended: what a client gets where it used to get nothing or a popup."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from lsp_server.logs import quieten_pygls

PATIENCE_S = 60.0
URI = "file:///project/a.py"


async def test_the_capability_is_advertised(client: Any) -> None:
    capabilities = (await client.initialize())["result"]["capabilities"]
    assert capabilities["inlineCompletionProvider"] == {}
    assert capabilities["textDocumentSync"]["change"] == 2
    assert "midfill.accept" in capabilities["executeCommandProvider"]["commands"]


async def test_an_edit_below_a_form_feed_reaches_its_line(client: Any) -> None:
    await client.initialize()
    client.open(URI, "a\f\u2028\x85b\r\nc\rd\n")
    client.change(URI, 2, client.edit(2, 0, 1, "é"))
    await client.complete(URI, 2, 1)
    assert client.session.documents[URI].text == "a\f\u2028\x85b\r\nc\ré\n"


async def test_invalid_parameters_get_an_answer_and_no_popup(client: Any) -> None:
    await client.initialize()
    client.open(URI, "x")
    response = await client.complete(URI, 0, 0, kind=0)
    assert response["error"]["code"] == -32602
    assert "$.params.context.trigger_kind" in response["error"]["message"]
    missing = await client.request("textDocument/inlineCompletion", {"position": {}})
    assert missing["error"]["code"] == -32602
    assert "window/showMessage" not in client.methods()


async def test_a_request_for_a_document_that_is_not_open_is_invalid(client: Any) -> None:
    await client.initialize()
    response = await client.complete("file:///nowhere.py", 0, 0)
    assert response["error"]["code"] == -32602
    assert "file:///nowhere.py is not open" in response["error"]["message"]


async def test_an_internal_error_gets_an_answer_and_no_popup(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(params: Any) -> None:
        raise ZeroDivisionError(params.code)

    client.server.feature("midfill/fails")(fail)
    await client.initialize()
    error = (await client.request("midfill/fails", {"code": "secret"}))["error"]
    assert "ZeroDivisionError from\n" in caplog.text
    shown = [record.getMessage() for record in caplog.records if record.levelno > logging.DEBUG]
    assert "secret" not in "".join(shown)
    assert error["code"] == -32603
    assert error["message"] == "Internal error: ZeroDivisionError; the server's log says more"
    assert "window/showMessage" not in client.methods()


async def test_a_late_error_is_answered_like_an_early_one(client: Any) -> None:
    def fail_later(_params: Any) -> Any:
        async def fail() -> None:
            raise JsonRpcInvalidParams("too late")

        return fail()

    client.server.feature("midfill/fails")(fail_later)
    await client.initialize()
    error = (await client.request("midfill/fails", None))["error"]
    assert (error["code"], error["message"]) == (-32602, "too late")


async def test_what_is_no_json_gets_a_parse_error(client: Any) -> None:
    await client.initialize()
    client.send_bytes(b"Content-Length: 5\r\n\r\n{oops")
    response = await client.wait_for(lambda one: "error" in one)
    assert response["error"]["code"] == -32700
    assert (await client.request("shutdown", None))["result"] is None


async def test_requests_out_of_order_are_answered(client: Any) -> None:
    early = await client.request("midfill/trace", None)
    assert early["error"]["code"] == -32002
    await client.initialize()
    await client.request("shutdown", None)
    late = await client.request("midfill/trace", None)
    assert late["error"]["code"] == -32600


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/inlineCompletion", {"position": {}}),
        ("textDocument/rename", 5),
        ("shutdown", []),
        ("midfill/unknown", None),
        ("exit", None),
        ("initialized", {}),
    ],
)
async def test_whatever_is_asked_before_initialize_comes_too_early(
    client: Any, method: str, params: Any
) -> None:
    expected = -32600 if method == "exit" else -32002
    assert (await client.request(method, params))["error"]["code"] == expected
    assert "error" not in await client.initialize()
    assert (await client.request("shutdown", None))["result"] is None
    assert (await client.request(method, params))["error"]["code"] == -32600


async def test_what_is_told_before_initialize_is_dropped(client: Any) -> None:
    client.open(URI, "x")
    client.notify("textDocument/didChange", 5)
    client.notify("initialized", {})
    assert (await client.request("shutdown", None))["error"]["code"] == -32002
    assert list(client.session.documents) == []
    await client.initialize()
    assert (await client.complete(URI, 0, 0))["error"]["message"].endswith("is not open")
    client.open(URI, "x")
    assert (await client.complete(URI, 0, 1, kind=1))["result"]["items"]


async def test_nothing_goes_on_for_a_client_that_has_gone(connection: Any, worker: Any) -> None:
    """Other clients of the same process stay: its end does not end what runs for this one."""
    begun, is_over = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        begun.set()
        try:
            await asyncio.sleep(PATIENCE_S)
        finally:
            is_over.set()

    client = connection(worker)
    client.server.command("midfill.waits")(lambda: wait())
    await client.initialize()
    client.begin("workspace/executeCommand", {"command": "midfill.waits"})
    await begun.wait()
    await client.end()
    await asyncio.wait_for(is_over.wait(), PATIENCE_S / 2)


async def test_an_unknown_method_is_refused(client: Any) -> None:
    await client.initialize()
    client.notify("midfill/unknown", {"x": 1})
    assert (await client.request("midfill/unknown", {}))["error"]["code"] == -32601


async def test_no_level_above_debug_shows_code(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for name in ("pygls", "pygls.protocol.json_rpc", "pygls.server"):
        caplog.set_level(logging.INFO, name)  # put back what it was after the test
    quieten_pygls()
    await client.initialize()
    client.open(URI, "SECRET = 1\nBUG = 2\n")
    client.change(URI, 2, client.edit(0, 0, 0, "SECRET2"))
    await client.complete(URI, 0, 0)
    client.notify("textDocument/didChange", {"textDocument": 1, "contentChanges": ["SECRET3"]})
    await client.request("midfill/trace", None)
    assert "BACKEND_FAILED" in caplog.text
    assert "invalid parameters for textDocument/didChange" in caplog.text
    assert "SECRET" not in caplog.text


async def test_messages_are_handled_in_the_order_they_came(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, "a")
    completion = client.begin_completion(URI, 0, 1)
    client.change(URI, 2, client.edit(0, 0, 1, "changed"))
    await client.response(completion)
    assert infiller.requests.get().text == "a"


async def test_an_answer_that_comes_too_late_is_nobodys(
    client: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr("lsp_server.methods.configuration._PATIENCE_S", 0.01)
    reply = client._reply
    monkeypatch.setattr(client, "_reply", lambda _message: None)
    await client.initialize()
    asked = await client.wait_for(lambda one: one.get("method") == "workspace/configuration")
    await client.until(lambda: "did not give its configuration" in caplog.text)
    monkeypatch.setattr(client, "_reply", reply)
    reply(asked)
    client.open(URI, "x")
    assert (await client.complete(URI, 0, 1, kind=1))["result"]["items"]
    assert "came too late" in caplog.text
