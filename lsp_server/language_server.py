"""One connection to an editor: pygls's server without its popups and its thread pool."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from lsp_server import __version__
from lsp_server.framing import MessageReader, NotAMessage, Reader, TooLong
from lsp_server.logs import described
from lsp_server.protocol import MidfillProtocol, message_converter

logger = logging.getLogger(__name__)

_CHUNK_BYTES = 1 << 16


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
        if isinstance(error, JsonRpcInvalidParams):
            return  # logged where the message was read, without its values
        logger.error("%s: %s", source.__name__, described(error))
        logger.debug("its error", exc_info=error)

    async def run(self, reader: Reader, writer: Any) -> None:
        """Handle messages until the client says ``exit`` or goes away."""
        self.protocol.set_writer(writer)
        messages = MessageReader(reader)
        try:
            while not self.protocol.has_exited and await self._handle_next(messages):
                await _begin_tasks()
        except TooLong as error:
            self.protocol.refuse(None, types.ErrorCodes.InvalidRequest, str(error))
            logger.error("the connection is closed: %s", error)
        except (asyncio.IncompleteReadError, ConnectionError):
            logger.info("the client went away in the middle of a message")
        finally:
            self.protocol.cancel_all()
            await _begin_tasks()  # what was cancelled is answered while there is a writer

    async def _handle_next(self, messages: MessageReader) -> bool:
        """Read and handle one message; False at the end of the stream."""
        try:
            message = await messages.next()
        except NotAMessage as error:
            logger.warning("%s", error)
            self.protocol.refuse(None, types.ErrorCodes(error.code), str(error))
            return True
        if message is None:
            return False
        # A task turns whatever is raised into a value: the connection survives it.
        handling = asyncio.ensure_future(self._handle(message))
        await asyncio.wait({handling})
        if (failure := handling.exception()) is not None:
            logger.error("a message was not handled: %s", described(failure))
            if "id" in message and "method" in message:
                code = types.ErrorCodes.InternalError
                detail = f"Internal error: {type(failure).__name__}; the server's log says more"
                self.protocol.refuse(message["id"], code, detail)
        return True

    async def _handle(self, message: dict[str, Any]) -> None:
        self.protocol.handle_json(message)


async def _begin_tasks() -> None:
    """Let what the last message started begin, before a cancellation of it can be read.

    Its handler's result is handed on in one turn of the loop, its task made in the second and begun
    in the third.
    """
    for _ in range(3):
        await asyncio.sleep(0)


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
        """Read a line."""
        return await self._buffer.readline()

    async def readexactly(self, n: int) -> bytes:
        """Read ``n`` bytes."""
        return await self._buffer.readexactly(n)
