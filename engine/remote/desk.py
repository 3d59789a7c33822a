"""Asks servers while the local model works: a thread with an event loop, one client a backend."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any

from engine.errors import RemoteFailed
from engine.remote.backend import Backend
from engine.remote.breaker import Breaker
from engine.remote.client import Client
from engine.remote.key import find_key
from engine.remote.question import Question, RemoteText


class Desk:
    """Thread-safe. Nothing is started before the first question."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._clients: dict[Backend, Client] = {}
        self._breakers: dict[Backend, Breaker] = {}

    def ask(self, backend: Backend, question: Question, timeout_s: float) -> Future[RemoteText]:
        """Ask at once; the future raises RemoteFailed. Cancelling it closes the connection.

        Raises RemoteFailed when the server failed lately, BadInput when there is no key.
        """
        client = self._client(backend)
        return self._run(backend, client.ask(question), timeout_s)

    def post(
        self, backend: Backend, endpoint: str, body: dict[str, Any], timeout_s: float
    ) -> Future[Any]:
        """The JSON that ``endpoint`` answers; as ``ask`` otherwise."""
        return self._run(backend, self._client(backend).post(endpoint, body), timeout_s)

    def note_late(self, backend: Backend) -> None:
        """Its answer was not waited for."""
        with self._lock:
            self._breakers[backend].note_failure()

    def close(self) -> None:
        """Close every connection and end the thread."""
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
            clients, self._clients = list(self._clients.values()), {}
        if loop is not None and thread is not None:
            asyncio.run_coroutine_threadsafe(_close(clients), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

    def _client(self, backend: Backend) -> Client:
        with self._lock:
            breaker = self._breakers.setdefault(backend, Breaker(self._clock))
            if breaker.pause_s:
                raise RemoteFailed(
                    f"{backend.host}: failed lately, asked again in {breaker.pause_s:.0f} s"
                )
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="midfill-remote", daemon=True
                )
                self._thread.start()
            if backend not in self._clients:
                self._clients[backend] = Client(backend, find_key(backend.key))
            return self._clients[backend]

    def _run(
        self, backend: Backend, asking: Coroutine[Any, Any, Any], timeout_s: float
    ) -> Future[Any]:
        with self._lock:
            loop, breaker = self._loop, self._breakers[backend]
        if loop is None:
            asking.close()
            raise RemoteFailed(f"{backend.host}: not asked, the engine is ending")
        return asyncio.run_coroutine_threadsafe(_timed(backend, breaker, asking, timeout_s), loop)


async def _timed(
    backend: Backend, breaker: Breaker, asking: Coroutine[Any, Any, Any], timeout_s: float
) -> Any:
    """The answer within the time; the breaker learns how it went, unless it was cancelled."""
    try:
        answer = await asyncio.wait_for(asking, timeout_s)
    except asyncio.TimeoutError as error:
        breaker.note_failure()
        raise RemoteFailed(f"{backend.host}: no answer within {1000 * timeout_s:.0f} ms") from error
    except RemoteFailed as error:
        breaker.note_failure(error.retry_after_s)
        raise
    breaker.note_success()
    return answer


async def _close(clients: list[Client]) -> None:
    """End what is under way on this loop, then the connections."""
    under_way = asyncio.all_tasks() - {asyncio.current_task()}
    for task in under_way:
        task.cancel()
    await asyncio.gather(*under_way, return_exceptions=True)
    for client in clients:
        await client.close()
