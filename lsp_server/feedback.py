"""What is remembered of proposals: lengths, times and fates, never a text, and only if allowed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from engine.proposal import Reason
from lsp_server.feedback_store import FeedbackStore

# These say nothing about the model: the user typed on, or the request was taken back.
_ROUTINE = frozenset({Reason.SUPERSEDED, Reason.CANCELLED, Reason.STALE})


class Fate(str, Enum):
    """What became of a proposal; ``ignored`` until something else is known."""

    IGNORED = "ignored"
    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"


class Lifetime(str, Enum):
    """When the survival of an accepted text is measured; the value is its column."""

    HALF_MINUTE = "kept_30s"
    FIVE_MINUTES = "kept_5min"


@dataclass(frozen=True, slots=True)
class Offer:
    """One proposal as it was given to the editor; ``num_units`` counts UTF-16 units."""

    id: str
    session: str
    language: str
    method: str
    model: str
    is_invoked: bool
    confidence: float
    num_units: int
    num_lines: int
    latency_ms: float


class Feedback:
    """One connection's way to the store. Without a store, or switched off, it forgets all."""

    def __init__(self, store: FeedbackStore | None = None) -> None:
        self._store = store
        self.is_on = True

    def offer(self, offer: Offer) -> None:
        """A proposal was given to the editor."""
        self._write(
            "INSERT OR IGNORE INTO proposals (id, session, time_s, language, method, model,"
            " is_invoked, confidence, num_units, num_lines, latency_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                offer.id,
                offer.session,
                time.time(),
                offer.language,
                offer.method,
                offer.model,
                offer.is_invoked,
                offer.confidence,
                offer.num_units,
                offer.num_lines,
                offer.latency_ms,
            ),
        )

    def show(self, id_: str) -> None:
        """The editor says that it showed it."""
        self._write("UPDATE proposals SET is_shown = 1 WHERE id = ?", (id_,))

    def end(self, id_: str, fate: Fate, num_accepted: int) -> None:
        """The user decided; ``num_accepted`` UTF-16 units were taken."""
        self._write(
            "UPDATE proposals SET fate = ?, num_accepted = ? WHERE id = ?",
            (fate.value, num_accepted, id_),
        )

    def survive(self, id_: str, lifetime: Lifetime, share: float) -> None:
        """This share of the accepted text still stands."""
        self._write(f"UPDATE proposals SET {lifetime.value} = ? WHERE id = ?", (share, id_))

    def silence(self, language: str, reason: Reason) -> None:
        """Nothing was shown."""
        if reason not in _ROUTINE:
            self._write(
                "INSERT INTO silences VALUES (date('now'), ?, ?, 1)"
                " ON CONFLICT DO UPDATE SET number = number + 1",
                (language, reason.value),
            )

    def _write(self, statement: str, values: Sequence[Any]) -> None:
        if self._store is not None and self.is_on:
            self._store.write(statement, values)
