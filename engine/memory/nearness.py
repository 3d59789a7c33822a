"""Which files of a workspace say most about a file: those with its words, nearest folders first."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterable, Mapping

FOLDER_SHARE = 0.85
"""What is left of a likeness for each folder that is left or entered on the way."""


def nearest(path: str, others: Iterable[str], likeness: Mapping[str, float]) -> list[str]:
    """``others`` without ``path``: by likeness, those of its ending and the nearest folders first.

    ``likeness``: how like the file each of ``others`` is (0 where it is missing); it counts less
    with each step between the folders. Paths with slashes, all relative to one root or all
    absolute.
    """
    ending, folders = _parts(path)

    def rank(other: str) -> tuple[float, bool, int, str]:
        other_ending, other_folders = _parts(other)
        steps = _steps(folders, other_folders)
        alike = likeness.get(other, 0.0) * FOLDER_SHARE**steps
        return -alike, other_ending != ending, steps, other

    return sorted((other for other in others if other != path), key=rank)


def likeness(
    names: frozenset[str], mentions: Mapping[str, frozenset[str]], sizes: Mapping[str, int]
) -> dict[str, float]:
    """How like a text with ``names`` each file is, by path, from its names and its size in bytes.

    The squared inverse document frequencies of the names that both mention, over the root of the
    size: what a hundred lines share says more than what ten thousand do.
    """
    files: dict[str, list[str]] = {}
    for path, mentioned in mentions.items():
        for name in sorted(names & mentioned):
            files.setdefault(name, []).append(path)
    found = dict.fromkeys(mentions, 0.0)
    for paths in files.values():
        worth = rarity(len(paths), len(mentions))
        for path in paths:
            found[path] += worth
    return {path: density(worth, sizes[path]) for path, worth in found.items()}


def rarity(num_mentioning: int, num_files: int) -> float:
    """What a name is worth that ``num_mentioning`` of ``num_files`` mention."""
    return math.log(num_files / num_mentioning) ** 2


def density(worth: float, size: int) -> float:
    """What a file of ``size`` bytes is worth that shares names of so much ``worth``."""
    return worth / math.sqrt(max(size, 1))


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
