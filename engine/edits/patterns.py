"""The pattern of an edit: which words became which others, between which neighbours.

Applied to the rest of the text, it says where the same change is still to be made, and what it
would be there: names that the edit took from its line are taken from the other line instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine.edits.lexemes import Lexeme, lexemes, texts_and_starts
from engine.edits.user_change import UserChange
from engine.spans import Span, span

REACH = 6
_MAX_LEXEMES = 1_500
_MAX_GAP = 2
Code = tuple[str, int, int, int, int]
"""An opcode of SequenceMatcher."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """``old`` became ``new`` between ``left`` and ``right``, at most ``REACH`` lexemes each.

    ``new_text`` is how the new ones are spelled, from the end of ``left`` to the start of
    ``right``; ``old_gap`` the white space that stood there when ``old`` is empty. ``num_parts``:
    how many changes so close to each other that they are one.
    """

    old: tuple[bytes, ...]
    new: tuple[bytes, ...]
    left: tuple[bytes, ...]
    right: tuple[bytes, ...]
    new_text: bytes
    old_gap: bytes
    num_parts: int = 1


@dataclass(frozen=True, slots=True)
class Match:
    """A place where a rewrite fits: ``span`` would become ``new_text``.

    ``num_left`` and ``num_right``: how many neighbours are the same, ``num_loose``: how many of
    the others are another name where the edit had a name.
    """

    span: Span
    new_text: bytes
    rewrite: Rewrite
    num_left: int
    num_right: int
    num_loose: int


def rewrites(data: bytes, change: UserChange) -> list[Rewrite]:
    """What the change did, piece by piece; empty when it is too long."""
    place = change.place
    before_place, behind_place = _around(data, place)
    after = lexemes(data, place)
    before = lexemes(change.old)
    if len(before) > _MAX_LEXEMES or len(after) > _MAX_LEXEMES:
        return []
    old, new = [each.text for each in before], [each.text for each in after]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    found: list[Rewrite] = []
    for _, i, j, k, m in merged(codes):
        left = (*before_place, *old[:i])[-REACH:]
        right = (*old[j:], *behind_place)[:REACH]
        new_start = after[k - 1].end if k else place.start
        new_end = after[m].start if m < len(after) else place.end
        old_start = before[i - 1].end if i else 0
        old_end = before[j].start if j < len(before) else len(change.old)
        gap = change.old[old_start:old_end] if i == j else b""
        text = data[new_start:new_end]
        num_parts = sum(i <= code[1] and code[2] <= j for code in codes)
        found.append(Rewrite(tuple(old[i:j]), tuple(new[k:m]), left, right, text, gap, num_parts))
    return found


class Text:
    """The words and signs of a text: read once, for any number of rewrites.

    Kept as two lists, for a file of 400 kB has a hundred thousand; a ``Lexeme`` is made of those
    alone that are looked at.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.texts, self.starts = texts_and_starts(data)
        self._index: dict[bytes, list[int]] = {}

    def numbers(self, text: bytes) -> Sequence[int]:
        """Which words and signs read ``text``, ascending."""
        if text not in self._index:
            self._index[text] = [at for at, each in enumerate(self.texts) if each == text]
        return self._index[text]

    def lexemes(self, low: int, high: int) -> list[Lexeme]:
        """Words and signs ``[low, high)``, as far as there are such."""
        low = max(low, 0)
        pairs = zip(self.texts[low:high], self.starts[low:high], strict=True)
        return [Lexeme(text, start) for text, start in pairs]

    def start(self, number: int) -> int:
        """Where a word or sign starts; the end of the text behind the last one."""
        return self.starts[number] if number < len(self.starts) else len(self.data)

    def end(self, number: int) -> int:
        """First byte behind a word or sign; the start of the text before the first one."""
        return self.starts[number] + len(self.texts[number]) if number >= 0 else 0


