"""The end of a server: its exit code, what it logs, and how soon it comes."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

CAPABILITIES: dict[str, Any] = {
    "textDocument": {"rename": {"dynamicRegistration": True}},
    "window": {"workDoneProgress": True},
    "workspace": {
        "configuration": True,
        "didChangeConfiguration": {"dynamicRegistration": True},
    },
}
INITIALIZED = {"method": "initialized", "params": {}}
CONFIGURED = {"method": "workspace/didChangeConfiguration", "params": {"settings": None}}
SHUTDOWN = {"id": 2, "method": "shutdown"}
EXIT = {"method": "exit"}
ASLEEP = {"id": 3, "method": "midfill/sleeps"}

# The server with a method whose thread nobody can end.
SLEEPER = """
import asyncio, sys, time
from lsp_server import cli, server

def sleep(session, params):
    async def wait():
        sys.stderr.write("begun;")
        await asyncio.to_thread(time.sleep, 600)
    return wait()

server._HANDLERS += (("midfill/sleeps", sleep, None),)
sys.exit(cli.main(["lsp", "--model", "scripted", "--log-level", "warning"]))
"""


def initialize(capabilities: dict[str, Any] | None = None) -> dict[str, Any]:
    params = {"processId": None, "rootUri": None, "capabilities": capabilities or {}}
    return {"id": 1, "method": "initialize", "params": params}


def framed(*messages: dict[str, Any]) -> bytes:
    bodies = [json.dumps({"jsonrpc": "2.0", **one}).encode() for one in messages]
    return b"".join(b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies)


@pytest.mark.parametrize("capabilities", [{}, CAPABILITIES], ids=["plain", "modern"])
@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([], 1),
        ([INITIALIZED], 1),
        ([INITIALIZED, CONFIGURED], 1),
        ([INITIALIZED, CONFIGURED, SHUTDOWN], 0),
        ([SHUTDOWN], 0),
    ],
    ids=["initialized not", "initialized", "configured", "shut down", "shut down at once"],
)
def test_who_leaves_while_the_server_starts_leaves_nothing_in_its_log(
    messages: list[dict[str, Any]], code: int, capabilities: dict[str, Any]
) -> None:
    """What the server asks this client in vain is ended with it."""
    command = [sys.executable, "-m", "lsp_server", "--model", "scripted", "--log-level", "warning"]
    said = framed(initialize(capabilities), *messages, EXIT)
    ended = subprocess.run(command, input=said, capture_output=True, timeout=60)
    assert (ended.returncode, ended.stderr.decode()) == (code, "")


@pytest.mark.parametrize("how", ["shutdown", "exit", "stdin closed"])
def test_nobody_waits_for_what_a_thread_works_out(how: str) -> None:
    messages = {"shutdown": [SHUTDOWN, EXIT], "exit": [EXIT], "stdin closed": []}[how]
    said = framed(initialize(), INITIALIZED, ASLEEP, *messages)
    command = [sys.executable, "-c", SLEEPER]
    ended = subprocess.run(command, input=said, capture_output=True, timeout=60)
    assert (ended.returncode, ended.stderr.decode()) == (int(how != "shutdown"), "begun;")
    answered = {0: b'"id": 2', 1: b'"id": 3'}[ended.returncode]
    assert answered in ended.stdout, "what was said before the end is written"
