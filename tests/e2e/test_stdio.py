"""The server as editors run it, on stdin and stdout."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import pytest
from lsprotocol import types

from processes import KILLED, is_running, kill

# What the scripted denoiser can go on with: the beginning of a line that stands above.
TEXT = "def total(prices):\n    return sum(prices)\n\n\ndef mean(prices):\n    return sum("
EMOJI = "# 😀é漢\n"
WIDTHS = {"utf-8": 4 + 2 + 3, "utf-16": 2 + 1 + 1, "utf-32": 1 + 1 + 1}


@pytest.mark.parametrize("encoding", list(types.PositionEncodingKind), ids=str)
async def test_an_unsaved_buffer_gets_an_item(
    start: Any, encoding: types.PositionEncodingKind
) -> None:
    """The emoji line makes a server that counts wrongly edit, or propose, at the wrong place."""
    server = await start()
    general = types.GeneralClientCapabilities(position_encodings=[encoding])
    result = await server.initialize(types.ClientCapabilities(general=general))
    assert result.capabilities.position_encoding == encoding
    assert result.capabilities.inline_completion_provider == types.InlineCompletionOptions()
    server.open(f"{EMOJI}{TEXT}")
    # Replace the 漢 and what is behind it, then type ``pri`` at the end of the text.
    width = WIDTHS[encoding.value]
    server.change(2, types.Range(types.Position(0, 2), types.Position(0, 2 + width)), "😀")
    end = types.Position(6, len("    return sum("))
    server.change(3, types.Range(end, end), "pri")
    (item,) = await server.complete(6, end.character + 3)
    assert item.insert_text == "ces)"
    assert item.range == types.Range(
        types.Position(6, end.character + 3), types.Position(6, end.character + 3)
    )
    await server.client.shutdown_session()
    assert server.process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="stops a process with a signal")
async def test_the_engine_starts_before_anybody_speaks_and_nobody_waits_for_it(start: Any) -> None:
    server = await start()
    await server.until(lambda: len(server.engine_pids) == 1)
    os.kill(server.engine_pids[0], signal.SIGSTOP)
    server.client.capabilities = types.ClientCapabilities()
    await server.client.initialize_async(
        types.InitializeParams(capabilities=types.ClientCapabilities())
    )
    os.kill(server.engine_pids[0], signal.SIGCONT)
    server.client.initialized(types.InitializedParams())
    server.open(TEXT)
    assert len(await server.complete(5, 15)) == 1
    assert len(server.engine_pids) == 1
    # An exit that no shutdown came before is a failure.
    server.client.exit(None)
    assert await server.process.wait() == 1


async def test_a_killed_engine_is_told_once_and_started_again(start: Any) -> None:
    server = await start()
    await server.initialize()
    server.open(TEXT)
    assert len(await server.complete(5, 15)) == 1
    kill(server.engine_pids[0])
    await server.until(lambda: len(server.engine_pids) == 2)
    assert len(await server.complete(5, 15)) == 1
    messages = [shown.message for shown in server.client.messages]
    assert messages == [
        f"Midfill: the engine process ended (exit code {KILLED}); it is being restarted."
    ]


@pytest.mark.parametrize("how", ["killed", "stdin closed"])
async def test_no_engine_outlives_its_server(start: Any, how: str) -> None:
    server = await start()
    await server.initialize()
    await server.until(lambda: len(server.engine_pids) == 1)
    (pid,) = server.engine_pids
    assert is_running(pid)
    if how == "killed":
        server.process.kill()
    else:
        server.process.stdin.close()
    await server.process.wait()
    await server.until(lambda: not is_running(pid))


async def test_the_engine_can_run_in_the_server_and_the_log_holds_no_code(start: Any) -> None:
    server = await start("--in-process", "--log-level", "info")
    await server.initialize()
    server.open("SECRET = 1\n" + TEXT)
    assert len(await server.complete(6, 15)) == 1
    assert await server.complete(0, 3) == []
    await server.client.shutdown_session()
    assert server.engine_pids == []
    assert "request r2: " in server.log
    for part in ("SECRET", "prices"):
        assert part not in server.log
