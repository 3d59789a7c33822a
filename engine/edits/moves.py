"""Which files are about to move, and what stands where before and after.

Paths have ``/`` in them. Nothing has moved yet: what is asked is answered by the disk as it is.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Move:
    """A file or folder that goes from ``old`` to ``new``; a folder with all that it holds."""

    old: str
    new: str


class Moves:
    """All moves of one request. A file that is named itself goes its own way from its folder."""

    def __init__(self, moves: Iterable[Move], roots: Iterable[str] = ()) -> None:
        """Note ``moves``, and the folders of the workspace, above which nothing is looked for."""
        named = [Move(slashed(one.old), slashed(one.new)) for one in moves]
        self.moves = tuple(sorted(named, key=lambda one: len(one.old), reverse=True))
        self.roots = tuple(slashed(root) for root in roots)
        self._back = tuple(sorted(named, key=lambda one: len(one.new), reverse=True))
        self._files: dict[str, bool] = {}
        self._folders: dict[str, bool] = {}

    def moved(self, path: str) -> str:
        """Where the file ``path`` will stand."""
        for one in self.moves:
            if is_below(path, one.old):
                return one.new + path[len(one.old) :]
        return path

    def may_move(self, stem: str) -> bool:
        """Whether ``stem``, or a file that is called so but for its ending, is among the moved."""
        return any(is_below(stem, one.old) or one.old.startswith(stem) for one in self.moves)

    def is_file(self, path: str) -> bool:
        """Whether a file stands there now."""
        if path not in self._files:
            self._files[path] = os.path.isfile(path)
        return self._files[path]

    def is_folder(self, path: str) -> bool:
        """Whether a folder stands there now."""
        if path not in self._folders:
            self._folders[path] = os.path.isdir(path)
        return self._folders[path]

    def will_be_file(self, path: str) -> bool:
        """Whether a file will stand there."""
        return any(self.is_file(one) and self.moved(one) == path for one in self._sources(path))

    def will_be_package(self, folder: str) -> bool:
        """Whether a folder will hold Python's ``__init__``."""
        return any(self.will_be_file(f"{folder}/{name}") for name in INITS)

    def is_package(self, folder: str) -> bool:
        """Whether a folder holds Python's ``__init__`` now."""
        return any(self.is_file(f"{folder}/{name}") for name in INITS)

    def root_of(self, path: str) -> str | None:
        """The innermost folder of the workspace that holds ``path``."""
        return max((one for one in self.roots if is_below(path, one)), key=len, default=None)

    def _sources(self, path: str) -> Iterator[str]:
        """What may come to stand at ``path``."""
        yield path
        for one in self._back:
            if is_below(path, one.new):
                yield one.old + path[len(one.new) :]


INITS = ("__init__.py", "__init__.pyi")


def is_below(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def slashed(path: str) -> str:
    """The path as it is compared."""
    return path.replace("\\", "/").rstrip("/") if os.sep == "\\" else path.rstrip("/") or "/"


def relative(path: str, folder: str) -> str:
    """The path as a file in ``folder`` writes it, without a dot in front of what lies there."""
    return posixpath.relpath(path, folder)
