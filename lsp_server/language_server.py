"""One connection to an editor: pygls's server without its popups and its thread pool."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Awaitable
from typing import Any, Protocol

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.io_ import run_async
from pygls.lsp.server import LanguageServer

from lsp_server import __version__
from lsp_server.logs import described
from lsp_server.protocol import MidfillProtocol, is_parse_error, message_converter

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 16


class Reader(Protocol):
    """Where messages are read from."""

    def readline(self) -> Awaitable[bytes]:
        """Read a line; empty at the end."""
        ...

    def readexactly(self, n: int) -> Awaitable[bytes]:
        """Read ``n`` bytes; IncompleteReadError at the end."""
        ...


class MidfillServer(LanguageServer):
    """The object that speaks with one client."""

    protocol: MidfillProtocol

    def __init__(self) -> None:
        """Build a server that offers nothing yet."""
        super().__init__(
            name="midfill",
            version=__version__,
            protocol_cls=MidfillProtocol,
            converter_factory=message_converter,
            notebook_document_sync=types.NotebookDocumentSyncOptions(
                [types.NotebookDocumentFilterWithNotebook(notebook="*")]
            ),
        )

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log an error that no response can carry; never a popup, never a message's body."""
        if is_parse_error(error):
            code = types.ErrorCodes.ParseError
            self.protocol._send_data(
                types.ResponseErrorMessage(
                    None, types.ResponseError(code, "The message is not JSON.")
                )
            )
        if isinstance(error, JsonRpcInvalidParams):
            return  # logged where the message was read, without its values
        logger.error("%s: %s", source.__name__, described(error))
        logger.debug("its error", exc_info=error)

    async def run(self, reader: Reader, writer: Any) -> None:
        """Handle messages until the client says ``exit`` or goes away."""
        self.protocol.set_writer(writer)
        try:
            await run_async(
                stop_event=_Exited(self.protocol),
                reader=reader,
                protocol=self.protocol,
                logger=logging.getLogger("pygls.server"),
                error_handler=self.report_server_error,
            )
        except (asyncio.IncompleteReadError, ConnectionError):
            logger.info("the client went away in the middle of a message")


class _Exited(threading.Event):
    """Set once the client said ``exit``: pygls's loop asks between two messages."""

    def __init__(self, protocol: MidfillProtocol) -> None:
        super().__init__()
        self._protocol = protocol

    def is_set(self) -> bool:
        return self._protocol.has_exited


class ThreadedReader:
    """Reads a blocking file descriptor in a thread of its own: nothing can keep it from reading.

    Not a stream object: the interpreter cannot end while a thread holds the lock of its stdin.
    """

    def __init__(self, descriptor: int) -> None:
        """Start reading ``descriptor``."""
        self._descriptor = descriptor
        self._loop = asyncio.get_running_loop()
        self._buffer = asyncio.StreamReader()
        threading.Thread(target=self._pump, name="stdin", daemon=True).start()

    def _pump(self) -> None:
        # The loop is gone once the client has said ``exit``; what it still sends is nobody's.
        with contextlib.suppress(RuntimeError):
            while chunk := self._read():
                self._loop.call_soon_threadsafe(self._buffer.feed_data, chunk)
            self._loop.call_soon_threadsafe(self._buffer.feed_eof)

    def _read(self) -> bytes:
        try:
            return os.read(self._descriptor, _CHUNK_BYTES)
        except OSError as error:
            logger.warning("reading from the client failed: %s", error.strerror)
            return b""

    async def readline(self) -> bytes:
        """Read a line; other tasks get their turn even while messages keep coming."""
        await asyncio.sleep(0)
        return await self._buffer.readline()

    async def readexactly(self, n: int) -> bytes:
        """Read ``n`` bytes."""
        return await self._buffer.readexactly(n)
