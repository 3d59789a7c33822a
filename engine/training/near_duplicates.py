"""Which texts were seen before, to the letter or nearly so.

Nearly: the sets of three-line shingles overlap by at least ``JACCARD`` (Broder 1997). Banded
MinHash finds the candidates, the exact overlap decides; with 32 bands of 3 rows a pair at 0.6 is
missed once in 2,400 (a chance of 0.6^3 per band).
"""

from __future__ import annotations

import hashlib
import zlib

import numpy as np
from numpy.typing import NDArray

JACCARD = 0.6
SHINGLE_LINES = 3
BANDS, ROWS = 32, 3
_SEED = 20_240_601

Shingles = NDArray[np.uint64]  # (N,) sorted and distinct


class SeenTexts:
    """The texts kept so far. ``find`` asks, ``add`` remembers."""

    def __init__(self) -> None:
        random = np.random.default_rng(_SEED)
        size = (BANDS * ROWS, 1)
        self._factors = random.integers(0, 2**63, size, dtype=np.uint64) | np.uint64(1)
        self._offsets = random.integers(0, 2**63, size, dtype=np.uint64)
        self._digests: set[bytes] = set()
        self._shingles: list[Shingles] = []
        self._bands: list[dict[bytes, list[int]]] = [{} for _ in range(BANDS)]

    def is_duplicate(self, text: str) -> bool:
        """Whether a text with the same words in the same order was added."""
        return _digest(text) in self._digests

    def is_near_duplicate(self, text: str) -> bool:
        """Whether a text that shares most of its lines, in runs of three, was added."""
        shingles = shingles_of(text)
        candidates = {
            index
            for band, keys in zip(self._bands, self._keys(shingles), strict=True)
            for index in band.get(keys, ())
        }
        return any(overlap(shingles, self._shingles[index]) >= JACCARD for index in candidates)

    def add(self, text: str) -> None:
        """Remember ``text``."""
        self._digests.add(_digest(text))
        shingles = shingles_of(text)
        for band, key in zip(self._bands, self._keys(shingles), strict=True):
            band.setdefault(key, []).append(len(self._shingles))
        self._shingles.append(shingles)

    def _keys(self, shingles: Shingles) -> list[bytes]:
        with np.errstate(over="ignore"):
            hashed = self._factors * shingles[None, :] + self._offsets  # (BANDS * ROWS, N)
        # The low bits of a product know little of the factor's high bits: keep the high half.
        lowest = (hashed >> np.uint64(32)).astype(np.uint32).min(axis=1)
        return [row.tobytes() for row in lowest.reshape(BANDS, ROWS)]


def shingles_of(text: str) -> Shingles:
    """The distinct hashes of all runs of three lines, blank ones and indentation left out."""
    lines = [stripped for line in text.split("\n") if (stripped := line.strip())]
    hashes = np.array([zlib.crc32(line.encode("utf-8")) for line in lines] or [0], np.uint64)
    hashes = np.concatenate([hashes, np.zeros(max(SHINGLE_LINES - len(hashes), 0), np.uint64)])
    count = len(hashes) - SHINGLE_LINES + 1
    mixed = np.zeros(count, np.uint64)
    with np.errstate(over="ignore"):
        for at in range(SHINGLE_LINES):
            mixed = (mixed ^ hashes[at : at + count]) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    return np.unique(mixed)


def overlap(left: Shingles, right: Shingles) -> float:
    """The Jaccard index of two shingle sets, between 0 and 1."""
    shared = len(np.intersect1d(left, right, assume_unique=True))
    return shared / (len(left) + len(right) - shared)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(" ".join(text.split()).encode("utf-8"), digest_size=16).digest()
