"""``--tcp``: many clients, each with its own documents and answers."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

URI = "file:///project/a.py"


async def connected(port: int) -> LanguageClient:
    client = make_test_lsp_client()
    await client.start_tcp("127.0.0.1", port)
    await client.initialize_session(types.InitializeParams(capabilities=types.ClientCapabilities()))
    return client


async def leave(client: LanguageClient) -> None:
    """Say goodbye, and close the socket: pygls leaves that to the garbage collector."""
    await client.shutdown_session()
    await client.stop()
    writer = client.protocol.writer
    assert isinstance(writer, asyncio.StreamWriter)
    writer.close()
    await writer.wait_closed()


async def trace_of(client: LanguageClient) -> Any:
    """Complete at the end of the client's only line; what the server says it did."""
    await client.text_document_inline_completion_async(
        types.InlineCompletionParams(
            types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
            types.TextDocumentIdentifier(URI),
            types.Position(0, 99),
        )
    )
    return await client.protocol.send_request_async("midfill/trace", None)


async def test_two_clients_get_their_own_answers(start: Any) -> None:
    server = await start("--tcp", "127.0.0.1:0")
    await server.until(lambda: "listening on" in server.log)
    found = re.search(r"listening on 127\.0\.0\.1:(\d+)", server.log)
    assert found is not None
    first, second = await connected(int(found[1])), await connected(int(found[1]))
    for client, text in ((first, "x"), (second, "longer")):
        item = types.TextDocumentItem(URI, "python", 1, text)
        client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    assert (await trace_of(first)).plan.holes[0].start_byte == 1
    assert (await trace_of(second)).plan.holes[0].start_byte == 6
    # One client leaves; the other one is still served, by the same engine.
    await leave(first)
    assert (await trace_of(second)).plan.holes[0].start_byte == 6
    assert len(server.engine_pids) == 1
    await leave(second)


async def test_an_address_that_others_can_reach_is_refused(start: Any) -> None:
    server = await start("--tcp", "0.0.0.0:0")
    assert await server.process.wait() == 2
