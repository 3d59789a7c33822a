"""Which files of a workspace are the nearest to a file: of its kind, then by folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath


def nearest(path: str, others: Iterable[str]) -> list[str]:
    """``others`` without ``path``, those of its ending first, then by steps between the folders.

    Paths with slashes, all relative to one root or all absolute.
    """
    own = PurePosixPath(path)

    def rank(other: str) -> tuple[bool, int, str]:
        candidate = PurePosixPath(other)
        return candidate.suffix != own.suffix, _steps(own, candidate), other

    return sorted((other for other in others if other != path), key=rank)


def _steps(left: PurePosixPath, right: PurePosixPath) -> int:
    """Folders to leave and to enter between two files."""
    ours, theirs = left.parent.parts, right.parent.parts
    shared = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        shared += 1
    return len(ours) + len(theirs) - 2 * shared
