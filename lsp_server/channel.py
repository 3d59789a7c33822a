"""Ways to an engine: a child process, or a thread of this one for tests."""

from __future__ import annotations

import contextlib
import json
import logging
import pickle
import queue
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar

from lsp_server import pipe
from lsp_server.child import start_child
from lsp_server.engine_loop import EngineLoop, Load, load_engine
from lsp_server.messages import FromEngine, ToEngine

T = TypeVar("T")

logger = logging.getLogger(__name__)

_SECONDS_TO_END = 2.0


class Channel(Protocol):
    """The way to one engine. Sending never waits for the engine."""

    def send(self, message: ToEngine) -> None:
        """Send one message; dropped when the engine is gone (receiving says so)."""
        ...

    def receive(self) -> FromEngine:
        """Wait for a message; EOFError when the engine is gone."""
        ...

    def close(self) -> None:
        """End the engine, whatever it is doing."""
        ...

    def describe_end(self) -> str:
        """Say how the engine ended."""
        ...


class ProcessChannel:
    """The engine in a child process. It ends when its stdin closes: it cannot outlive us."""

    def __init__(self, model: str | None, log_file: Path | None = None) -> None:
        """Start the process; it loads ``model`` on its own."""
        options = {
            "model": model,
            "log_level": logging.getLogger().getEffectiveLevel(),
            "log_file": str(log_file) if log_file is not None else None,
        }
        self._process = start_child("lsp_server.engine_loop", json.dumps(options))
        self._stdin, self._stdout = _pipes(self._process)
        logger.info("engine process %d started", self.pid)
        self._outbox: queue.SimpleQueue[ToEngine | None] = queue.SimpleQueue()
        threading.Thread(target=self._write, name="engine-writer", daemon=True).start()

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def _write(self) -> None:
        # Writing and closing fail when the engine is gone; receiving reports that.
        with contextlib.suppress(OSError), self._stdin:
            while (message := self._outbox.get()) is not None:
                pipe.send(self._stdin, message)

    def send(self, message: ToEngine) -> None:
        """Queue one message for the writer thread."""
        self._outbox.put(message)

    def receive(self) -> FromEngine:
        """Read one message; EOFError when the process ended or sent what it may not send."""
        try:
            return pipe.receive(self._stdout)  # type: ignore[return-value]
        except pickle.UnpicklingError as error:
            logger.error("the engine sent what it may not send: %s", error)
            raise self._ended(error) from error
        except (EOFError, OSError) as error:
            raise self._ended(error) from error

    def _ended(self, error: Exception) -> EOFError:
        """Let go of the pipes: there is nothing more to read or to write."""
        self._outbox.put(None)
        self._stdout.close()
        return EOFError(str(error))

    def close(self) -> None:
        """End the process. It owns nothing, so it is not asked first."""
        self._outbox.put(None)
        self._process.kill()
        self._process.wait()

    def describe_end(self) -> str:
        """Say the exit code; a process that stopped talking but lives on is ended."""
        try:
            code = self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        return f"exit code {code}"


class ThreadChannel:
    """The engine in a thread of this process (``--in-process``, for tests and debuggers)."""

    def __init__(self, model: str | None, load: Load = load_engine) -> None:
        """Start the thread; it loads ``model`` on its own."""
        self._to_engine: _Mailbox[ToEngine] = _Mailbox()
        self._from_engine: _Mailbox[FromEngine] = _Mailbox()
        end = _ThreadEnd(self._to_engine, self._from_engine)
        loop = EngineLoop(end, model, self._from_engine.close, load)
        threading.Thread(target=loop.run, name="engine", daemon=True).start()

    def send(self, message: ToEngine) -> None:
        """Queue one message."""
        self._to_engine.put(message)

    def receive(self) -> FromEngine:
        """Wait for a message; EOFError at the end."""
        return self._from_engine.take()

    def close(self) -> None:
        """End the thread after its current step."""
        self._to_engine.close()

    def describe_end(self) -> str:
        """Say that the thread ended."""
        return "the engine's thread ended"


@dataclass(frozen=True, slots=True)
class _ThreadEnd:
    """The server's end of a ThreadChannel."""

    to_engine: _Mailbox[ToEngine]
    from_engine: _Mailbox[FromEngine]

    def send(self, message: FromEngine) -> None:
        self.from_engine.put(message)

    def receive(self) -> ToEngine:
        return self.to_engine.take()


class _Mailbox(Generic[T]):
    """A queue that can be closed."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[T | None] = queue.SimpleQueue()

    def put(self, message: T) -> None:
        self._messages.put(message)

    def close(self) -> None:
        self._messages.put(None)

    def take(self) -> T:
        message = self._messages.get()
        if message is None:
            raise EOFError("the other side is gone")
        return message


def _pipes(process: subprocess.Popen[bytes]) -> tuple[BinaryIO, BinaryIO]:
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the engine process was started without pipes")
    return process.stdin, process.stdout  # type: ignore[return-value]
