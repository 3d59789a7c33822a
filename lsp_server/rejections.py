"""What the user turned down: it is not proposed again at that place unless asked for by hand.

Only hashes are kept, in memory.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict

MAX_REJECTIONS = 500


def fingerprint(uri: str, line_before: str, text: str) -> bytes:
    """Name a proposal by its document and the line it makes, however much of it is typed."""
    line = line_before.lstrip() + text.rstrip()
    return hashlib.blake2b(f"{uri}\n{line}".encode(errors="surrogatepass"), digest_size=16).digest()


class Rejections:
    """The last fingerprints of what was turned down."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, None] = OrderedDict()

    def add(self, mark: bytes) -> None:
        """Remember a rejection."""
        self._known.pop(mark, None)
        self._known[mark] = None
        while len(self._known) > MAX_REJECTIONS:
            self._known.popitem(last=False)

    def forget(self, mark: bytes) -> None:
        """The user took it after all."""
        self._known.pop(mark, None)

    def __contains__(self, mark: bytes) -> bool:
        return mark in self._known
