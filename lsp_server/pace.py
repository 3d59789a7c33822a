"""How long to wait before the engine is asked: until the user pauses, as far as that costs nothing.

A proposal that arrives while the next key is being hit is of no use. Waiting as long as the user
usually takes from key to key, less the time that the engine takes, asks seldom for what is
superseded and still answers about one key's time after the last one.
"""

from __future__ import annotations

import time
from collections.abc import Callable

# Weight of the newest observation; about the last five count.
_WEIGHT = 0.3
# A longer pause is thinking, not typing: counted, it would have the next keys wait. Who types as
# slowly as that is never asked for in vain.
_MAX_INTERVAL_S = 0.6
# So long without an answer while requests come: the machine is slower than the user.
_STARVING_S = 1.0


class Pace:
    """The user's typing interval and the engine's latency, both as moving averages."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._interval_s = 0.0
        self._latency_s = 0.0
        self._last_key_s: float | None = None
        self._last_answer_s: float | None = None

    def note_text(self) -> None:
        """More than a key writes was put in at once: whoever did that looks at what comes next."""
        self._last_key_s = None

    def note_key(self) -> None:
        """A document was changed."""
        now_s = self._clock()
        if self._last_key_s is not None and now_s - self._last_key_s <= _MAX_INTERVAL_S:
            self._interval_s = _average(self._interval_s, now_s - self._last_key_s)
        self._last_key_s = now_s

    def note_latency(self, latency_s: float) -> None:
        """The engine has answered a request."""
        self._latency_s = _average(self._latency_s, latency_s)
        self._last_answer_s = self._clock()

    def delay_s(self, max_delay_ms: float) -> float:
        """Seconds to wait for the next key before asking, counted from now."""
        if self._last_key_s is None:
            return 0.0
        since_key_s = self._clock() - self._last_key_s
        wanted_s = self._interval_s - self._latency_s - since_key_s
        return min(max(wanted_s, 0.0), max_delay_ms / 1000)

    def is_worth_finishing(self, ran_s: float) -> bool:
        """Whether a job that has run for ``ran_s`` should end by itself though a key came.

        When half of the usual time is over, and when keys have kept the engine from answering at
        all for a while: then each would throw away the beginning of the same work.
        """
        if self._last_answer_s is None or self._clock() - self._last_answer_s > _STARVING_S:
            return True
        return ran_s >= self._latency_s / 2


def _average(old: float, new: float) -> float:
    return new if old == 0.0 else old + _WEIGHT * (new - old)
