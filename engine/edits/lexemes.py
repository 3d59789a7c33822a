"""A text as words and signs with their places, white space left out. Knows no language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.spans import Span, span

_LEXEME = re.compile(rb"[\w$\x80-\xff]+|[^\w\s$\x80-\xff]")
_WORD_START = re.compile(rb"[A-Za-z_$\x80-\xff]")


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A word (also a number) or one sign."""

    text: bytes
    start: int

    @property
    def end(self) -> int:
        """First byte behind it."""
        return self.start + len(self.text)

    @property
    def is_name(self) -> bool:
        """Whether it could be an identifier."""
        return _WORD_START.match(self.text) is not None


def lexemes(data: bytes, within: Span | None = None) -> list[Lexeme]:
    """All words and signs of ``data``, or of a part of it, in text order."""
    place = span(0, len(data)) if within is None else within
    return [
        Lexeme(match.group(), match.start())
        for match in _LEXEME.finditer(data, place.start, place.end)
    ]


def texts_and_starts(data: bytes) -> tuple[list[bytes], list[int]]:
    """The same of a whole text as two lists, in a fifth of the time."""
    starts = [match.start() for match in _LEXEME.finditer(data)]
    return _LEXEME.findall(data), starts


def cover(found: Sequence[Lexeme]) -> Span:
    """The span from the first to the last of at least one lexeme."""
    return span(found[0].start, found[-1].end)
