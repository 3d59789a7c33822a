"""Where the user's edit is still to be made: matches of its pattern that are worth proposing.

The thresholds were chosen on one half of public commit histories (docs/log.md), for precision: a
wrong proposal costs more than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine.edits.lexemes import Lexeme, lexemes
from engine.edits.patterns import Match, Text, matches, rewrites
from engine.edits.user_change import UserChange
from engine.languages import NodeKinds
from engine.spans import Span
from engine.syntax import SyntaxTree

MAX_PLACES = 8
_EQUAL = 0.99
_LIKE = 0.8
_ALIKE = 0.6
_MAX_PARTS = 2
_MIN_NAME = 3


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same edit at another place; ``likeness`` of the lines is 1 where they are equal."""

    span: Span
    new_text: str
    likeness: float


def repeats(tree: SyntaxTree, change: UserChange) -> list[Repeat]:
    """At most ``MAX_PLACES`` places in text order, those next to the change first of many."""
    found: list[Repeat] = []
    role = _role(tree, change.place)
    if role == "import":
        return []  # what is imported instead of something else says nothing of other imports
    pieces = rewrites(tree.data, change)
    if len(pieces) > 1 and sum(piece.num_parts for piece in pieces) > _MAX_PARTS:
        return []  # who does several things at once does them here alone
    # A pattern that holds no name fits anywhere.
    pieces = [piece for piece in pieces if any(map(_is_telling, (*piece.old, *piece.new)))]
    text = Text(tree.data if pieces else b"")
    lines = [_texts(line) for line in change.old.split(b"\n")]
    for rewrite in pieces:
        for match in matches(text, rewrite, change.place):
            least = _least_likeness(match)
            if least is None or any(_touch(match.span, other.span) for other in found):
                continue
            repeat = _repeat(tree, lines, match)
            if repeat.likeness >= least and _role(tree, repeat.span) == role:
                found.append(repeat)
            if len(found) > MAX_PLACES:
                return []  # a word that stands everywhere: not what this edit was about
    return sorted(found, key=lambda each: each.span)


def _least_likeness(match: Match) -> float | None:
    """How like the lines must be, None where the neighbours do not speak for the match."""
    rewrite, around = match.rewrite, match.num_left + match.num_right
    is_named = any(map(_is_telling, rewrite.old))
    if rewrite.num_parts > 1 and around < 8:
        return None
    if b"\n" in match.new_text.strip():
        return _EQUAL if around >= 8 else None
    if not rewrite.old:
        is_between = match.num_left >= 2 and match.num_right >= 2
        return _LIKE if is_between and around >= 6 else None
    if not rewrite.new:
        return _LIKE if around >= (8 if is_named else 10) else None
    return _ALIKE if is_named and around >= 4 else None


def _is_telling(text: bytes) -> bool:
    return len(text) >= _MIN_NAME and Lexeme(text, 0).is_name


def _repeat(tree: SyntaxTree, lines: Sequence[Sequence[bytes]], match: Match) -> Repeat:
    there = _texts(tree.data, tree.line_at(match.span.start))
    likeness = max(SequenceMatcher(None, line, there, autojunk=False).ratio() for line in lines)
    text = match.new_text.decode("utf-8", "replace")
    return Repeat(match.span, text, likeness)


def _texts(data: bytes, within: Span | None = None) -> Sequence[bytes]:
    return [each.text for each in lexemes(data, within)]


def _touch(left: Span, right: Span) -> bool:
    return left.start <= right.end and right.start <= left.end


def _role(tree: SyntaxTree, place: Span) -> str:
    """What the text there is: an import, a comment, a string, or code."""
    kinds: NodeKinds = tree.language.kinds
    named = {"import": kinds.imports, "comment": kinds.comments, "string": kinds.strings}
    start = place.start
    while tree.data[start : start + 1].isspace():
        start = type(start)(start + 1)
    for node in tree.ancestors(start + 1):
        for role, group in named.items():
            if node.type in group:
                return role
    return "code"
