"""A text with edits made, and what an edit set must not do."""

from __future__ import annotations

from collections.abc import Iterable

from engine.proposal import Edit
from engine.syntax import SyntaxTree


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """``data`` with all edits made; they do not overlap."""
    for edit in sorted(edits, key=lambda each: each.span, reverse=True):
        data = data[: edit.start] + edit.new_text.encode() + data[edit.end :]
    return data


def parses_no_worse(tree: SyntaxTree, edits: Iterable[Edit]) -> bool:
    """Whether the text with the edits has no more faults than without them."""
    ordered = sorted(edits, key=lambda each: each.span)
    after = tree.filled([(edit.span, edit.new_text.encode()) for edit in ordered])
    return after.num_faults() <= tree.num_faults()
