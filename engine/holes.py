"""What a plan consists of: holes, their kinds, and what stays. Types only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.spans import ByteOffset, Span


class HoleKind(str, Enum):
    """What a hole stands for in the syntax; training cuts the same kinds."""

    REST_OF_LINE = "rest_of_line"
    ARGUMENTS = "arguments"
    EXPRESSION = "expression"
    STATEMENT = "statement"
    BLOCK = "block"
    BODY = "body"
    COMMENT = "comment"
    NAME = "name"
    SPAN = "span"


@dataclass(frozen=True, slots=True)
class Hole:
    """One span to denoise. ``span`` is replaced; at the cursor it starts at the cursor.

    ``single_line``: a newline ends the hole. ``num_tokens``: the first canvas size (8, 16, 32).
    ``reason``: why this place, in one phrase.
    """

    span: Span
    kind: HoleKind
    single_line: bool
    num_tokens: int
    reason: str


@dataclass(frozen=True, slots=True)
class MaskPlan:
    """All holes of one change in text order; ``holes[cursor_hole]`` holds the cursor.

    ``rest`` is what stays visible behind the cursor's hole on its line (may be empty). ``lead`` is
    indentation that an empty line lacks: the model sees it as typed, the check puts it in.
    """

    holes: tuple[Hole, ...]
    cursor_hole: int
    cursor: ByteOffset
    rest: Span
    reason: str
    lead: str = ""
