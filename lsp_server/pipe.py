"""Messages between the server and its engine process: length-prefixed pickles on a pipe."""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable
from enum import Enum, EnumMeta
from typing import BinaryIO

_LENGTH = struct.Struct(">I")

# What the engine process may send: plain values of these modules. The server never unpickles
# anything else, so an array that slipped into an outcome cannot load numpy into it.
_PLAIN_MODULES = frozenset(
    {
        "engine.edits.finding",
        "engine.edits.judged_edits",
        "engine.edits.named_edits",
        "engine.edits.names",
        "engine.edits.next_edit",
        "engine.edits.template",
        "engine.holes",
        "engine.job",
        "engine.proposal",
        "engine.remote.backend",
        "engine.request",
        "engine.spans",
        "engine.step",
        "lsp_server.messages",
    }
)


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., object]:
        if (module, name) == ("builtins", "getattr"):
            return _member
        if module not in _PLAIN_MODULES:
            raise pickle.UnpicklingError(f"{module}.{name} is not a plain value")
        found: type = super().find_class(module, name)
        return found


def _member(kind: object, name: str) -> Enum:
    """A member of an enumeration, which Python 3.11.2 (Debian 12) writes as its attribute."""
    if isinstance(kind, EnumMeta) and name in kind.__members__:
        member: Enum = kind[name]
        return member
    raise pickle.UnpicklingError(f"{kind!r}.{name} is not a plain value")


def send(stream: BinaryIO, message: object) -> None:
    """Write one message; BrokenPipeError when the other side is gone."""
    body = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: BinaryIO) -> object:
    """Read one message; EOFError at the end, UnpicklingError for what is no plain value."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _PlainUnpickler(io.BytesIO(_exactly(stream, length))).load()


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError("the other side of the pipe is gone")
    return data
