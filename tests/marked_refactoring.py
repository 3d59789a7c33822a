"""A text whose selection stands between ``«`` and ``»``, and what edits make of it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.edits.applied import applied
from engine.languages import language_of
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse


def selected(marked: str, path: str = "a.py") -> tuple[SyntaxTree, Span]:
    before, _, rest = marked.partition("«")
    inside, _, after = rest.partition("»")
    start = len(before.encode())
    data = (before + inside + after).encode()
    return parse(data, language_of(path)), span(start, start + len(inside.encode()))


def after(tree: SyntaxTree, edits: Iterable[Edit]) -> str:
    """The text with the edits; it parses."""
    made = applied(tree.data, edits)
    assert parse(made, tree.language).num_faults() == 0, made.decode()
    return made.decode()
