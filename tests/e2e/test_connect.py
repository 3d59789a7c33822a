"""``--connect``: many windows, one shared server, one engine; nothing is left behind."""

from __future__ import annotations

import asyncio
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from processes import is_running, kill

TEXT = "def total(prices):\n    return sum(prices)\n\n\ndef mean(prices):\n    return sum("


class Shared:
    """The windows' shared servers, as their common log tells."""

    def __init__(self, folder: Path) -> None:
        self.log_file, self.runtime = folder / "shared.log", folder / "run"

    @property
    def log(self) -> str:
        return self.log_file.read_text() if self.log_file.exists() else ""

    @property
    def engine_pids(self) -> list[int]:
        return [int(pid) for pid in re.findall(r"engine process (\d+) started", self.log)]

    @property
    def num_listening(self) -> int:
        return self.log.count("listening at")

    @property
    def num_gone(self) -> int:
        return self.log.count("the last client has gone")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shared:
    shared = Shared(tmp_path)
    monkeypatch.setenv("MIDFILL_RUNTIME_DIR", str(shared.runtime))
    monkeypatch.setenv("MIDFILL_DAEMON_GRACE_S", "0.5")
    return shared


async def window(start: Any, shared: Shared, *arguments: str) -> Any:
    server = await start("--connect", *arguments, log=shared.log_file)
    await server.initialize()
    return server


async def gone(server: Any, shared: Shared) -> None:
    """Wait until the shared server and its engine have left."""
    await server.until(lambda: shared.num_gone == shared.num_listening)
    await server.until(lambda: not any(is_running(pid) for pid in shared.engine_pids))


async def test_two_windows_share_one_engine_that_leaves_with_them(
    start: Any, shared: Shared
) -> None:
    # Both start at once, and only one of the servers that they start may stay.
    first, second = await asyncio.gather(window(start, shared), window(start, shared))
    for server in (first, second):
        server.open(TEXT)
        assert len(await server.complete(5, 15)) == 1
    assert shared.num_listening == 1, shared.log
    assert len(shared.engine_pids) == 1
    if sys.platform != "win32":
        assert stat.S_IMODE(shared.runtime.stat().st_mode) == 0o700
        (socket,) = shared.runtime.glob("*.sock")
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    await first.client.shutdown_session()
    assert first.process.returncode == 0
    # The other window is still served.
    assert len(await second.complete(5, 15)) == 1
    # One that is killed says no goodbye.
    second.process.kill()
    await second.process.wait()
    await gone(second, shared)
    assert list(shared.runtime.glob("*.sock")) == []
    # The next window starts a new one.
    third = await window(start, shared)
    assert shared.num_listening == 2, shared.log
    await third.client.shutdown_session()
    await gone(third, shared)


async def test_a_killed_shared_server_is_replaced(start: Any, shared: Shared) -> None:
    first = await window(start, shared)
    await first.until(lambda: len(shared.engine_pids) == 1)
    parents = re.findall(r"serving in process (\d+)", shared.log)
    kill(int(parents[0]))
    # The window's process ends, so its editor starts it again.
    assert await first.process.wait() == 0
    second = await window(start, shared)
    assert shared.num_listening == 2, shared.log
    second.open(TEXT)
    assert len(await second.complete(5, 15)) == 1
    await second.client.shutdown_session()
    await second.until(lambda: not any(is_running(pid) for pid in shared.engine_pids))


@pytest.mark.skipif(sys.platform == "win32", reason="needs Unix permissions")
async def test_a_folder_that_others_can_enter_is_refused(start: Any, shared: Shared) -> None:
    shared.runtime.mkdir(mode=0o755)
    server = await start("--connect", log=shared.log_file)
    assert await server.process.wait() == 2
