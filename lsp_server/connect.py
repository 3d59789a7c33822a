"""``midfill lsp --connect``: an editor's stdin and stdout, joined to the user's shared server.

Light: a window that opens second pays for an interpreter and a socket, not for a model. Starts the
shared server when none is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from engine.errors import MidfillError
from lsp_server.child import NO_WINDOW, command_of
from lsp_server.endpoint import Endpoint, Streams
from lsp_server.folders import state_folder

logger = logging.getLogger(__name__)

START_PATIENCE_S = 60.0
_POLL_S = 0.05
_RESTART_S = 5.0
_CHUNK_BYTES = 1 << 16
_FAREWELL_S = 5.0
_GRACE_VARIABLE = "MIDFILL_DAEMON_GRACE_S"


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """How the shared server is started, if this is the first window; see ``LaunchOptions``."""

    model: str | None = None
    is_in_process: bool = False
    log_file: Path | None = None
    log_level: int = logging.INFO


def connect(options: ConnectOptions) -> int:
    """Pass messages on until one side is done; the exit code.

    Raises BadInput when the runtime folder is not the user's alone, MidfillError when no shared
    server comes up.
    """
    try:
        return asyncio.run(_connect(options))
    except KeyboardInterrupt:
        return 130


async def _connect(options: ConnectOptions) -> int:
    endpoint = Endpoint.of(options.model)
    reader, writer = await reach(endpoint, options)
    input_ended = asyncio.Event()
    _pump_stdin(writer, input_ended)
    output = asyncio.ensure_future(_pass_on(reader))
    ended = asyncio.ensure_future(input_ended.wait())
    await asyncio.wait({output, ended}, return_when=asyncio.FIRST_COMPLETED)
    if not output.done():  # the editor is gone; the server says goodbye when it has noticed
        with contextlib.suppress(OSError):
            writer.write_eof()
        await asyncio.wait({output}, timeout=_FAREWELL_S)
    for task in (output, ended):
        task.cancel()
    writer.close()
    return 0


async def reach(endpoint: Endpoint, options: ConnectOptions) -> Streams:
    """Connect to the shared server, which is started if need be, again if it is just leaving."""
    until = time.monotonic() + START_PATIENCE_S
    started_at = -_RESTART_S
    while True:
        try:
            return await endpoint.connect()
        except (OSError, EOFError, ValueError) as error:
            now = time.monotonic()
            if now > until:
                log_file = _log_file(options)
                raise MidfillError(
                    f"the shared server does not start ({error}): see {log_file}, "
                    f"or use midfill lsp without --connect"
                ) from error
            if now - started_at > _RESTART_S:
                started_at = now
                _start(options)
            await asyncio.sleep(_POLL_S)


def _start(options: ConnectOptions) -> None:
    """Start a server that outlives this process. When two do so at once, one of them gives way."""
    log_file = _log_file(options)
    log_file.parent.mkdir(parents=True, exist_ok=True)
    grace = os.environ.get(_GRACE_VARIABLE)
    arguments = {
        "model": options.model,
        "is_in_process": options.is_in_process,
        "log_file": str(log_file),
        "log_level": options.log_level,
        "grace_s": float(grace) if grace else None,
    }
    command = command_of("lsp_server.daemon", json.dumps(arguments))
    with log_file.open("ab") as log:
        if sys.platform == "win32":
            # Of a detached process every child would get a console, in a window of its own.
            flags = NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
            _spawn(command, log.fileno(), creationflags=flags)
        else:
            _spawn(command, log.fileno(), start_new_session=True)


def _spawn(
    command: list[str], log: int, creationflags: int = 0, start_new_session: bool = False
) -> None:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        cwd=Path.home(),
        creationflags=creationflags,
        start_new_session=start_new_session,
    )
    # Nobody waits for it on purpose, unless it gives way at once to another one.
    threading.Thread(target=process.wait, name="daemon-waiter", daemon=True).start()


def _log_file(options: ConnectOptions) -> Path:
    return options.log_file or state_folder() / "daemon.log"


def _pump_stdin(writer: asyncio.StreamWriter, ended: asyncio.Event) -> None:
    """Pass the editor's bytes on from a thread: nothing else can wait for a pipe everywhere."""
    loop = asyncio.get_running_loop()

    def pump() -> None:
        # The loop is gone once the server has closed; what the editor still sends is nobody's.
        with contextlib.suppress(RuntimeError):
            while chunk := os.read(0, _CHUNK_BYTES):
                loop.call_soon_threadsafe(writer.write, chunk)
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=pump, name="stdin", daemon=True).start()


async def _pass_on(reader: asyncio.StreamReader) -> None:
    """Pass the server's bytes on until it closes."""
    while chunk := await reader.read(_CHUNK_BYTES):
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
