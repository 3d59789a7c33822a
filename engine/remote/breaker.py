"""Whether a server that failed lately is asked again: not for a while, then once.

Without it, every key typed would wait for the time-out of a server that is down.
"""

from __future__ import annotations

from collections.abc import Callable

NUM_FAILURES = 3
FIRST_PAUSE_S = 5.0
MAX_PAUSE_S = 120.0


class Breaker:
    """Open (nobody asks) after three failures in a row; the pause doubles while trials fail."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._num_failures = 0
        self._opens_at = 0.0

    @property
    def pause_s(self) -> float:
        """How long nobody asks from now on; 0 when asking is fine."""
        return max(self._opens_at - self._clock(), 0.0)

    def note_success(self) -> None:
        """The server answered."""
        self._num_failures, self._opens_at = 0, 0.0

    def note_failure(self, at_least_s: float | None = None) -> None:
        """It did not, or too late. ``at_least_s``: how long it wants to be left alone."""
        self._num_failures += 1
        pause_s = at_least_s or 0.0
        if self._num_failures >= NUM_FAILURES:
            doubled = FIRST_PAUSE_S * 2.0 ** (self._num_failures - NUM_FAILURES)
            pause_s = max(pause_s, min(doubled, MAX_PAUSE_S))
        if pause_s:
            self._opens_at = self._clock() + min(pause_s, MAX_PAUSE_S)