def matches(text: Text, rewrite: Rewrite, outside: Span) -> Iterator[Match]:
    """Where else the rewrite fits, in text order; not within ``outside``.

    Of an insertion, where the neighbour on its left stands.
    """
    pattern = rewrite.old or rewrite.left[-1:]
    if not pattern:
        return
    rarest = min(range(len(pattern)), key=lambda at: text.texts.count(pattern[at]))
    wanted = list(pattern)
    for number in text.numbers(pattern[rarest]):
        start = number - rarest
        if start < 0 or text.texts[start : start + len(pattern)] != wanted:
            continue
        if outside.start <= text.starts[start] <= outside.end:
            continue
        match = _match(text, rewrite, start if rewrite.old else start + 1)
        if match is not None:
            yield match


def _around(data: bytes, place: Span) -> tuple[list[bytes], list[bytes]]:
    """The lexemes just before and behind the changed lines."""
    before = lexemes(data, span(max(place.start - 200, 0), place.start))
    behind = lexemes(data, span(place.end, min(place.end + 200, len(data))))
    return [each.text for each in before[-REACH:]], [each.text for each in behind[:REACH]]


def merged(codes: Sequence[Code]) -> list[Code]:
    """Neighbouring pieces joined: ``a.b`` to ``x.y`` is one change, not two."""
    joined: list[Code] = []
    for code in codes:
        if joined and code[1] - joined[-1][2] <= _MAX_GAP:
            _, i, _, k, _ = joined[-1]
            joined[-1] = ("replace", i, code[2], k, code[4])
        else:
            joined.append(code)
    return joined


def _match(text: Text, rewrite: Rewrite, index: int) -> Match | None:
    """The match at a place where ``old`` stands, None when it cannot be told from others."""
    end = index + len(rewrite.old)
    before = text.lexemes(index - REACH, index)
    left, left_names = _agreeing(rewrite.left[::-1], before[::-1])
    right, right_names = _agreeing(rewrite.right, text.lexemes(end, end + REACH))
    if not rewrite.old and not (left and right):
        return None
    names = {**right_names, **left_names}
    place, new_text = _spelled(text, rewrite, index)
    num_loose = sum(1 for old, new in (*left_names.items(), *right_names.items()) if old != new)
    return Match(place, _renamed(new_text, names), rewrite, left, right, num_loose)


def _agreeing(wanted: Sequence[bytes], there: Sequence[Lexeme]) -> tuple[int, dict[bytes, bytes]]:
    """How many neighbours are the same, and which name stands for which, outwards."""
    names: dict[bytes, bytes] = {}
    count = 0
    for text, lexeme in zip(wanted, there, strict=False):
        if text == lexeme.text:
            count += 1
        elif not (Lexeme(text, 0).is_name and lexeme.is_name):
            break
        if names.setdefault(text, lexeme.text) != lexeme.text:
            break
    return count, names


def _spelled(source: Text, rewrite: Rewrite, index: int) -> tuple[Span, bytes]:
    """The span to replace and its new text, with the white space of the place where it can be."""
    end = index + len(rewrite.old)
    text, gap = rewrite.new_text, rewrite.old_gap
    left, right = source.end(index - 1), source.start(end)
    if rewrite.old:
        cover = span(source.start(index), source.end(end - 1))
        if rewrite.new:
            return cover, text.strip()
        is_within_line = b"\n" not in source.data[left:right] + text
        return (span(left, right), text) if is_within_line else (cover, b"")
    if gap and text.startswith(gap):
        return span(right, right), text[len(gap) :]
    if text.endswith(gap):
        return span(left, left), text[: len(text) - len(gap)]
    return span(left, right), text


def _renamed(text: bytes, names: Mapping[bytes, bytes]) -> bytes:
    """``text`` with the names that stand for others at the place of the match."""
    for lexeme in reversed(lexemes(text)):
        new = names.get(lexeme.text, lexeme.text)
        text = text[: lexeme.start] + new + text[lexeme.end :]
    return text
