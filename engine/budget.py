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

    @property
    def interruption(self) -> threading.Event | None:
        """What ends a running call: the cancel event, or one that the deadline sets as well."""
        return self.cancel if self.deadline is None else _Interruption(self)

    @property
    def left_ms(self) -> float | None:
        """What is left, None for no limit."""
        if self.deadline is None:
            return None
        return max(1000.0 * (self.deadline - self.clock()), 0.0)

    def raise_if_cancelled(self) -> None:
        """Raise Cancelled once the request's event is set; a deadline does not count."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled("the request was cancelled")

    def lasts(self, seconds: float = 0.0) -> bool:
        """Whether work of ``seconds`` still ends in time."""
        return self.deadline is None or self.clock() + seconds < self.deadline


class _Interruption(threading.Event):
    """Set when its budget is cancelled or over."""

    def __init__(self, budget: Budget) -> None:
        super().__init__()
        self._budget = budget

    def is_set(self) -> bool:
        cancel = self._budget.cancel
        return not self._budget.lasts() or (cancel is not None and cancel.is_set())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the budget's event, at most ``timeout`` seconds, never beyond the deadline."""
        budget = self._budget
        left = 0.0 if budget.deadline is None else max(budget.deadline - budget.clock(), 0.0)
        seconds = left if timeout is None else min(timeout, left)
        if budget.cancel is None:
            super().wait(seconds)
        else:
            budget.cancel.wait(seconds)
        return self.is_set()
