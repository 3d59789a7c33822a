"""Places in a text, in bytes of UTF-8 (the one unit outside of ``lsp_server.positions``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

ByteOffset = NewType("ByteOffset", int)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open byte range ``[start, end)``; empty (``start == end``) for a pure insertion.

    Raises ValueError when the bounds are negative or reversed.
    """

    start: ByteOffset
    end: ByteOffset

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"span [{self.start}, {self.end}) is reversed or negative")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, data: bytes) -> bytes:
        """The bytes of ``data`` that this span covers."""
        return data[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Whether the two share at least one byte (empty spans overlap nothing)."""
        return self.start < other.end and other.start < self.end


def span(start: int, end: int) -> Span:
    """Build a Span from plain integers that are known to be byte offsets."""
    return Span(ByteOffset(start), ByteOffset(end))
