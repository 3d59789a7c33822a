"""Which files are about to move, and what stands where before and after.

Paths have ``/`` in them. Nothing has moved yet: what is asked is answered by the disk as it is.
"""

from __future__ import annotations

import os
import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

INITS = ("__init__.py", "__init__.pyi")


@dataclass(frozen=True, slots=True)
class Move:
    """A file or folder that goes from ``old`` to ``new``; a folder with all that it holds."""

    old: str
    new: str


class Moves:
    """All moves of one request. A file that is named itself goes its own way from its folder."""

    def __init__(self, moves: Iterable[Move], roots: Iterable[str] = ()) -> None:
        """Note ``moves``, and the folders of the workspace, above which nothing is looked for."""
        self.moves = tuple(Move(slashed(one.old), slashed(one.new)) for one in moves)
        self.roots = tuple(slashed(root) for root in roots)
        self._new = {one.old: one.new for one in self.moves}
        self._back = {one.new: one.old for one in self.moves}
        self._olds = sorted(self._new)
        self._files: dict[str, bool] = {}
        self._folders: dict[str, bool] = {}

    def named(self, path: str) -> str | None:
        """What was named of what makes ``path`` move: itself or a folder around it, if any."""
        return next((one for one in _up(path) if one in self._new), None)

    def moved(self, path: str) -> str:
        """Where the file or folder ``path`` will stand."""
        old = self.named(path)
        return path if old is None else self._new[old] + path[len(old) :]

    def may_move(self, stem: str) -> bool:
        """Whether ``stem``, or a file that is called so but for its ending, is among the moved."""
        return self.names_file(stem) or self.named(stem) is not None

    def names_file(self, stem: str) -> bool:
        """Whether something was named that begins with ``stem``."""
        at = bisect_left(self._olds, stem)
        return at < len(self._olds) and self._olds[at].startswith(stem)

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

    def source(self, path: str) -> str:
        """What will stand at ``path``, where it stands now."""
        return next(self._arriving(path), path)

    def is_replaced(self, path: str) -> bool:
        """Whether another file comes to stand at ``path``, which does not go away."""
        return self.moved(path) == path and next(self._arriving(path), path) != path

    def _arriving(self, path: str) -> Iterator[str]:
        """The files that come to stand at ``path``."""
        for one in self._sources(path):
            if one != path and self.is_file(one) and self.moved(one) == path:
                yield one

    def is_inside(self, path: str) -> bool:
        """Whether ``path`` will lie in the workspace; true where that has no folders."""
        folders = {*self.roots, *map(self.moved, self.roots)}
        return not folders or any(is_below(path, one) for one in folders)

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
        for one in _up(path):
            if one in self._back:
                yield self._back[one] + path[len(one) :]


def _up(path: str) -> Iterator[str]:
    """``path`` and the folders around it, innermost first."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def is_below(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def slashed(path: str) -> str:
    """The path as it is compared."""
    return path.replace("\\", "/").rstrip("/") if os.sep == "\\" else path.rstrip("/") or "/"


def relative(path: str, folder: str) -> str:
    """The path as a file in ``folder`` writes it, without a dot in front of what lies there."""
    return posixpath.relpath(path, folder)
