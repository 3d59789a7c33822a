"""The part of the file that is shown around the holes, whole lines within a budget of bytes.

Chosen to stay the same from key to key: its start moves in strides, its end depends only on the
text below the cursor's line. Between holes that lie far apart the lines nearest to them are kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.holes import MaskPlan
from engine.spans import Span, span

# At most this share of the budget lies between the first hole and the last one.
_INNER_SHARE = 0.5
# Of what is kept between two holes, so much stands behind the first of them.
_BEHIND_SHARE = 0.4
# Counted in such pieces, or every key between two holes would move the window's start.
_INNER_STRIDE = 512


@dataclass(frozen=True, slots=True)
class Window:
    """``span`` without its ``gaps``, which lie between holes, in text order."""

    span: Span
    gaps: tuple[Span, ...] = ()


def select_window(
    data: bytes, plan: MaskPlan, num_bytes: int, suffix_share: float, stride_share: float
) -> Window:
    """Choose about ``num_bytes`` of ``data`` around the holes of ``plan``.

    ``suffix_share`` of them at most lies behind the cursor's line; the start moves ``stride_share``
    of what is left for the text before the holes at a time.
    """
    gaps = tuple(_gaps(data, [hole.span for hole in plan.holes], int(num_bytes * _INNER_SHARE)))
    first = min(plan.holes[0].span.start, plan.cursor)
    last = max(plan.holes[-1].span.end, plan.cursor)
    inner = sum(len(piece) for piece in _between(plan)) - sum(len(gap) for gap in gaps)
    left = num_bytes - -(-inner // _INNER_STRIDE) * _INNER_STRIDE
    end, behind = _end(data, last, left, int(left * suffix_share))
    return Window(span(_start(data, first, left - behind, num_bytes, stride_share), end), gaps)


def _end(data: bytes, last: int, num_bytes: int, suffix_bytes: int) -> tuple[int, int]:
    """Where the window ends, and how many bytes that leaves less for the text before the holes."""
    line_end = data.find(b"\n", last)
    line_end = len(data) if line_end < 0 else line_end + 1
    if line_end - last > num_bytes:  # no line boundary is near
        return _character_start(data, last + suffix_bytes), suffix_bytes
    end = _last_line_end(data, line_end, suffix_bytes)
    return end, end - line_end


def _start(data: bytes, first: int, num_bytes: int, near: int, stride_share: float) -> int:
    """Where the window starts, about ``num_bytes`` before ``first``.

    At a line boundary, unless the line is more than ``2 * near`` bytes longer than that.
    """
    stride = max(int(num_bytes * stride_share), 1)
    line_start = data.rfind(b"\n", 0, first) + 1
    anchor = -(-max(first - num_bytes, 0) // stride) * stride
    if line_start + 2 * near < anchor:
        return _character_start(data, min(anchor, first))
    start = data.find(b"\n", anchor - 1, line_start) + 1 if anchor else 0
    return start if start or not anchor else line_start


def _between(plan: MaskPlan) -> Iterator[Span]:
    for hole, following in itertools.pairwise(plan.holes):
        yield span(hole.span.end, following.span.start)


def _gaps(data: bytes, holes: Sequence[Span], num_bytes: int) -> Iterator[Span]:
    """What is left out between holes, so that at most about ``num_bytes`` are kept there."""
    pieces = [span(one.end, other.start) for one, other in itertools.pairwise(holes)]
    share = _share([len(piece) for piece in pieces], num_bytes)
    for piece in pieces:
        if len(piece) > share:
            gap = _gap(data, piece, int(share * _BEHIND_SHARE), int(share * (1 - _BEHIND_SHARE)))
            if gap:
                yield gap


def _share(lengths: Sequence[int], num_bytes: int) -> int:
    """The most that each piece may keep: short ones leave what they do not need to the others."""
    left = num_bytes
    for index, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - index)
        if length > share:
            return share
        left -= length
    return num_bytes


def _gap(data: bytes, piece: Span, num_head: int, num_tail: int) -> Span:
    """The middle of ``piece``: whole lines, unless a line is longer than what is kept of it."""
    head_end = piece.start + num_head
    line_end = data.find(b"\n", piece.start, piece.end) + 1 or piece.end
    start = _last_line_end(data, line_end, max(head_end - line_end, 0))
    if start > head_end + num_tail:
        start = _character_start(data, head_end)
    tail_start = piece.end - num_tail
    end = data.find(b"\n", max(tail_start - 1, start), piece.end) + 1
    if not end:  # the line before the hole is a long one
        end = max(_character_start(data, tail_start), start)
    return span(start, max(start, end))


def _character_start(data: bytes, offset: int) -> int:
    """The start of the UTF-8 character that holds ``offset``."""
    while 0 < offset < len(data) and data[offset] & 0xC0 == 0x80:
        offset -= 1
    return min(offset, len(data))


def _last_line_end(data: bytes, start: int, budget: int) -> int:
    """The last line boundary at most ``budget`` bytes behind ``start``."""
    if start + budget >= len(data):
        return len(data)
    return max(data.rfind(b"\n", start, start + budget) + 1, start)
