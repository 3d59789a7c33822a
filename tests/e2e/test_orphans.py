"""An editor that vanishes takes its server and the server's engine with it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from processes import is_running
from source_tree import ROOT

PATIENCE_S = 30.0
# An editor: it starts a server, tells its id, waits to be killed.
EDITOR = """
import subprocess, sys, time
command = [sys.executable, "-m", "lsp_server", "--model", "scripted", "--log-file", sys.argv[1]]
server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
for body in sys.argv[2:]:
    server.stdin.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body.encode())
server.stdin.flush()
print(server.pid, flush=True)
time.sleep(600)
"""
MESSAGES = [
    {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {"processId": None, "rootUri": None, "capabilities": {}},
    },
    {"jsonrpc": "2.0", "method": "initialized", "params": {}},
]


def test_a_killed_editor_leaves_no_process(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    messages = [json.dumps(message) for message in MESSAGES]
    editor = subprocess.Popen(
        [sys.executable, "-c", EDITOR, str(log), *messages],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with editor:
        assert editor.stdout is not None
        server = int(editor.stdout.readline())
        engine = _engine(log)
        assert is_running(server) and is_running(engine)
        editor.kill()
    deadline = time.monotonic() + PATIENCE_S
    while (is_running(server) or is_running(engine)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(server)
    assert not is_running(engine)


def _engine(log: Path) -> int:
    """The engine's process, as the server's log tells."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = re.search(r"engine process (\d+) started", log.read_text() if log.exists() else "")
        if found is not None:
            return int(found[1])
        time.sleep(0.05)
    raise TimeoutError("the engine was not started")
