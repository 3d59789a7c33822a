"""The server with its engine and its indexer needs no network, and asks for none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from source_tree import ROOT

TEXT = "def total(prices):\n    return sum(prices)\n\n\ndef mean(prices):\n    return sum("
# Loaded by every interpreter at its start, so by the engine's and the indexer's as well.
HOOK = """
import ipaddress, os, sys

def is_loopback(address):
    if not isinstance(address, tuple):
        return True  # a socket of this machine
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"

def watch(event, arguments):
    is_asked = event in ("socket.connect", "socket.sendto", "socket.bind")
    if (is_asked and not is_loopback(arguments[1])) or (
        event == "socket.getaddrinfo" and not is_loopback((arguments[0], 0))
    ):
        with open(os.environ["MIDFILL_TEST_CALLS"], "a") as calls:
            calls.write(f"{event} {arguments} in {sys.argv}\\n")
        os._exit(70)

sys.addaudithook(watch)
"""


def has_namespaces() -> bool:
    """Whether this user may make a network namespace, where no interface is up."""
    try:
        command = ["unshare", "--map-root-user", "--net", "true"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


async def used(start: Any, folder: Path, within: tuple[str, ...] = ()) -> None:
    """Index a folder, complete, and shut down."""
    (folder / "a.py").write_text(TEXT)
    server = await start(within=within)
    await server.client.initialize_session(
        types.InitializeParams(
            capabilities=types.ClientCapabilities(),
            workspace_folders=[types.WorkspaceFolder(folder.as_uri(), "project")],
        )
    )
    uri = (folder / "a.py").as_uri()
    server.open(TEXT, uri)
    assert len(await server.complete(5, 15, uri)) == 1
    await server.until(lambda: list(Path(os.environ["MIDFILL_CACHE_DIR"]).rglob("*.sqlite3")) != [])
    await server.client.shutdown_session()
    assert server.process.returncode == 0


@pytest.mark.skipif(not has_namespaces(), reason="network namespaces are not permitted here")
async def test_it_works_where_there_is_no_network(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIDFILL_CACHE_DIR", str(tmp_path / "cache"))
    await used(start, tmp_path, ("unshare", "--map-root-user", "--net"))


async def test_no_process_of_it_asks_for_a_connection(
    start: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = tmp_path / "calls.txt"
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK)
    path = os.pathsep.join([str(hook), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("MIDFILL_TEST_CALLS", str(calls))
    monkeypatch.setenv("MIDFILL_CACHE_DIR", str(tmp_path / "cache"))
    # The hook sees what it should: an address that nobody has.
    asking = "import socket; socket.create_connection(('192.0.2.1', 9), 0.1)"
    asked = subprocess.run([sys.executable, "-c", asking], check=False)
    assert asked.returncode == 70
    assert "192.0.2.1" in calls.read_text()
    calls.unlink()
    await used(start, tmp_path)
    assert not calls.exists()


def test_the_runtime_reports_to_nobody(tmp_path: Path) -> None:
    # It opens its connections past Python; where it reports it writes who it is, first of all.
    asked = "import engine; engine.load().infill(engine.Request('x = ', engine.ByteOffset(4)))"
    kept = ("PATH", "PYTHONPATH", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    for name in ("HOME", "USERPROFILE", "LOCALAPPDATA"):
        environment[name] = str(tmp_path)
    subprocess.run([sys.executable, "-c", asked], env=environment, cwd=ROOT, check=True)
    assert list(tmp_path.rglob("*")) == []
