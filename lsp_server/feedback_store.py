"""Files of feedback: SQLite, on this machine. Behind ``midfill stats`` counts, without any code.

Several servers may create it and write to it at once: nothing is ever dropped, each write is a
transaction of its own, and readers never wait (write-ahead log).
"""

from __future__ import annotations

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

FILE_NAME = "feedback.sqlite3"
MAX_AGE_S = 365 * 24 * 3600.0
# While others write or create the file.
_PATIENCE_S = 20.0
_NUM_TRIES = 40
_SECONDS_TO_END = 3.0


@dataclass(frozen=True, slots=True)
class Schema:
    """Tables of a file, its version, and what drops the oldest of it when it is opened."""

    tables: tuple[str, ...]
    tidy: str
    version: int = 1


COUNTS = Schema(
    (
        """CREATE TABLE IF NOT EXISTS proposals (
            id TEXT PRIMARY KEY, session TEXT NOT NULL, time_s REAL NOT NULL,
            language TEXT NOT NULL, method TEXT NOT NULL, model TEXT NOT NULL,
            is_invoked INTEGER NOT NULL, confidence REAL NOT NULL, num_units INTEGER NOT NULL,
            num_lines INTEGER NOT NULL, latency_ms REAL NOT NULL,
            is_shown INTEGER NOT NULL DEFAULT 0, fate TEXT NOT NULL DEFAULT 'ignored',
            num_accepted INTEGER NOT NULL DEFAULT 0, kept_30s REAL, kept_5min REAL)""",
        """CREATE TABLE IF NOT EXISTS silences (
            day TEXT NOT NULL, language TEXT NOT NULL, reason TEXT NOT NULL,
            number INTEGER NOT NULL, PRIMARY KEY (day, language, reason))""",
    ),
    f"DELETE FROM proposals WHERE time_s < strftime('%s', 'now') - {MAX_AGE_S}",
)

Statement = tuple[str, Sequence[Any]]


def connect(path: Path, schema: Schema = COUNTS) -> sqlite3.Connection:
    """Open the file for writing, its owner's alone, and make what is missing in it.

    Raises sqlite3.Error when it is no database or one of a newer Midfill, OSError when the folder
    cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    for left in range(_NUM_TRIES - 1, -1, -1):
        connection = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)
        try:
            _prepare(connection, schema)
        except sqlite3.OperationalError as error:
            connection.close()
            # Two that switch to the write-ahead log at once: SQLite does not wait there.
            if "locked" not in str(error) or not left:
                raise
            time.sleep(0.05)
        except sqlite3.Error:
            connection.close()
            raise
        else:
            return connection
    raise sqlite3.OperationalError("the file stayed locked")


def _prepare(connection: sqlite3.Connection, schema: Schema) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > schema.version:
        connection.execute("ROLLBACK")
        raise sqlite3.DatabaseError(f"it was written by a newer Midfill (format {version})")
    for statement in schema.tables:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version={schema.version}")
    connection.execute(schema.tidy)
    connection.execute("COMMIT")


class FeedbackStore:
    """Writes statements in a thread of its own: a slow disk delays no key."""

    def __init__(self, path: Path, schema: Schema = COUNTS) -> None:
        """Prepare; the file is opened at the first write."""
        self._path, self._schema = path, schema
        self._waiting: queue.SimpleQueue[Statement | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_lost = False

    def write(self, statement: str, values: Sequence[Any]) -> None:
        """Write soon; nothing when the file turned out to be unusable."""
        if self._is_lost:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="feedback", daemon=True)
            self._thread.start()
        self._waiting.put((statement, values))

    def close(self) -> None:
        """Write what waits, then end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(_SECONDS_TO_END)

    def _run(self) -> None:
        try:
            connection = connect(self._path, self._schema)
        except (sqlite3.Error, OSError) as error:
            self._is_lost = True
            logger.warning("no feedback is kept: %s: %s", self._path, error)
            return
        with contextlib.closing(connection):
            while (statement := self._waiting.get()) is not None:
                try:
                    connection.execute(*statement)
                except sqlite3.Error as error:
                    logger.warning("feedback was lost: %s", error)
