r"""A text as UTF-8 bytes with an index of its line starts, both updated in place.

Line ends are those of the Language Server Protocol: ``\n``, ``\r\n`` and ``\r``, nothing else
(``str.splitlines`` also splits at form feeds, U+2028 and others, which moves every later edit).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from engine.spans import ByteOffset, Span

_LINE_END = re.compile(rb"\n|\r(?!\n)")
_CARRIAGE_RETURN = 0x0D
_LINE_FEED = 0x0A


class TextBuffer:
    """Bytes and line starts.

    The index is a gap buffer: starts left of the last edit count from the beginning, starts right
    of it from the end, so an edit near the last one touches only the lines it changes.
    """

    def __init__(self, text: bytes) -> None:
        """Index ``text``, which must be valid UTF-8."""
        self._data = bytearray(text)
        self._starts: list[int] = [0, *_line_starts(text, 0)]
        self._distances: list[int] = []

    def __len__(self) -> int:
        return len(self._data)

    def content(self) -> bytes:
        """Copy all bytes."""
        return bytes(self._data)

    def slice(self, start: int, end: int) -> bytes:
        """Copy the bytes in ``[start, end)``."""
        return bytes(self._data[start:end])

    def replace(self, span: Span, new: bytes) -> None:
        """Put ``new`` in place of ``span``; ValueError when the span ends behind the text."""
        if span.end > len(self._data):
            raise ValueError(f"span [{span.start}, {span.end}) ends behind {len(self._data)} bytes")
        self._cut_starts(span)
        self._data[span.start : span.end] = new
        # A position starts a line because of the bytes on both its sides, so the positions from
        # the edit's first byte to one behind its last may have become line starts.
        first = max(span.start - 1, 0)
        last = span.start + len(new)
        window = bytes(self._data[first : last + 1])
        self._starts.extend(
            start for start in _line_starts(window, first) if span.start <= start <= last
        )

    def _cut_starts(self, span: Span) -> None:
        """Forget the line starts in ``[span.start, span.end]`` and move the gap there."""
        length = len(self._data)
        starts, distances = self._starts, self._distances
        cut = max(span.start, 1)  # offset 0 starts a line whatever the bytes are
        keep = bisect_left(starts, cut)
        distances.extend(length - start for start in reversed(starts[keep:]))
        del starts[keep:]
        num_before = len(distances) - bisect_right(distances, length - cut)
        if num_before:
            starts.extend(length - distance for distance in reversed(distances[-num_before:]))
            del distances[-num_before:]
        while distances and length - distances[-1] <= span.end:
            distances.pop()

    @property
    def num_lines(self) -> int:
        """Number of lines: one more than line ends."""
        return len(self._starts) + len(self._distances)

    def line_start(self, line: int) -> ByteOffset:
        """Return where ``line`` (from 0) begins; IndexError when there is no such line."""
        if not 0 <= line < self.num_lines:
            raise IndexError(f"line {line} of {self.num_lines}")
        if line < len(self._starts):
            return ByteOffset(self._starts[line])
        behind_gap = line - len(self._starts)
        return ByteOffset(len(self._data) - self._distances[-1 - behind_gap])

    def line_end(self, line: int) -> ByteOffset:
        """Return the offset behind the last byte of ``line``, its line end not included."""
        if line + 1 == self.num_lines:
            return ByteOffset(len(self._data))
        end = self.line_start(line + 1) - 1
        start = self.line_start(line)
        if end > start and self._data[end] == _LINE_FEED:
            end -= self._data[end - 1] == _CARRIAGE_RETURN
        return ByteOffset(end)

    def line_at(self, offset: int) -> int:
        """Return the line that holds ``offset``; the last one when it lies behind the text."""
        distance = len(self._data) - offset
        num_behind_gap = len(self._distances) - bisect_left(self._distances, distance)
        if num_behind_gap:
            return len(self._starts) + num_behind_gap - 1
        return bisect_right(self._starts, offset) - 1


def _line_starts(window: bytes, first: int) -> list[int]:
    """Find the offsets behind the line ends of ``window``, which begins at ``first``.

    A carriage return at the very end counts: only the caller knows what follows it.
    """
    return [first + match.end() for match in _LINE_END.finditer(window)]
