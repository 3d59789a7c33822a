"""Messages out of a stream of bytes, whatever the stream holds.

Headers are those of the Language Server Protocol's base protocol, read as HTTP reads them: names in
any case, unknown ones ignored. What is no header is skipped up to the next one that counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable
from typing import Any, Protocol

# Far above any document that is worked on (``maxDocumentBytes``), and small enough to be held.
MAX_BODY_BYTES = 256 * 1024 * 1024
# At the end of a line, whatever stands before it: so a reader that has lost the thread finds it.
_CONTENT_LENGTH = re.compile(rb"(?:.*[^a-z-])?content-length\s*:\s*(\d{1,18})\s*", re.I | re.S)
_PARSE_ERROR, _INVALID_REQUEST = -32700, -32600
_NO_HEADER = b"\0"
_HEADER = re.compile(rb"[A-Za-z0-9-]+\s*:.*", re.S)


class Reader(Protocol):
    """Where messages are read from."""

    def readline(self) -> Awaitable[bytes]:
        """Read a line; empty at the end, ValueError for one that is too long (it is skipped)."""
        ...

    def readexactly(self, n: int) -> Awaitable[bytes]:
        """Read ``n`` bytes; IncompleteReadError at the end."""
        ...


class NotAMessage(Exception):
    """Bytes that are no message, said in a sentence; reading goes on behind them.

    ``code`` is the error code of JSON-RPC.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class TooLong(Exception):
    """A message that announces more than can be held: what follows cannot be told apart."""


class MessageReader:
    """Reads one message after the other."""

    def __init__(self, reader: Reader) -> None:
        """Read from ``reader``."""
        self._reader = reader
        self._length: int | None = None
        self._is_skipping = False

    async def next(self) -> dict[str, Any] | None:
        """Read the next message; None at the end of the stream.

        Raises NotAMessage, TooLong, and IncompleteReadError when the stream ends within a body.
        """
        while line := await self._line():
            if found := _CONTENT_LENGTH.fullmatch(line):
                self._length, self._is_skipping = int(found[1]), False
            elif not line.strip():
                if self._length is not None:
                    length, self._length = self._length, None
                    return await self._message(length)
            elif not _HEADER.fullmatch(line) and not self._is_skipping:
                # Told once, however many such lines follow.
                self._is_skipping = True
                raise NotAMessage("A message must begin with its headers.", _PARSE_ERROR)
        return None

    async def _line(self) -> bytes:
        """Read a line; the reader throws away what is too long to be a header."""
        try:
            return await self._reader.readline()
        except ValueError:
            return _NO_HEADER

    async def _message(self, length: int) -> dict[str, Any]:
        if length > MAX_BODY_BYTES:
            raise TooLong(f"A message may have {MAX_BODY_BYTES} bytes, this one has {length}.")
        body = await self._reader.readexactly(length)
        try:
            message = json.loads(body.decode())
        except (ValueError, RecursionError) as error:
            raise NotAMessage("The message is not JSON.", _PARSE_ERROR) from error
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            detail = 'A message must be one JSON object with "jsonrpc": "2.0".'
            raise NotAMessage(detail, _INVALID_REQUEST)
        return message
