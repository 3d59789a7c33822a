"""What the kept counts say, by language: read from the feedback file, nothing written."""

from __future__ import annotations

import contextlib
import math
import sqlite3
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.errors import BadInput
from lsp_server.feedback import Fate

ALL = "all"
_SECONDS_A_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Usage:
    """One language's counts. Shares are of ``num_shown``; None where nothing was measured.

    ``kept_30s`` and ``kept_5min``: share of the accepted characters that still stood then.
    ``silences``: how often nothing was shown, by reason.
    """

    num_shown: int
    accepted: float | None
    partial: float | None
    rejected: float | None
    kept_30s: float | None
    kept_5min: float | None
    latency_p50_ms: float | None
    latency_p95_ms: float | None
    silences: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    session: str
    language: str
    is_shown: bool
    fate: str
    latency_ms: float
    kept_30s: float | None
    kept_5min: float | None


def read_usage(path: Path, num_days: int | None = None) -> dict[str, Usage]:
    """Summarise the last ``num_days`` (all when None) for each language, and for ``all`` first.

    Empty when nothing was kept yet. Raises BadInput when the file cannot be read.
    """
    if not path.is_file():
        return {}
    since_s = 0.0 if num_days is None else time.time() - num_days * _SECONDS_A_DAY
    try:
        # Another server may be writing: opening read-only changes nothing, and WAL readers see a
        # whole state.
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
            rows = _rows(opened, since_s)
            silences = _silences(opened, since_s)
    except sqlite3.Error as error:
        raise BadInput(f"{path} cannot be read ({error}): move it away to begin anew") from error
    shown = _shown(rows)
    languages = sorted({row.language for row in shown} | set(silences))
    if not languages:
        return {}
    usages = {ALL: _usage(shown, _total(silences.values()))}
    for language in languages:
        own = [row for row in shown if row.language == language]
        usages[language] = _usage(own, silences.get(language, Counter()))
    return usages


def _rows(connection: sqlite3.Connection, since_s: float) -> list[_Row]:
    found = connection.execute(
        "SELECT session, language, is_shown, fate, latency_ms, kept_30s, kept_5min FROM proposals"
        " WHERE time_s >= ?",
        (since_s,),
    )
    return [_Row(row[0], row[1], bool(row[2]), *row[3:]) for row in found]


def _silences(connection: sqlite3.Connection, since_s: float) -> dict[str, Counter[str]]:
    found = connection.execute(
        "SELECT language, reason, SUM(number) FROM silences WHERE day >= date(?, 'unixepoch')"
        " GROUP BY language, reason",
        (since_s,),
    )
    counted: dict[str, Counter[str]] = {}
    for language, reason, number in found:
        counted.setdefault(language, Counter())[reason] += number
    return counted


def _total(counters: Iterable[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total


def _shown(rows: Sequence[_Row]) -> list[_Row]:
    """Those that were shown: as the editor tells, or all of an editor that never tells."""
    telling = {row.session for row in rows if row.is_shown}
    return [
        row
        for row in rows
        if row.is_shown or row.fate != Fate.IGNORED.value or row.session not in telling
    ]


def _usage(rows: Sequence[_Row], silences: Counter[str]) -> Usage:
    fates = Counter(row.fate for row in rows)

    def share(fate: Fate) -> float | None:
        return fates[fate.value] / len(rows) if rows else None

    # What came from the cache took no time.
    latencies = sorted(row.latency_ms for row in rows if row.latency_ms > 0)
    return Usage(
        num_shown=len(rows),
        accepted=share(Fate.ACCEPTED),
        partial=share(Fate.PARTIAL),
        rejected=share(Fate.REJECTED),
        kept_30s=_mean(row.kept_30s for row in rows),
        kept_5min=_mean(row.kept_5min for row in rows),
        latency_p50_ms=_ranked(latencies, 0.5),
        latency_p95_ms=_ranked(latencies, 0.95),
        silences=dict(silences.most_common()),
    )


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _ranked(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that at least ``share`` of the values do not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
