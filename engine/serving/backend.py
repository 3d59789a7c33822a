"""What stands behind the line of requests: an engine of this process, or several elsewhere."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from engine.denoisers.protocol import Placed
from engine.infill import Infiller
from engine.proposal import Outcome, Reason, Refusal
from engine.request import Request
from engine.serving.options import DEFAULT_CONTEXTS
from engine.serving.pool import InfillerPool
from engine.step import Step

OnStep = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Worked:
    """An outcome and the seconds that the engine spent on it."""

    outcome: Outcome
    took_s: float


class Backend(Protocol):
    """Answers requests. ``num_streams``: how many at once; more wait inside."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    @property
    def place(self) -> str:
        """What it runs on, and why."""
        ...

    @property
    def num_streams(self) -> int:
        """Requests under way at once."""
        ...

    async def infill(
        self, request: Request, cancel: threading.Event, on_step: OnStep | None
    ) -> Worked:
        """The outcome of ``request``; soon, once ``cancel`` is set. ``on_step``: on any thread."""
        ...

    def close(self) -> None:
        """End when the requests under way are over."""
        ...


class LocalBackend:
    """Infillers of this process, which share one model and keep ``num_contexts`` for all."""

    def __init__(
        self,
        infiller: Infiller,
        num_streams: int | None = None,
        num_contexts: int = DEFAULT_CONTEXTS,
    ) -> None:
        self._infiller, self._pool = infiller, InfillerPool(infiller, num_streams)
        infiller.keep_contexts(num_contexts)
        self._executor = ThreadPoolExecutor(self._pool.size, thread_name_prefix="midfill-engine")

    @property
    def model(self) -> str:
        """The model's name."""
        return self._infiller.denoiser.name

    @property
    def place(self) -> str:
        """What it runs on, and why; empty where nothing runs."""
        denoiser = self._infiller.denoiser
        return denoiser.place if isinstance(denoiser, Placed) else ""

    @property
    def num_streams(self) -> int:
        """Requests under way at once."""
        return self._pool.size

    async def infill(
        self, request: Request, cancel: threading.Event, on_step: OnStep | None = None
    ) -> Worked:
        """The outcome of ``request``. ``on_step`` is called on the engine's thread."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._run, request, cancel, on_step)

    def close(self) -> None:
        """End when the requests under way are over."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _run(self, request: Request, cancel: threading.Event, on_step: OnStep | None) -> Worked:
        if cancel.is_set():
            return Worked(Refusal(Reason.CANCELLED, "cancelled before it began"), 0.0)
        with self._pool.lend(request.path) as infiller:
            began = time.perf_counter()
            outcome = infiller.infill(request, cancel, on_step)
            return Worked(outcome, time.perf_counter() - began)
