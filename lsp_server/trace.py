"""The last requests, kept in memory only: what was planned, denoised, and why nothing was shown."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

from engine.proposal import Outcome
from engine.step import Step

MAX_RECORDS = 50


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """One request's way. ``id`` is the prefix of the ids of its completion items.

    ``origin`` is the id of the request that the engine answered: an earlier one, when the outcome
    came from the cache.
    """

    id: str
    uri: str
    outcome: Outcome
    steps: tuple[Step, ...]
    origin: str = ""


class TraceRing:
    """The last requests, oldest dropped first."""

    def __init__(self) -> None:
        self._records: deque[TraceRecord] = deque(maxlen=MAX_RECORDS)
        self._late: OrderedDict[str, tuple[Step, ...]] = OrderedDict()

    def add(self, record: TraceRecord) -> None:
        """Remember a request that has ended."""
        self._records.append(record)

    def add_late(self, id_: str, steps: tuple[Step, ...]) -> None:
        """Remember how an answer came about that the engine gave after its request was over."""
        self._late[id_] = steps
        while len(self._late) > MAX_RECORDS:
            self._late.popitem(last=False)

    def steps_of(self, id_: str) -> tuple[Step, ...]:
        """Return the steps that the engine took for a request; none when they are forgotten."""
        record = self.find(id_)
        return (record.steps if record is not None else ()) or self._late.get(id_, ())

    def find(self, id_: str | None) -> TraceRecord | None:
        """Return the record of a request's or an item's id; the newest one without an id."""
        if id_ is None:
            return self._records[-1] if self._records else None
        wanted = id_.partition(".")[0]
        return next((record for record in self._records if record.id == wanted), None)
