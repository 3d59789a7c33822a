"""Which token wrote which bytes of a text that the checks have mended.

Knows bytes alone. Checks cut, close brackets and fix white space, so the text is mostly, not
exactly, what the tokens spell.
"""

from __future__ import annotations

from collections.abc import Sequence


def align(pieces: Sequence[bytes], text: bytes) -> list[tuple[int, int]]:
    """(token, number of bytes) in text order; the numbers add up to ``len(text)``.

    Bytes that no token wrote count with the token before them (the first one at the start). Empty
    without pieces or text.

    >>> align([b"foo", b"(x", b""], b"foo(x)")
    [(0, 3), (1, 3)]
    """
    owners = [token for token, piece in enumerate(pieces) for _ in piece]
    written = b"".join(pieces)
    if not owners:
        return [(0, len(text))] if pieces and text else []
    runs: list[tuple[int, int]] = []
    at = 0
    for index in range(len(text)):
        found = _next(written, at, text[index : index + 1])
        if found is not None:
            at = found + 1
        owner = owners[max(at - 1, 0)]
        if runs and runs[-1][0] == owner:
            runs[-1] = (owner, runs[-1][1] + 1)
        else:
            runs.append((owner, 1))
    return runs


def _next(written: bytes, at: int, byte: bytes) -> int | None:
    """Where ``byte`` comes next in ``written``, if only white space is left out before it."""
    found = written.find(byte, at)
    if found < 0 or written[at:found].strip():
        return None
    return found
