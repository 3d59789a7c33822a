"""The engine's keeper: one child process, missed at once when it is gone, started again.

Knows requests and outcomes, nothing of the Language Server Protocol. Thread-safe; listeners are
called on the thread that reads the engine's pipe.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from engine.job import Job
from engine.proposal import Reason, Refusal
from lsp_server.channel import Channel, ProcessChannel
from lsp_server.messages import (
    Cancel,
    Failed,
    Finished,
    FromEngine,
    LoadFailed,
    Loading,
    Ready,
    Run,
)

logger = logging.getLogger(__name__)

FIRST_RETRY_S = 0.5
MAX_RETRY_S = 30.0
MAX_LOSSES = 5


class EngineFailed(Exception):
    """The engine raised something that is not its to raise: a bug. Says what and where."""


@dataclass(frozen=True, slots=True)
class Lost:
    """The engine process ended by itself. ``retry_s`` is None when it is not started again."""

    detail: str
    retry_s: float | None


WorkerEvent = Loading | Ready | LoadFailed | Lost
Listener = Callable[[WorkerEvent], None]


@dataclass(frozen=True, slots=True)
class Submission:
    """A request under way. ``answer`` holds Finished, or raises EngineFailed."""

    ticket: int
    answer: Future[Finished]


class Worker:
    """Runs requests on an engine in another process."""

    def __init__(
        self,
        model: str | None = None,
        open_channel: Callable[[str | None], Channel] = ProcessChannel,
        first_retry_s: float = FIRST_RETRY_S,
    ) -> None:
        """Prepare; nothing is started before ``start`` or the first request."""
        self._model = model
        self._open_channel = open_channel
        self._first_retry_s = first_retry_s
        self._lock = threading.RLock()
        self._channel: Channel | None = None
        self._tickets = itertools.count(1)
        self._outstanding: dict[int, Future[Finished]] = {}
        self._idle_ticket: int | None = None
        self._listener_numbers = itertools.count()
        self._listeners: dict[int, Listener] = {}
        self._latest: WorkerEvent | None = None
        self._num_losses = 0
        self._retry: threading.Timer | None = None
        self._is_closed = False

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell ``listener`` what happens, the latest event first; returns how to stop that."""
        with self._lock:
            number = next(self._listener_numbers)
            self._listeners[number] = listener
            latest = self._latest
        if latest is not None:
            listener(latest)
        return lambda: _forget(self._listeners, number)

    def start(self) -> None:
        """Start the engine unless it runs, is about to be restarted, or was given up."""
        with self._lock:
            is_idle = self._channel is None and self._retry is None
            if is_idle and not self._is_closed and self._num_losses <= MAX_LOSSES:
                self._open()

    def use_model(self, model: str | None) -> None:
        """Change the model; a running engine is ended and started with the new one."""
        with self._lock:
            if model == self._model:
                return
            self._model = model
            was_running = self._channel is not None
            self._end("the model was changed")
            self._num_losses = 0
            if was_running:
                self._open()

    def submit(self, job: Job) -> Submission:
        """Start doing ``job``."""
        self.start()
        answer: Future[Finished] = Future()
        with self._lock:
            ticket = next(self._tickets)
            refusal = self._refusal()
            self._end_idle()
            if refusal is None and self._channel is not None:
                self._outstanding[ticket] = answer
                self._channel.send(Run(ticket, job))
        if refusal is not None:
            answer.set_result(Finished(ticket, refusal))
        return Submission(ticket, answer)

    def submit_idle(self, job: Job) -> Submission | None:
        """Do ``job`` if nothing else is to be done; whatever is submitted next ends it.

        None when the engine is busy, loading, or not there: it is not started for this.
        """
        with self._lock:
            is_busy = any(ticket != self._idle_ticket for ticket in self._outstanding)
            if is_busy or self._channel is None or not isinstance(self._latest, Ready):
                return None
            self._end_idle()
            self._idle_ticket = ticket = next(self._tickets)
            self._outstanding[ticket] = answer = Future[Finished]()
            self._channel.send(Run(ticket, job))
        return Submission(ticket, answer)

    def cancel(self, ticket: int) -> None:
        """Set a request's cancel flag; it ends after at most one more step."""
        with self._lock:
            if ticket in self._outstanding and self._channel is not None:
                self._channel.send(Cancel(ticket))

    def close(self) -> None:
        """End the engine for good."""
        with self._lock:
            self._is_closed = True
            self._end("the server is shutting down")

    def _end_idle(self) -> None:
        if self._idle_ticket is not None:
            self.cancel(self._idle_ticket)

    def _refusal(self) -> Refusal | None:
        """Why no request can be answered now, or None."""
        if isinstance(self._latest, LoadFailed):
            return Refusal(self._latest.reason, self._latest.detail)
        if self._channel is not None:
            return None
        detail = self._latest.detail if isinstance(self._latest, Lost) else "it was shut down"
        return Refusal(Reason.WORKER_LOST, f"the engine is not running: {detail}")

    def _open(self) -> None:
        self._retry = None
        self._latest = None
        self._channel = channel = self._open_channel(self._model)
        threading.Thread(
            target=self._listen, args=(channel,), name="engine-reader", daemon=True
        ).start()

    def _end(self, why: str) -> None:
        """Stop the engine and everything that waits for it."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        channel, self._channel = self._channel, None
        self._latest = None
        if channel is not None:
            channel.close()
        self._give_up_outstanding(Refusal(Reason.WORKER_LOST, why))

    def _give_up_outstanding(self, refusal: Refusal) -> None:
        outstanding, self._outstanding = self._outstanding, {}
        self._idle_ticket = None
        for ticket, answer in outstanding.items():
            answer.set_result(Finished(ticket, refusal))

    def _listen(self, channel: Channel) -> None:
        """Read one engine's messages until it is gone."""
        while True:
            try:
                message = channel.receive()
            except EOFError as error:
                logger.debug("the engine's pipe ended: %s", error)
                break
            self._handle(channel, message)
        self._handle_end(channel)

    def _handle(self, channel: Channel, message: FromEngine) -> None:
        with self._lock:
            if channel is not self._channel:
                return  # an engine that was ended on purpose has nothing to say
            if isinstance(message, (Finished, Failed)):
                self._num_losses = 0
                answer = self._outstanding.pop(message.ticket, None)
                if message.ticket == self._idle_ticket:
                    self._idle_ticket = None
            else:
                self._latest = message
                if isinstance(message, LoadFailed):
                    self._give_up_outstanding(Refusal(message.reason, message.detail))
        if isinstance(message, Failed):
            if answer is not None:
                answer.set_exception(EngineFailed(message.detail))
        elif isinstance(message, Finished):
            if answer is not None:
                answer.set_result(message)
        else:
            self._tell(message)

    def _handle_end(self, channel: Channel) -> None:
        """Notice that an engine is gone; start another one after a while."""
        with self._lock:
            if channel is not self._channel:
                return
            self._channel = None
            self._num_losses += 1
            retry_s: float | None = None
            if self._num_losses <= MAX_LOSSES:
                retry_s = min(self._first_retry_s * 2 ** (self._num_losses - 1), MAX_RETRY_S)
                self._retry = threading.Timer(retry_s, self._reopen)
                self._retry.daemon = True
                self._retry.start()
            event = Lost(f"the engine process ended ({channel.describe_end()})", retry_s)
            self._latest = event
            channel.close()
            self._give_up_outstanding(Refusal(Reason.WORKER_LOST, event.detail))
        logger.error("%s", event.detail)
        self._tell(event)

    def _reopen(self) -> None:
        with self._lock:
            if self._retry is not None and not self._is_closed:
                self._open()

    def _tell(self, event: WorkerEvent) -> None:
        for listener in list(self._listeners.values()):
            listener(event)


def _forget(listeners: dict[int, Listener], number: int) -> None:
    listeners.pop(number, None)
