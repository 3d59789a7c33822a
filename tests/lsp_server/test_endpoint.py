"""Who may come in, by either way; who gives way to whom."""

from __future__ import annotations

import asyncio
import json
import stat
import sys
from pathlib import Path

import pytest

from engine.errors import BadInput
from lsp_server.connect import ConnectOptions, reach
from lsp_server.daemon import Daemon
from lsp_server.endpoint import Endpoint
from lsp_server.worker import Worker

WAYS = [False] if sys.platform == "win32" else [False, True]


@pytest.fixture(params=WAYS, ids=lambda is_socket: "socket" if is_socket else "loopback")
def endpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Endpoint:
    return Endpoint(tmp_path, "here", request.param)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    writer.close()


async def test_who_knows_the_place_comes_in(endpoint: Endpoint) -> None:
    async with await endpoint.listen(echo):
        reader, writer = await endpoint.connect()
        writer.write(b"hello\n")
        assert await reader.read() == b"hello\n"
        writer.close()
    endpoint.forget()
    with pytest.raises(OSError):
        await endpoint.connect()


async def test_nobody_comes_in_without_the_token(tmp_path: Path) -> None:
    endpoint = Endpoint(tmp_path, "here", is_socket=False)
    async with await endpoint.listen(echo):
        path = tmp_path / "here.json"
        if sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        address = json.loads(path.read_text())
        for said in (b'{"token": "guess"}\n', b"{}\n", b"[1]\n", b"\xff\n", b"Content-Length: 1\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", address["port"])
            writer.write(said)
            assert await reader.read() == b""
            writer.close()
        path.write_text(json.dumps({**address, "token": "wrong"}))
        with pytest.raises(EOFError):
            await endpoint.connect()


def test_one_holds_the_lock(endpoint: Endpoint) -> None:
    with endpoint.lock(0.0) as first, endpoint.lock(0.0) as second:
        assert (first, second) == (True, False)
    with endpoint.lock(0.0) as again:
        assert again


async def test_who_listens_is_not_waited_for(endpoint: Endpoint) -> None:
    with endpoint.lock(0.0):
        async with await endpoint.listen(echo):
            began = asyncio.get_running_loop().time()
            with endpoint.lock(60.0) as is_held:
                assert not is_held
            assert asyncio.get_running_loop().time() - began < 30.0
        endpoint.forget()


async def test_a_server_that_just_leaves_is_waited_for(
    endpoint: Endpoint, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is still there, but whoever listens closes it: it has decided to leave."""

    async def leave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    leaving = await asyncio.start_server(leave, "127.0.0.1", 0)
    if endpoint.is_socket:
        leaving.close()
        leaving = await asyncio.start_unix_server(leave, str(endpoint.folder / "here.sock"))
    else:
        port = leaving.sockets[0].getsockname()[1]
        address = {"port": port, "token": ""}
        (endpoint.folder / "here.json").write_text(json.dumps(address))
    daemon = Daemon(worker, "gated", None)
    started = []

    def start(_options: ConnectOptions) -> None:
        started.append(asyncio.ensure_future(daemon.run(endpoint, grace_s=0.05)))

    monkeypatch.setattr("lsp_server.connect._start", start)
    reader, writer = await reach(endpoint, ConnectOptions())
    writer.write(b'Content-Length: 33\r\n\r\n{"jsonrpc":"2.0","method":"exit"}')
    assert await reader.read() == b""
    writer.close()
    await asyncio.gather(*started)
    leaving.close()
    assert len(started) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs Unix permissions")
def test_the_folder_must_be_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIDFILL_RUNTIME_DIR", str(tmp_path / "run"))
    assert Endpoint.of(None).name != Endpoint.of("other").name
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    (tmp_path / "run").chmod(0o750)
    with pytest.raises(BadInput):
        Endpoint.of(None)
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.setenv("MIDFILL_RUNTIME_DIR", str(tmp_path / "link"))
    with pytest.raises(BadInput):
        Endpoint.of(None)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no sockets")
def test_a_path_too_long_for_a_socket_goes_by_loopback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIDFILL_RUNTIME_DIR", str(tmp_path / ("long" * 30)))
    assert not Endpoint.of(None).is_socket
