"""Which files of a workspace are the nearest to a file: of its kind, then by folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable


def nearest(path: str, others: Iterable[str]) -> list[str]:
    """``others`` without ``path``, those of its ending first, then by steps between the folders.

    Paths with slashes, all relative to one root or all absolute.
    """
    ending, folders = _parts(path)

    def rank(other: str) -> tuple[bool, int, str]:
        other_ending, other_folders = _parts(other)
        return other_ending != ending, _steps(folders, other_folders), other

    return sorted((other for other in others if other != path), key=rank)


def _parts(path: str) -> tuple[str, list[str]]:
    """A file's ending, and the folders down to it."""
    folder, _, name = path.rpartition("/")
    return posixpath.splitext(name)[1], folder.split("/")


def _steps(left: list[str], right: list[str]) -> int:
    """Folders to leave and to enter between two of them."""
    shared = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        shared += 1
    return len(left) + len(right) - 2 * shared
