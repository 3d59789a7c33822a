"""What to write anew to mend a fault: as little as possible around it."""

from __future__ import annotations

from engine.hole_spans import trimmed
from engine.spans import Span
from engine.syntax import SyntaxTree

MAX_BYTES = 400


def repair_place(tree: SyntaxTree, fault: Span) -> Span | None:
    """The lines that hold ``fault``, without their indentation; None when they are too long."""
    first, last = tree.line_at(fault.start), tree.line_at(max(fault.end - 1, fault.start))
    if not first.of(tree.data).strip() and first.start > 0:
        first = tree.line_at(first.start - 1)  # something is missing at the end of the line above
    place = trimmed(tree.data, first.start, max(first.end, last.end))
    return place if 0 < len(place) <= MAX_BYTES else None
