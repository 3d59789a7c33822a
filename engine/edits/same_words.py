"""Words in strings and comments: a name of something that was changed there changes there again.

A part of a name that became another part is changed in other names that hold it, too: of
``OldThingLeft`` to ``NewLeft`` follows ``OldThingRight`` to ``NewRight``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine.edits.lexemes import lexemes
from engine.edits.patterns import merged
from engine.edits.user_change import UserChange
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_MIN_BYTES = 8
_PARTS = re.compile(rb"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]")
_IS_CODE = re.compile(rb"[a-z][A-Z]|[A-Z]{2}[a-z]|\w[_\d]|[_\d]\w")


@dataclass(frozen=True, slots=True)
class _Replaced:
    """``old`` became ``new``; ``place`` is where ``new`` stands."""

    old: bytes
    new: bytes
    place: Span


def same_words(tree: SyntaxTree, change: UserChange) -> list[Edit]:
    """What the same words become in other strings and comments, in text order."""
    for one in _replaced(tree.data, change):
        if _is_prose(tree, one.place.start):
            found = [
                Edit(place, one.new.decode("utf-8", "replace"))
                for place in _places(tree.data, one.old)
                if not place.overlaps(change.place) and _is_prose(tree, place.start)
            ]
            if found:
                return found
    return []


def _replaced(data: bytes, change: UserChange) -> Iterator[_Replaced]:
    """What was replaced by something else and says enough by itself, or the part that does."""
    before, after = lexemes(change.old), lexemes(data, change.place)
    matcher = SequenceMatcher(
        None, [each.text for each in before], [each.text for each in after], autojunk=False
    )
    for _, i, j, k, m in merged([code for code in matcher.get_opcodes() if code[0] != "equal"]):
        if i == j or k == m:
            continue
        place = span(after[k].start, after[m - 1].end)
        whole = (change.old[before[i].start : before[j - 1].end], place.of(data))
        for old, new in (_part(*whole), whole):
            is_name = _IS_CODE.search(old) is not None and len(old.split()) == 1
            if is_name and len(old) >= _MIN_BYTES and b"\n" not in new:
                yield _Replaced(old, new, place)


def _part(old: bytes, new: bytes) -> tuple[bytes, bytes]:
    """What differs, in whole parts of names: without what both begin and end with."""
    olds, news = _PARTS.findall(old), _PARTS.findall(new)
    while len(olds) > 1 and len(news) > 1 and olds[0] == news[0]:
        del olds[0], news[0]
    while len(olds) > 1 and len(news) > 1 and olds[-1] == news[-1]:
        del olds[-1], news[-1]
    return b"".join(olds), b"".join(news)


def _places(data: bytes, old: bytes) -> Iterator[Span]:
    """Where ``old`` stands, not within a part of a longer name."""
    for match in re.finditer(re.escape(old), data):
        before = data[max(match.start() - 1, 0) : match.start()]
        behind = data[match.end() : match.end() + 1]
        is_inside = old[:1].islower() and before.isalnum()
        is_inside = is_inside or (old[:1].isdigit() and before.isdigit())
        is_inside = is_inside or (behind.islower() or (old[-1:].isdigit() and behind.isdigit()))
        if not is_inside:
            yield span(match.start(), match.end())


def _is_prose(tree: SyntaxTree, offset: int) -> bool:
    kinds = tree.language.kinds
    return tree.enclosing(offset + 1, kinds.comments | kinds.strings) is not None
