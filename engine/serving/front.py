"""The way from many connections to the engine: a line of waiting requests, and cancelling.

As many requests are under way as the backend takes at once; the others wait in the order they came.
One whose client hangs up is cancelled, in line or under way.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Awaitable, Callable

from engine.proposal import Outcome
from engine.request import Request
from engine.serving.backend import Backend, OnStep
from engine.serving.errors import ClientGone, TooManyRequests
from engine.serving.metrics import Metrics

IsGone = Callable[[], Awaitable[bool]]
_POLL_S = 0.05


class EngineFront:
    """Runs requests on ``backend``, at most ``max_waiting`` in line."""

    def __init__(self, backend: Backend, max_waiting: int, metrics: Metrics) -> None:
        self._backend, self._max_waiting, self._metrics = backend, max_waiting, metrics
        self._num_waiting = 0
        self._mean_s = 0.0

    @property
    def model(self) -> str:
        """The model's name."""
        return self._backend.model

    @property
    def place(self) -> str:
        """What it runs on, and why."""
        return self._backend.place

    def close(self) -> None:
        """End when the requests under way are over."""
        self._backend.close()

    def check_room(self) -> None:
        """Raise TooManyRequests when the line is full: a stream must know before it begins."""
        if self._num_waiting >= self._max_waiting:
            self._metrics.num_rejected.inc()
            wait_s = self._num_waiting * self._mean_s / self._backend.num_streams
            raise TooManyRequests(self._num_waiting, math.ceil(wait_s) or 1)

    async def infill(
        self, request: Request, is_gone: IsGone, on_step: OnStep | None = None
    ) -> Outcome:
        """The outcome of ``request``. ``on_step`` is called on any thread.

        Raises TooManyRequests when the line is full, ClientGone when the client hung up.
        """
        self.check_room()
        cancel = threading.Event()
        self._num_waiting += 1
        self._metrics.num_waiting.set(self._num_waiting)
        try:
            return await self._watched(request, cancel, is_gone, on_step)
        finally:
            cancel.set()
            self._num_waiting -= 1
            self._metrics.num_waiting.set(self._num_waiting)

    async def _watched(
        self,
        request: Request,
        cancel: threading.Event,
        is_gone: IsGone,
        on_step: OnStep | None,
    ) -> Outcome:
        answer = asyncio.ensure_future(self._backend.infill(request, cancel, on_step))
        while not answer.done():
            await asyncio.wait([answer], timeout=_POLL_S)
            if not answer.done() and await is_gone():
                # The engine sees the flag between two steps; the line moves on when it has.
                cancel.set()
                await answer
                raise ClientGone
        worked = answer.result()
        mean_s, took_s = self._mean_s, worked.took_s
        self._mean_s = 0.9 * mean_s + 0.1 * took_s if mean_s else took_s
        self._metrics.record(worked.outcome, took_s)
        return worked.outcome
