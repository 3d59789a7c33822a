"""A mask plan for spans that the caller chose."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.errors import BadInput
from engine.holes import Hole, HoleKind, MaskPlan
from engine.spans import Span, span
from engine.syntax import SyntaxTree

if TYPE_CHECKING:
    from engine.tokenizer import Tokenizer

# The cursor's hole and the layout's <hole_2> … <hole_8>.
MAX_SPANS = 8
_SIZES = (8, 16, 32)


def plan_spans(
    tree: SyntaxTree,
    spans: Sequence[Span],
    tokenizer: Tokenizer,
    single_line: bool | None = None,
) -> MaskPlan:
    """Mask ``spans`` together; the first in text order counts as the cursor's.

    Each canvas starts larger than the old text, because shrinking is cheaper than growing.
    ``single_line`` None: as many lines as there were, one where text follows on the line. Raises
    BadInput when spans overlap, leave the text, cut a character, or are none or too many.
    """
    ordered = sorted(spans)
    _reject_bad(tree.data, ordered)
    holes = tuple(_hole(tree, place, tokenizer, single_line) for place in ordered)
    cursor = ordered[0]
    line_end = tree.line_at(cursor.end).end
    rest = span(cursor.end, max(cursor.end, line_end))
    return MaskPlan(holes, 0, cursor.start, rest, "spans given by the caller")


def _hole(tree: SyntaxTree, place: Span, tokenizer: Tokenizer, single_line: bool | None) -> Hole:
    old = place.of(tree.data).decode("utf-8")
    has_rest = bool(tree.data[place.end : tree.line_at(place.end).end].strip())
    if single_line is None:
        single_line = "\n" not in old if old else has_rest
    needed = 2 * len(tokenizer.encode(old)) + 1 if old else _SIZES[1 if single_line else 2]
    num_tokens = next((size for size in _SIZES if size >= needed), _SIZES[-1])
    return Hole(place, HoleKind.SPAN, single_line, num_tokens, "span given by the caller")


def _reject_bad(data: bytes, ordered: Sequence[Span]) -> None:
    if not 1 <= len(ordered) <= MAX_SPANS:
        raise BadInput(f"{len(ordered)} spans: give between 1 and {MAX_SPANS}")
    for first, second in itertools.pairwise(ordered):
        if first.end > second.start or first == second:
            raise BadInput(f"spans {_shown(first)} and {_shown(second)} overlap: give them apart")
    for place in ordered:
        if place.end > len(data):
            raise BadInput(f"span {_shown(place)} leaves the text of {len(data)} bytes")
        if any(is_within_character(data, offset) for offset in (place.start, place.end)):
            raise BadInput(f"span {_shown(place)} cuts a character: count in bytes of UTF-8")


def is_within_character(data: bytes, offset: int) -> bool:
    """Whether ``offset`` lies between the bytes of one UTF-8 character."""
    return offset < len(data) and data[offset] & 0xC0 == 0x80


def _shown(place: Span) -> str:
    return f"[{place.start}, {place.end})"
