"""What the user took or turned down, with the code around it: kept for training if they ask for it.

A file of its own beside the counts (``judged.sqlite3``), its owner's alone and bounded: the newest
texts are kept. Secrets are hidden in them, and nothing comes from files that no model may see.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from engine.errors import BadInput
from engine.spans import ByteOffset
from lsp_server.feedback_store import FeedbackStore, Schema
from lsp_server.secret_mask import without_secrets

FILE_NAME = "judged.sqlite3"
MAX_TEXTS = 3000
# About what a training row holds around its hole.
BYTES_BEFORE, BYTES_AFTER = 1400, 600
SCHEMA = Schema(
    (
        """CREATE TABLE IF NOT EXISTS judged (
            number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
            language TEXT NOT NULL, path TEXT NOT NULL, before TEXT NOT NULL, text TEXT NOT NULL,
            after TEXT NOT NULL, is_accepted INTEGER NOT NULL)""",
    ),
    f"DELETE FROM judged WHERE number <= (SELECT MAX(number) FROM judged) - {MAX_TEXTS}",
)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a text was proposed: ``path`` is the file's name, without its folders."""

    language: str
    path: str
    before: str
    after: str

    @classmethod
    def of(cls, masked_text: str, at: ByteOffset, language: str, path: str | None) -> Site:
        """Cut it out of a text whose secrets are hidden."""
        data = masked_text.encode()
        before, after = data[max(at - BYTES_BEFORE, 0) : at], data[at : at + BYTES_AFTER]
        name = Path(path or "untitled").name
        return cls(language, name, before.decode(errors="ignore"), after.decode(errors="ignore"))


@dataclass(frozen=True, slots=True)
class Judged:
    """A text that the user took (or its beginning that they took), or turned down."""

    language: str
    path: str
    before: str
    text: str
    after: str
    is_accepted: bool


class Judgements:
    """One connection's way to the file. Without a store, or unless switched on, it forgets all."""

    def __init__(self, store: FeedbackStore | None = None) -> None:
        self._store = store
        self.is_on = False

    def keep(self, id_: str, site: Site, text: str, is_accepted: bool) -> None:
        """Remember what became of the proposal ``id_``; the last word counts."""
        if self._store is None or not self.is_on:
            return
        hidden = without_secrets(text)
        judged = Judged(site.language, site.path, site.before, hidden, site.after, is_accepted)
        self._store.write(
            "INSERT OR REPLACE INTO judged (id, language, path, before, text, after, is_accepted)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (id_, *astuple(judged)),
        )


def read_judged(path: Path) -> Iterator[Judged]:
    """All that is kept, the oldest first. Raises BadInput when the file cannot be read."""
    if not path.is_file():
        return
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
            rows = opened.execute(
                "SELECT language, path, before, text, after, is_accepted FROM judged"
                " ORDER BY number"
            ).fetchall()
    except sqlite3.Error as error:
        raise BadInput(f"{path} cannot be read ({error}): move it away to begin anew") from error
    for language, name, before, text, after, is_accepted in rows:
        yield Judged(language, name, before, text, after, bool(is_accepted))


def forget_judged(path: Path) -> int:
    """Delete all that is kept; how many texts. Raises BadInput when the file cannot be deleted."""
    number = sum(1 for _ in read_judged(path))
    try:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        raise BadInput(f"{path} cannot be deleted ({error.strerror})") from error
    return number
