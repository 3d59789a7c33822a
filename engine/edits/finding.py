"""What another tool found wrong with a text: a place and a message. Plain values."""

from __future__ import annotations

from dataclasses import dataclass

from engine.spans import Span


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnostic of a compiler or linter; ``span`` counts in the request's text."""

    span: Span
    message: str
