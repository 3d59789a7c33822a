"""Milliseconds per stage of a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from engine.budget import Clock


class Stopwatch:
    """Adds up what each stage took; ``total`` runs from construction."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._began = clock, clock()
        self._stages_ms: dict[str, float] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add what the block takes to ``stage``, also when it raises."""
        began = self._clock()
        try:
            yield
        finally:
            self.add(stage, self._clock() - began)

    def add(self, stage: str, seconds: float) -> None:
        """Add to a stage."""
        self._stages_ms[stage] = self._stages_ms.get(stage, 0.0) + 1000.0 * seconds

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by stage so far, and in total."""
        return {**self._stages_ms, "total": 1000.0 * (self._clock() - self._began)}
