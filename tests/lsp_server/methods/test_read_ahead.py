"""The engine reads around the cursor while nothing else is asked."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.request import Effort
from lsp_server.read_ahead import PAUSE_S

URI, OTHER = "file:///project/a.py", "file:///project/b.py"
TEXT = "x = 1\ny = 2\n"


async def read(client: Any, infiller: Any) -> Any:
    """The next request that the engine reads around."""
    await client.until(lambda: not infiller.read.empty())
    return infiller.read.get(timeout=60)


async def nothing_read(infiller: Any) -> bool:
    await asyncio.sleep(2 * PAUSE_S)
    return bool(infiller.read.empty())


def focus(client: Any, line: int, character: int) -> None:
    position = {"line": line, "character": character}
    client.notify("textDocument/didFocus", {"textDocument": {"uri": URI}, "position": position})


async def test_where_the_cursor_rests(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, TEXT)
    focus(client, 0, 0)
    assert await nothing_read(infiller)
    focus(client, 0, 3)
    focus(client, 1, 2)
    place = {"start": {"line": 1, "character": 1}, "end": {"line": 1, "character": 1}}
    context = {"diagnostics": [], "triggerKind": 2}
    params = {"textDocument": {"uri": URI}, "range": place, "context": context}
    await client.request("textDocument/codeAction", params)
    seen = await read(client, infiller)
    assert (seen.text, seen.cursor, seen.budget_ms) == (TEXT, 7, None)
    assert seen.effort is Effort.LOW
    focus(client, 1, 3)  # the same line
    client.open(OTHER, TEXT)
    assert await nothing_read(infiller)


async def test_a_request_ends_it_and_is_answered(client: Any, infiller: Any) -> None:
    infiller.gate.clear()
    await client.initialize()
    client.open(URI, TEXT)
    focus(client, 0, 1)
    await read(client, infiller)
    id_ = client.begin_completion(URI, 1, 2)
    await client.until(lambda: not infiller.requests.empty())
    infiller.gate.set()
    assert (await client.response(id_))["result"]["items"]
    # For the request's sake less may have been read than there is.
    seen = await read(client, infiller)
    assert (seen.cursor, seen.effort) == (8, Effort.MEDIUM)
    focus(client, 1, 2)
    assert await nothing_read(infiller)


async def test_what_a_cancelled_request_began_is_read_on(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, TEXT)
    infiller.gate.clear()
    id_ = client.begin_completion(URI, 1, 2)
    await client.until(lambda: not infiller.requests.empty())
    client.notify("$/cancelRequest", {"id": id_})
    assert (await read(client, infiller)).cursor == 8


async def test_not_where_it_is_switched_off_or_nothing_may_be_seen(
    client: Any, infiller: Any
) -> None:
    await client.initialize(options={"languages": {"python": {"readAhead": False}}})
    client.open(URI, TEXT)
    client.open("file:///project/.env", "A=1\n", "plaintext")
    focus(client, 0, 1)
    assert await nothing_read(infiller)


async def test_nothing_on_a_line_that_no_one_wrote(client: Any, infiller: Any) -> None:
    await client.initialize()
    client.open(URI, f"{TEXT}{'x' * 10_001}\n")
    focus(client, 2, 3)
    assert await nothing_read(infiller)
    focus(client, 1, 2)
    assert (await read(client, infiller)).cursor == 8
