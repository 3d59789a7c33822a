"""Whether a text is written for machines: all of it in a few lines, names of one letter.

To read all of its names takes eight times as long as its size says (docs/log.md), and nobody goes
on there with what they have just changed.
"""

from __future__ import annotations

_MIN_BYTES = 30_000
# Wrapped by hand lines have 30 to 60 bytes, bundlers that wrap theirs do so at 500 or more.
_MIN_LINE_BYTES = 250


def is_minified(data: bytes) -> bool:
    """Tell it from the length of its lines; no short text is."""
    return len(data) >= _MIN_BYTES and len(data) >= _MIN_LINE_BYTES * (data.count(b"\n") + 1)
