"""What a request may spend: wall-clock time, and whether it was cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from engine.errors import Cancelled

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Budget:
    """``deadline`` in seconds of ``clock``, None for no limit."""

    clock: Clock = time.perf_counter
    deadline: float | None = None
    cancel: threading.Event | None = None

    @staticmethod
    def of(budget_ms: float | None, cancel: threading.Event | None, clock: Clock) -> Budget:
        """A budget that starts now."""
        deadline = None if budget_ms is None else clock() + budget_ms / 1000.0
        return Budget(clock, deadline, cancel)

    def raise_if_cancelled(self) -> None:
        """Raise Cancelled once the request's event is set."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled("the request was cancelled")

    def lasts(self, seconds: float = 0.0) -> bool:
        """Whether work of ``seconds`` still ends in time."""
        return self.deadline is None or self.clock() + seconds < self.deadline
