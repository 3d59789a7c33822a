"""Where the shared server of one user listens, and who may come in.

A Unix socket (0600) in a folder that only the user can enter (0700); where those are missing, a
loopback port with a token, both in a file of the same folder. One folder entry per installation,
model and device: another version of Midfill finds another server, never one that it cannot speak
to.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import secrets
import stat
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.denoisers.device import VARIABLE
from engine.errors import BadInput
from lsp_server import __version__
from lsp_server.folders import runtime_folder

_MAX_SOCKET_PATH = 100
"""Bytes of a socket's path that every system takes."""
_LOCK_WAIT_S = 3.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
OnConnect = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The place of one shared server. ``is_socket``: by Unix socket, else by port and token."""

    folder: Path
    name: str
    is_socket: bool = hasattr(asyncio, "start_unix_server")

    @classmethod
    def of(cls, model: str | None) -> Endpoint:
        """Return the place for this installation, ``model`` and the device that is asked for.

        Raises BadInput when the folder is not the user's alone.
        """
        folder = runtime_folder()
        _make_private(folder)
        installation = (__version__, sys.executable, str(Path(__file__).parent))
        identity = (*installation, model, os.environ.get(VARIABLE))
        name = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:12]
        is_short = len(os.fsencode(folder / f"{name}.sock")) <= _MAX_SOCKET_PATH
        return cls(folder, name, hasattr(asyncio, "start_unix_server") and is_short)

    @property
    def _socket(self) -> Path:
        return self.folder / f"{self.name}.sock"

    @property
    def _address(self) -> Path:
        return self.folder / f"{self.name}.json"

    @property
    def _place(self) -> Path:
        """Stands there as long as somebody listens."""
        return self._socket if self.is_socket else self._address

    async def connect(self) -> Streams:
        """Connect and say who comes; OSError or EOFError while nobody (ready) listens."""
        if sys.platform != "win32" and self.is_socket:
            reader, writer = await asyncio.open_unix_connection(str(self._socket))
            token = ""
        else:
            address = json.loads(self._address.read_text(encoding="utf-8"))
            reader, writer = await asyncio.open_connection("127.0.0.1", address["port"])
            token = address["token"]
        writer.write(json.dumps({"token": token}).encode() + b"\n")
        if await reader.readline() != b"midfill\n":
            writer.close()
            raise EOFError("the shared server did not let us in")
        return reader, writer

    async def listen(self, on_connect: OnConnect) -> asyncio.Server:
        """Listen; ``on_connect`` is called for those who may come in. The lock must be held."""
        token = "" if self.is_socket else secrets.token_urlsafe(32)

        async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if await _is_known(reader, token):
                writer.write(b"midfill\n")
                await on_connect(reader, writer)
            else:
                writer.close()

        if sys.platform != "win32" and self.is_socket:
            self._socket.unlink(missing_ok=True)
            server = await asyncio.start_unix_server(welcome, str(self._socket))
            self._socket.chmod(0o600)
            return server
        server = await asyncio.start_server(welcome, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        _write_private(self._address, json.dumps({"port": port, "token": token}))
        return server

    def forget(self) -> None:
        """Take the place away: who comes from now on starts another server."""
        self._place.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self, wait_s: float = _LOCK_WAIT_S) -> Iterator[bool]:
        """Be the only server of this place: yields False when another one is.

        One that is leaving is waited for, one that listens is not: to take its place later, when
        nobody asks for that any more, would keep an engine for nothing. The system takes the lock
        away from a process that is gone, however it went.
        """
        with (self.folder / f"{self.name}.lock").open("a+b") as file:
            until = time.monotonic() + wait_s
            while not (is_held := _try_lock(file.fileno())) and time.monotonic() < until:
                if self._place.exists():
                    break
                time.sleep(0.05)
            yield is_held


async def _is_known(reader: asyncio.StreamReader, token: str) -> bool:
    """Read who comes; without the token nobody gets any further."""
    try:
        said = json.loads(await asyncio.wait_for(reader.readline(), 10.0))
        return secrets.compare_digest(str(said["token"]), token)
    except (ValueError, TypeError, KeyError, OSError, asyncio.TimeoutError):
        return False


def _make_private(folder: Path) -> None:
    """Make the folder; BadInput when it is there and others own it or may enter it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "win32":
        return  # it lies in the user's profile
    status = folder.lstat()
    is_own = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    if not is_own or stat.S_IMODE(status.st_mode) & 0o077:
        raise BadInput(
            f"{folder} can be entered by others: remove it, or name another folder in "
            f"MIDFILL_RUNTIME_DIR"
        )


def _write_private(path: Path, text: str) -> None:
    """Write a file that the user alone can read, in one step."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


def _try_lock(descriptor: int) -> bool:
    """Lock a file for this process, as the system can."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
