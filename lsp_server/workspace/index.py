"""The names that a folder tree defines and mentions, in one SQLite file in the user's cache folder.

Readers see the last state that an update finished; an update writes in small transactions, so it
can be ended at any moment. The file is a cache: a damaged or older one is thrown away.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.memory.nearness import density, rarity
from engine.spans import ByteOffset, Span
from lsp_server.folders import cache_folder

FORMAT = 5
MAX_ROWS = 200
_SCHEMA = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, language TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, digest BLOB NOT NULL
);
CREATE TABLE definitions (
    file INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE, name TEXT NOT NULL,
    kind TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, signature TEXT NOT NULL
);
CREATE INDEX definitions_by_name ON definitions(name);
CREATE INDEX definitions_by_file ON definitions(file);
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE mentions (
    name INTEGER NOT NULL, file INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
    PRIMARY KEY (name, file)
) WITHOUT ROWID;
CREATE INDEX mentions_by_file ON mentions(file);
CREATE TABLE whole (is_cut INTEGER NOT NULL);
INSERT INTO whole VALUES (0);
CREATE TABLE left_out (path TEXT NOT NULL);
CREATE TABLE rest (path TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition in the file ``path`` as that was when it was indexed; ``span`` in bytes."""

    path: Path
    language: str
    name: str
    kind: str
    span: Span
    signature: str


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells that a file is still the one that was indexed."""

    size: int
    mtime_ns: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class FileEntry:
    """What is kept of one file; ``path`` is relative to the root, with slashes."""

    path: str
    language: str
    state: FileState
    definitions: tuple[tuple[str, str, Span, str], ...]
    """Name, kind, span, signature."""
    mentions: frozenset[str]


class Index:
    """One root's index. Not shared between threads."""

    def __init__(self, root: Path, database: Path | None = None) -> None:
        """Open the index of ``root``; sqlite3.Error when its file can be neither used nor made."""
        self.root = root
        self.database = database or database_of(root)
        self.database.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = self._open()
        except sqlite3.DatabaseError:
            self.database.unlink(missing_ok=True)
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.database, timeout=5.0, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found != FORMAT:
                _make(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    # Reading

    def definitions(self, names: Sequence[str], limit: int = MAX_ROWS) -> tuple[Definition, ...]:
        """Where ``names`` are defined, by path and place, at most ``limit``."""
        marks = ", ".join("?" * len(names))
        rows = self._connection.execute(
            "SELECT path, language, name, kind, start, stop, signature"
            " FROM definitions JOIN files ON files.id = definitions.file"
            f" WHERE name IN ({marks}) ORDER BY path, start LIMIT ?",
            (*names, limit),
        )
        return tuple(self._definition(row) for row in rows)

    def definitions_in(self, path: Path) -> tuple[Definition, ...]:
        """What the file ``path`` defines, in text order."""
        rows = self._connection.execute(
            "SELECT path, language, name, kind, start, stop, signature"
            " FROM definitions JOIN files ON files.id = definitions.file"
            " WHERE path = ? ORDER BY start",
            (self._relative(path),),
        )
        return tuple(self._definition(row) for row in rows)

    def files_mentioning(self, name: str, limit: int = MAX_ROWS) -> tuple[Path, ...]:
        """Files whose text holds ``name``, code or not, by path, at most ``limit``."""
        rows = self._connection.execute(
            "SELECT path FROM names JOIN mentions ON mentions.name = names.id"
            " JOIN files ON files.id = mentions.file WHERE names.name = ? ORDER BY path LIMIT ?",
            (name, limit),
        )
        return tuple(self.root / path for (path,) in rows)

    def likeness(self, names: Iterable[str]) -> dict[str, float]:
        """How like a text with ``names`` each file is, by absolute path (``memory.nearness``).

        Files that mention none of them are missing.
        """
        (num_files,) = self._connection.execute("SELECT COUNT(*) FROM files").fetchone()
        self._connection.create_function(
            "rarity", 1, lambda num: rarity(num, num_files), deterministic=True
        )
        wanted = tuple(names)
        marks = ", ".join("?" * len(wanted))
        rows = self._connection.execute(
            "WITH wanted AS ("
            " SELECT name, rarity(COUNT(*)) AS worth FROM mentions"
            f" WHERE name IN (SELECT id FROM names WHERE names.name IN ({marks}))"
            " GROUP BY name)"
            " SELECT path, size, SUM(worth) FROM wanted"
            " JOIN mentions ON mentions.name = wanted.name JOIN files ON files.id = mentions.file"
            " WHERE worth > 0 GROUP BY mentions.file",
            wanted,
        )
        return {(self.root / path).as_posix(): density(worth, size) for path, size, worth in rows}

    def paths(self) -> tuple[Path, ...]:
        """All files, by path."""
        rows = self._connection.execute("SELECT path FROM files ORDER BY path")
        return tuple(self.root / path for (path,) in rows)

    @property
    def is_cut(self) -> bool:
        """Whether the root holds more than is indexed and listed as its rest."""
        (is_cut,) = self._connection.execute("SELECT is_cut FROM whole").fetchone()
        return bool(is_cut)

    def left_out(self) -> tuple[Path, ...]:
        """What is not read, as far as it was noted."""
        rows = self._connection.execute("SELECT path FROM left_out ORDER BY path")
        return tuple(self.root / path for (path,) in rows)

    def rest(self) -> tuple[Path, ...]:
        """Source files that are not indexed because there are too many, the nearest first."""
        rows = self._connection.execute("SELECT path FROM rest ORDER BY rowid")
        return tuple(self.root / path for (path,) in rows)

    def states(self) -> dict[str, FileState]:
        """What is known of each file, by relative path."""
        rows = self._connection.execute("SELECT path, size, mtime_ns, digest FROM files")
        return {path: FileState(size, mtime_ns, digest) for path, size, mtime_ns, digest in rows}

    def _definition(self, row: tuple[str, str, str, str, int, int, str]) -> Definition:
        path, language, name, kind, start, stop, signature = row
        place = Span(ByteOffset(start), ByteOffset(stop))
        return Definition(self.root / path, language, name, kind, place, signature)

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else ""

    # Writing

    def put(self, entries: Iterable[FileEntry]) -> None:
        """Replace what is known of the entries' files, in one transaction."""
        with self._transaction() as cursor:
            for entry in entries:
                cursor.execute("DELETE FROM files WHERE path = ?", (entry.path,))
                state = entry.state
                cursor.execute(
                    "INSERT INTO files (path, language, size, mtime_ns, digest)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (entry.path, entry.language, state.size, state.mtime_ns, state.digest),
                )
                self._put_names(cursor, cursor.lastrowid or 0, entry)

    def _put_names(self, cursor: sqlite3.Cursor, file: int, entry: FileEntry) -> None:
        cursor.executemany(
            "INSERT INTO definitions VALUES (?, ?, ?, ?, ?, ?)",
            (
                (file, name, kind, place.start, place.end, signature)
                for name, kind, place, signature in entry.definitions
            ),
        )
        names = sorted(entry.mentions)
        cursor.executemany(
            "INSERT OR IGNORE INTO names (name) VALUES (?)", ((name,) for name in names)
        )
        cursor.executemany(
            "INSERT INTO mentions SELECT id, ? FROM names WHERE name = ?",
            ((file, name) for name in names),
        )

    def touch(self, entries: Iterable[FileEntry]) -> None:
        """Note when files were written whose text is what it was."""
        with self._transaction() as cursor:
            cursor.executemany(
                "UPDATE files SET mtime_ns = ? WHERE path = ?",
                ((entry.state.mtime_ns, entry.path) for entry in entries),
            )

    def note_rest(self, left_out: Iterable[str], is_cut: bool, rest: Iterable[str] = ()) -> None:
        """Note what is not read, what is not indexed, and whether there is more than that."""
        with self._transaction() as cursor:
            cursor.execute("UPDATE whole SET is_cut = ?", (is_cut,))
            cursor.execute("DELETE FROM left_out")
            cursor.executemany("INSERT INTO left_out VALUES (?)", ((path,) for path in left_out))
            cursor.execute("DELETE FROM rest")
            cursor.executemany("INSERT INTO rest VALUES (?)", ((path,) for path in rest))

    def remove(self, paths: Iterable[str]) -> None:
        """Forget files, and the names that no file mentions any more."""
        with self._transaction() as cursor:
            cursor.executemany("DELETE FROM files WHERE path = ?", ((path,) for path in paths))
            cursor.execute("DELETE FROM names WHERE id NOT IN (SELECT name FROM mentions)")

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        cursor = self._connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            yield cursor
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")


def database_of(root: Path) -> Path:
    """Where the index of ``root`` is kept."""
    name = hashlib.sha256(str(root).encode()).hexdigest()[:20]
    return cache_folder() / "index" / f"{name}.sqlite3"


def _make(connection: sqlite3.Connection) -> None:
    """Make the tables; two processes may want to at once, so under the write lock."""
    connection.execute("BEGIN IMMEDIATE")
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    if found == FORMAT:
        connection.execute("COMMIT")
        return
    if found != 0:
        connection.execute("ROLLBACK")
        raise sqlite3.DatabaseError(f"the index has format {found}, not {FORMAT}")
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {FORMAT}")
    connection.execute("COMMIT")
