"""Ghost text and denoising steps painted for a terminal, or in marks where there is no colour.

Plain output marks a proposal as ``⟦new⟧`` and a replaced text as ``⟦old⇒new⟧``; a position that is
still masked is ``░`` and a newline inside of a canvas ``⏎``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import TextIO

from engine.proposal import Edit, Proposal, Refusal, TokenConfidence
from engine.step import State, Step

MASK_SIGN = "░"
NEWLINE_SIGN = "⏎"
CONTEXT_LINES = 3
_CERTAIN = 0.9
_LIKELY = 0.6
_LINE_END = re.compile(r"\r\n|\r|\n")
# A source file must not steer the terminal: control characters are shown as their pictures.
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"}
_VISIBLE |= {0x7F: 0x2421} | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


class Style(Enum):
    """What a piece of text is; the value holds the parameters of its SGR escape sequence."""

    SOURCE = ""
    FAINT = "2"
    CERTAIN = "3;36"
    LIKELY = "2;3;36"
    UNSURE = "2;3;33"
    REPLACED = "2;9;31"
    NEW = "1;32"
    FAILURE = "33"


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one style; ``is_touched`` where it belongs to an edit."""

    text: str
    style: Style = Style.SOURCE
    is_touched: bool = False


def has_colour(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Whether to paint: NO_COLOR wins, then FORCE_COLOR, then whether a terminal is there."""
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and environ.get("TERM") != "dumb"


class Painter:
    """Turns outcomes and steps into lines, in colour or in marks."""

    def __init__(self, is_coloured: bool) -> None:
        self.is_coloured = is_coloured

    def proposal(self, text: str, proposal: Proposal) -> str:
        """The lines around each edit of ``text`` with the ghost text in place."""
        lines = _lines(_pieces(text.encode(), proposal, with_marks=not self.is_coloured))
        shown = sorted(
            {
                near
                for number, line in enumerate(lines)
                if any(piece.is_touched for piece in line)
                for near in range(number - CONTEXT_LINES, number + CONTEXT_LINES + 1)
                if 0 <= near < len(lines)
            }
        )
        width = len(str(len(lines)))
        painted: list[str] = []
        for previous, number in zip([-1, *shown], shown, strict=False):
            if painted and number != previous + 1:
                painted.append(self._paint(Piece(f"{'⋯':>{width}}", Style.FAINT)))
            gutter = Piece(f"{number + 1:>{width}} │ ", Style.FAINT)
            painted.append("".join(map(self._paint, [gutter, *lines[number]])).rstrip())
        return "\n".join(painted)

    def refusal(self, refusal: Refusal) -> str:
        """One line: nothing is shown, and why."""
        detail = f": {refusal.detail}" if refusal.detail else ""
        return self._paint(Piece(f"no proposal: {refusal.reason.value}{detail}", Style.FAILURE))

    def step(self, step: Step) -> str:
        """One line: the canvases after ``step``, and what the step changed."""
        lost = f", {len(step.remasked)} masked again" if step.remasked else ""
        changes = f"{len(step.committed)} committed{lost}"
        pieces = [Piece(f"step {step.index:>2}  {changes:<27}  ", Style.FAINT)]
        for hole, texts in enumerate(step.texts):
            if hole:
                pieces.append(Piece("  │  ", Style.FAINT))
            pieces.extend(
                _step_piece(step, (hole, position), text) for position, text in enumerate(texts)
            )
        runs = groupby(pieces, key=lambda piece: piece.style)
        return "".join(
            self._paint(Piece("".join(piece.text for piece in run), style)) for style, run in runs
        )

    def faint(self, line: str) -> str:
        """A line of lesser weight."""
        return self._paint(Piece(line, Style.FAINT))

    def _paint(self, piece: Piece) -> str:
        text = piece.text.translate(_VISIBLE)
        if not self.is_coloured or not piece.style.value or not text:
            return text
        return f"\x1b[{piece.style.value}m{text}\x1b[0m"


def summary(outcome: Proposal | Refusal, elapsed_ms: float) -> str:
    """One line: how much work it was, and what was planned and why."""
    parts = [
        _count(outcome.steps, "step"),
        _count(outcome.forwards, "forward"),
        f"{elapsed_ms:.0f} ms",
    ]
    if isinstance(outcome, Proposal):
        parts.insert(0, f"confidence {outcome.confidence:.2f}")
        parts.insert(1, _count(len(outcome.tokens), "token"))
    if outcome.plan is not None:
        kinds = "+".join(hole.kind.value for hole in outcome.plan.holes)
        parts.append(f"{kinds} ({outcome.plan.reason})")
    return " · ".join(parts)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _step_piece(step: Step, place: tuple[int, int], text: str) -> Piece:
    """One position of a canvas; ``place`` is its hole and its position there."""
    hole, position = place
    if step.states[hole][position] is State.MASKED:
        return Piece(MASK_SIGN, Style.FAINT)
    style = Style.NEW if place in step.committed else Style.SOURCE
    return Piece(_LINE_END.sub(NEWLINE_SIGN, text), style)


def _pieces(data: bytes, proposal: Proposal, with_marks: bool) -> Iterator[Piece]:
    """The text with the edits made, piece by piece; replaced text is kept in front of the new."""
    plan = proposal.plan
    cursor_start = plan.holes[plan.cursor_hole].span.start
    end = 0
    for edit in sorted(proposal.edits, key=lambda edit: edit.span):
        if edit.path is not None:
            continue
        yield Piece(data[end : edit.start].decode())
        tokens = proposal.tokens if edit.start == cursor_start else ()
        yield from _edit_pieces(edit, edit.span.of(data).decode(), tokens, with_marks)
        end = edit.end
    yield Piece(data[end:].decode())


def _edit_pieces(
    edit: Edit, old: str, tokens: tuple[TokenConfidence, ...], with_marks: bool
) -> Iterator[Piece]:
    """One edit: the replaced text, then the new one in the styles of its tokens."""
    if with_marks:
        yield Piece("⟦", is_touched=True)
    if old:
        yield Piece(old, Style.REPLACED, is_touched=True)
        if with_marks:
            yield Piece("⇒", is_touched=True)
    styled = zip(edit.new_text, _styles(edit.new_text, tokens), strict=True)
    for style, run in groupby(styled, key=lambda pair: pair[1]):
        yield Piece("".join(character for character, _ in run), style, is_touched=True)
    if with_marks:
        yield Piece("⟧", is_touched=True)


def _styles(text: str, tokens: tuple[TokenConfidence, ...]) -> list[Style]:
    """A style per character: that of the token which holds the character's first byte."""
    by_byte = [_style_of(token.p) for token in tokens for _ in range(token.length)]
    styles, offset = [], 0
    for character in text:
        styles.append(by_byte[offset] if offset < len(by_byte) else Style.LIKELY)
        offset += len(character.encode())
    return styles


def _style_of(p: float) -> Style:
    if p >= _CERTAIN:
        return Style.CERTAIN
    return Style.LIKELY if p >= _LIKELY else Style.UNSURE


def _lines(pieces: Iterator[Piece]) -> list[list[Piece]]:
    """Pieces by line; an empty piece stays where an edit touches a line without text on it."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        first, *others = _LINE_END.split(piece.text)
        lines[-1].append(Piece(first, piece.style, piece.is_touched))
        lines.extend([Piece(text, piece.style, piece.is_touched)] for text in others)
    return lines
