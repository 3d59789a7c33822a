"""The way from many connections to one engine: a line of waiting requests, and cancelling.

As many requests are under way as the model gains from batching; the others wait in the order they
came. One whose client hangs up is cancelled, in line or under way.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from engine.infill import Infiller
from engine.proposal import Outcome, Reason, Refusal
from engine.request import Request
from engine.serving.errors import ClientGone, TooManyRequests
from engine.serving.metrics import Metrics
from engine.serving.pool import InfillerPool
from engine.step import Step

IsGone = Callable[[], Awaitable[bool]]
_POLL_S = 0.05


class EngineFront:
    """Runs requests on ``infiller``, ``num_streams`` at once, at most ``max_waiting`` in line."""

    def __init__(
        self, infiller: Infiller, max_waiting: int, metrics: Metrics, num_streams: int | None = None
    ) -> None:
        self.infiller, self._pool = infiller, InfillerPool(infiller, num_streams)
        self._max_waiting, self._metrics = max_waiting, metrics
        self._num_waiting = 0
        self._mean_s = 0.0
        self._executor = ThreadPoolExecutor(self._pool.size, thread_name_prefix="midfill-engine")

    @property
    def model(self) -> str:
        """The model's name."""
        return self.infiller.denoiser.name

    def close(self) -> None:
        """End when the requests under way are over."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def check_room(self) -> None:
        """Raise TooManyRequests when the line is full: a stream must know before it begins."""
        if self._num_waiting >= self._max_waiting:
            self._metrics.num_rejected.inc()
            retry_s = math.ceil(self._num_waiting * self._mean_s / self._pool.size) or 1
            raise TooManyRequests(self._num_waiting, retry_s)

    async def infill(
        self, request: Request, is_gone: IsGone, on_step: Callable[[Step], None] | None = None
    ) -> Outcome:
        """The outcome of ``request``. ``on_step`` is called on the engine's thread.

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
        on_step: Callable[[Step], None] | None,
    ) -> Outcome:
        loop = asyncio.get_running_loop()
        answer = loop.run_in_executor(self._executor, self._run, request, cancel, on_step)
        while not answer.done():
            await asyncio.wait([answer], timeout=_POLL_S)
            if not answer.done() and await is_gone():
                # The engine sees the flag between two steps; the line moves on when it has.
                cancel.set()
                await answer
                raise ClientGone
        return answer.result()

    def _run(
        self, request: Request, cancel: threading.Event, on_step: Callable[[Step], None] | None
    ) -> Outcome:
        if cancel.is_set():
            return Refusal(Reason.CANCELLED, "cancelled before it began")
        began = time.perf_counter()
        with self._pool.lend(request.path) as infiller:
            outcome = infiller.infill(request, cancel, on_step)
        took_s = time.perf_counter() - began
        self._mean_s = took_s if not self._mean_s else 0.9 * self._mean_s + 0.1 * took_s
        self._metrics.record(outcome, took_s)
        return outcome
