"""One client's folders: what may be read of them, and what their index knows.

Owned by the event loop's thread. Whatever leaves this class for a request is free of secrets and
of ignored files.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from lsp_server.documents import Documents
from lsp_server.secret_mask import without_secrets
from lsp_server.workspace.ignore import IgnoreRules
from lsp_server.workspace.index import MAX_ROWS, Definition, Index, database_of

T = TypeVar("T")

logger = logging.getLogger(__name__)

MAX_FILE_BYTES = 400_000


class Workspace:
    """The folders, their ignore rules and their indexes."""

    def __init__(
        self, documents: Documents, database_of: Callable[[Path], Path] = database_of
    ) -> None:
        """Prefer the text of ``documents`` to that of their files."""
        self._documents = documents
        self.database_of = database_of
        self._roots: tuple[Path, ...] = ()
        self.are_roots_set = asyncio.Event()
        """Not before the client's settings have come, which decide about the roots."""
        self._indexes: dict[Path, Index] = {}
        self._rules: dict[Path, IgnoreRules] = {}

    @property
    def roots(self) -> tuple[Path, ...]:
        """The folders that are indexed."""
        return self._roots

    def databases(self) -> dict[Path, Path]:
        """Where each root's index is kept."""
        return {root: self.database_of(root) for root in self._roots}

    def set_roots(self, roots: Iterable[Path]) -> None:
        """Change the folders that are indexed."""
        self._roots = tuple(dict.fromkeys(roots))
        self.are_roots_set.set()
        self._rules.clear()
        for root in [one for one in self._indexes if one not in self._roots]:
            self._indexes.pop(root).close()

    def close(self) -> None:
        """Let go of all files."""
        self.set_roots(())

    def ignore_reason(self, path: Path, is_folder: bool = False) -> str | None:
        """Say why no model may see the file or folder ``path``; None when one may."""
        return self._rules_of(path.parent).reason(path, is_folder)

    def definitions(self, *names: str, limit: int = MAX_ROWS) -> tuple[Definition, ...]:
        """Where ``names`` are defined in the files as they were indexed, at most ``limit``.

        A file that is ignored since then is still listed; ``text`` and ``ignore_reason`` know.
        """
        if not names:
            return ()
        return tuple(self._ask(lambda index: index.definitions(names, limit)))[:limit]

    def definitions_in(self, path: Path) -> tuple[Definition, ...]:
        """What the file ``path`` defined when it was indexed, in text order."""
        return tuple(self._ask(lambda index: index.definitions_in(path)))

    def short_name(self, path: Path) -> str:
        """Name a file by its path below its root, with slashes: nothing about the machine."""
        below = [path.relative_to(root) for root in self._roots if path.is_relative_to(root)]
        return min(below, key=lambda one: len(one.parts)).as_posix() if below else path.name

    def files_mentioning(self, name: str, limit: int = MAX_ROWS) -> tuple[Path, ...]:
        """Files that hold ``name`` anywhere in their text: open documents, then the index's.

        A file is listed if it held the name when it was indexed, or holds it in the editor. One
        that is ignored since then is still listed; ``text`` and ``ignore_reason`` know.
        """
        opened = {
            path: name in document.text
            for document in self._documents
            if document.path is not None and self.ignore_reason(path := Path(document.path)) is None
        }
        found = [path for path, is_mentioned in opened.items() if is_mentioned]
        indexed = self._ask(lambda index: index.files_mentioning(name, limit))
        found += [path for path in indexed if path not in opened]
        return tuple(found[:limit])

    def files(self) -> tuple[Path, ...]:
        """All files that were indexed. One may be ignored since then; ``text`` knows."""
        return tuple(self._ask(lambda index: index.paths()))

    def left_out(self) -> tuple[Path, ...]:
        """What of the roots is not read, some hundred at most: see ``indexer.Listing``."""
        return tuple(self._ask(lambda index: index.left_out()))

    def rest(self) -> tuple[Path, ...]:
        """The files that are not indexed because there are too many; who needs them reads them."""
        return tuple(self._ask(lambda index: index.rest()))

    @property
    def is_cut(self) -> bool:
        """Whether a root holds more files than are indexed and listed in ``rest``."""
        return any(self._ask(lambda index: [index.is_cut]))

    def text(self, path: Path) -> str | None:
        """Read a file as a model may see it (same offsets), as the editor has it if it is open.

        None when it is ignored, no file, not UTF-8 or over ``MAX_FILE_BYTES``.
        """
        if self.ignore_reason(path) is not None:
            return None
        for document in self._documents:
            if document.path is not None and Path(document.path) == path:
                return document.masked_text
        try:
            with path.open("rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
            return None if len(data) > MAX_FILE_BYTES else without_secrets(data.decode())
        except (OSError, UnicodeDecodeError) as error:
            logger.info("%s is left out: %s", path, type(error).__name__)
            return None

    def _ask(self, question: Callable[[Index], Sequence[T]]) -> list[T]:
        """Ask every root's index; one that cannot be read answers nothing."""
        answers: list[T] = []
        for root in self._roots:
            try:
                if root not in self._indexes:
                    self._indexes[root] = Index(root, self.database_of(root))
                answers += question(self._indexes[root])
            except (sqlite3.Error, OSError) as error:
                logger.warning("the index of %s cannot be read: %s", root, error)
        return answers

    def _rules_of(self, folder: Path) -> IgnoreRules:
        """Find the rules of the innermost tree that holds ``folder``, once a folder."""
        if folder not in self._rules:
            inside = [root for root in self._roots if folder.is_relative_to(root)]
            anchor = max(inside, key=lambda root: len(root.parts)) if inside else folder
            rules = IgnoreRules.around(anchor)
            known = [one for one in self._rules.values() if one.root == rules.root]
            self._rules[folder] = known[0] if known else rules
        return self._rules[folder]
