"""Texts of the files nearest to a document, for an engine that looks for what was written before.

They are read one at a time beside the messages, and looked at again now and then; a request takes
what is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.memory.nearness import nearest
from engine.request import OpenDocument
from engine.tags import names_in
from lsp_server.workspace.index import Index
from lsp_server.workspace.workspace import Workspace

MAX_BYTES = 300_000
# Hiding secrets takes a sixth of a millisecond a kilobyte, and the messages wait for it.
MAX_FILE_BYTES = 50_000
MAX_FILES = 200
REFRESH_S = 60.0
RETRY_S = 5.0
_PAUSE_S = 0.02
_MAX_DOCUMENTS = 4


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What was read for one document, and when."""

    texts: tuple[OpenDocument, ...]
    stamps: tuple[tuple[int, int], ...]
    """Size and time of change of each text's file."""
    read_s: float

    @property
    def lasts_s(self) -> float:
        """Seconds after which to look again: soon when there may be no index yet."""
        return REFRESH_S if self.texts else RETRY_S


class NearbyFiles:
    """Owned by the event loop's thread."""

    def __init__(
        self, workspace: Workspace, spawn: Callable[[Coroutine[Any, Any, None]], None]
    ) -> None:
        """Read from ``workspace`` in what ``spawn`` runs beside the messages."""
        self._workspace, self._spawn = workspace, spawn
        self._shelves: OrderedDict[Path, _Shelf] = OrderedDict()
        self._reading: set[Path] = set()

    def of(self, path: Path) -> tuple[OpenDocument, ...]:
        """Files near ``path`` as they were within the last minute, the nearest first.

        None before they have been read for the first time.
        """
        shelf = self._shelves.get(path)
        is_old = shelf is None or time.monotonic() - shelf.read_s > shelf.lasts_s
        if is_old and self._workspace.roots and path not in self._reading:
            self._reading.add(path)
            self._spawn(self._read(path))
        return () if shelf is None else shelf.texts

    async def _read(self, path: Path) -> None:
        try:
            files = [file.as_posix() for file in self._workspace.files()]
            text = self._workspace.text(path) or ""
            databases = self._workspace.databases()
            ordered = await asyncio.to_thread(_ordered, path, text, files, databases)
            self._shelves[path] = await self._shelf(ordered, self._known())
            self._shelves.move_to_end(path)
            while len(self._shelves) > _MAX_DOCUMENTS:
                self._shelves.popitem(last=False)
        finally:
            self._reading.discard(path)

    def _known(self) -> dict[str, tuple[OpenDocument, tuple[int, int]]]:
        return {
            text.path: (text, stamp)
            for shelf in self._shelves.values()
            for text, stamp in zip(shelf.texts, shelf.stamps, strict=True)
        }

    async def _shelf(
        self, files: list[str], known: dict[str, tuple[OpenDocument, tuple[int, int]]]
    ) -> _Shelf:
        """Read the first of ``files`` that fit; a text that is known is not read again."""
        texts: list[OpenDocument] = []
        stamps: list[tuple[int, int]] = []
        left = MAX_BYTES
        for file in files[:MAX_FILES]:
            stamp = _stamp(Path(file))
            if stamp is None or stamp[0] > min(left, MAX_FILE_BYTES):
                continue
            text = await self._text(file, stamp, known)
            if text is not None:
                texts.append(text)
                stamps.append(stamp)
                left -= stamp[0]
            if left < MAX_BYTES // 100:
                break
        return _Shelf(tuple(texts), tuple(stamps), time.monotonic())

    async def _text(
        self,
        file: str,
        stamp: tuple[int, int],
        known: dict[str, tuple[OpenDocument, tuple[int, int]]],
    ) -> OpenDocument | None:
        if file in known and known[file][1] == stamp:
            is_hidden = self._workspace.ignore_reason(Path(file)) is not None
            return None if is_hidden else known[file][0]
        text = self._workspace.text(Path(file))
        await asyncio.sleep(_PAUSE_S)
        return None if text is None else OpenDocument(file, None, text)


def _ordered(
    path: Path, text: str, files: Sequence[str], databases: Mapping[Path, Path]
) -> list[str]:
    """``files`` with those first that are most like ``text``; asks indexes of its own."""
    names, likeness = names_in(text.encode()), dict[str, float]()
    for root, database in databases.items():
        with contextlib.suppress(sqlite3.Error, OSError), Index(root, database) as index:
            likeness |= index.likeness(names)
    return nearest(path.as_posix(), files, likeness)


def _stamp(file: Path) -> tuple[int, int] | None:
    """Size and time of change; None when the file is gone."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns
