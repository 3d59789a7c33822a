"""The engine's side of the pipe: load the model, then answer one request after the other.

Runs in the child process (or, for tests, in a thread). This is the only file of ``lsp_server``
that calls the engine, and it imports it when it runs: the server itself never loads it.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from engine.errors import Cancelled, MidfillError
from engine.proposal import Outcome, Reason, Refusal
from engine.step import Step
from lsp_server.logs import described, start_logging
from lsp_server.messages import (
    Failed,
    Finished,
    FromEngine,
    LoadFailed,
    Loading,
    Ready,
    Run,
    ToEngine,
)
from lsp_server.pipe import receive, send

if TYPE_CHECKING:
    from engine import Infiller

logger = logging.getLogger(__name__)


Load = Callable[[str | None], "Infiller"]


def load_engine(model: str | None) -> Infiller:
    """Load the engine with ``model``: the only import of it, heavy and late.

    It is woken at once: the server reads its own modules meanwhile, and an editor its documents.
    """
    from engine import load

    infiller = load(model)
    infiller.wake()
    return infiller


class ServerEnd(Protocol):
    """The way to the server."""

    def send(self, message: FromEngine) -> None:
        """Send one message."""
        ...

    def receive(self) -> ToEngine:
        """Wait for a message; EOFError when the server is gone."""
        ...


class EngineLoop:
    """Answers requests in the order they came; those cancelled while waiting cost nothing."""

    def __init__(
        self,
        server: ServerEnd,
        model: str | None,
        at_end: Callable[[], None],
        load: Load = load_engine,
    ) -> None:
        """Serve ``server`` with ``model``; ``at_end`` runs when the server is gone."""
        self._server = server
        self._model = model
        self._load_model = load
        self._at_end = at_end
        self._waiting: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._cancels: dict[int, threading.Event] = {}

    def run(self) -> None:
        """Work until the server is gone."""
        threading.Thread(target=self._read, name="engine-pipe", daemon=True).start()
        # The executor turns whatever the engine raises into a value: the process survives it,
        # and the server logs it.
        with ThreadPoolExecutor(1, thread_name_prefix="engine") as executor:
            infiller = self._load(executor)
            while (run := self._waiting.get()) is not None:
                if infiller is not None:
                    self._answer(executor, infiller, run)

    def _read(self) -> None:
        """Set cancel flags while the engine computes."""
        while True:
            try:
                message = self._server.receive()
            except EOFError:
                break
            except pickle.UnpicklingError:  # nobody would answer it: let another start
                logger.exception("a message from the server cannot be read")
                break
            if isinstance(message, Run):
                self._cancels[message.ticket] = threading.Event()
                self._waiting.put(message)
            elif (flag := self._cancels.get(message.ticket)) is not None:
                flag.set()
        for flag in list(self._cancels.values()):
            flag.set()
        self._waiting.put(None)
        self._at_end()

    def _load(self, executor: ThreadPoolExecutor) -> Infiller | None:
        """Load the model and say so; None, after saying why, when that fails."""
        self._server.send(Loading("loading the model"))
        started = time.perf_counter()
        loading: Future[Infiller] = executor.submit(self._load_model, self._model)
        error = loading.exception()
        if error is None:
            load_ms = (time.perf_counter() - started) * 1000
            infiller = loading.result()
            self._server.send(Ready(infiller.denoiser.name, load_ms))
            return infiller
        if not isinstance(error, MidfillError):
            logger.error("loading the model failed", exc_info=error)
        self._server.send(LoadFailed(Reason.NO_MODEL, f"{error}" or type(error).__name__))
        return None

    def _answer(self, executor: ThreadPoolExecutor, infiller: Infiller, run: Run) -> None:
        """Answer one request."""
        cancel = self._cancels[run.ticket]
        steps: list[Step] = []

        def infill() -> Outcome:
            return run.job.run(infiller, cancel, steps.append)

        if cancel.is_set():
            outcome: Outcome = Refusal(Reason.CANCELLED, "cancelled before it began")
            self._server.send(Finished(run.ticket, outcome))
        else:
            self._report(run.ticket, executor.submit(infill), steps)
        del self._cancels[run.ticket]

    def _report(self, ticket: int, infilling: Future[Outcome], steps: list[Step]) -> None:
        """Send what became of a request."""
        error = infilling.exception()
        if error is None:
            self._server.send(Finished(ticket, infilling.result(), tuple(steps)))
        elif isinstance(error, Cancelled):
            self._server.send(Finished(ticket, Refusal(Reason.CANCELLED), tuple(steps)))
        elif isinstance(error, MidfillError):
            refusal = Refusal(Reason.BACKEND_FAILED, str(error))
            self._server.send(Finished(ticket, refusal, tuple(steps)))
        else:
            logger.debug("request %d failed", ticket, exc_info=error)
            self._server.send(Failed(ticket, described(error)))


class _Pipe:
    """The server's end of the pipe, as the child process sees it."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = os.fdopen(requests, "rb")
        self._answers = os.fdopen(answers, "wb")

    def send(self, message: FromEngine) -> None:
        send(self._answers, message)

    def receive(self) -> ToEngine:
        return receive(self._requests)  # type: ignore[return-value]


def main() -> None:
    """Serve the parent process on stdin and stdout until it is gone."""
    options = json.loads(sys.argv[1])
    log_file = options["log_file"]
    start_logging(options["log_level"], Path(log_file) if log_file else None, is_child=True)
    # A terminal's Ctrl-C reaches the whole group; the server decides when the engine ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = os.dup(0), os.dup(1)
    # Whatever a library prints must not land in the pipe, nor may it read from there.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    # Ending at once is safe (the process owns nothing) and the only way out of a running call.
    EngineLoop(_Pipe(requests, answers), options["model"], at_end=lambda: os._exit(0)).run()
