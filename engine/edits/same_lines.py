"""Lines that stand elsewhere as the edit found them: they become what these became.

White space does not count: a line is its words and signs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from engine.edits.lexemes import Lexeme, lexemes
from engine.edits.lines import indentation
from engine.edits.user_change import UserChange
from engine.proposal import Edit
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_KEPT = 0.8
_MIN_LEXEMES, _MIN_WORDS, _MIN_WORD = 5, 2, 3
_Texts = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A line's words and signs; ``start`` is where it begins, all count in one text."""

    start: int
    found: Sequence[Lexeme]

    @property
    def texts(self) -> _Texts:
        return tuple(each.text for each in self.found)


def same_lines(tree: SyntaxTree, change: UserChange) -> list[Edit]:
    """What the same lines outside of the change become, in text order.

    Nothing where they say too little, or are imports.
    """
    old = _lines(change.old, span(0, len(change.old)))
    new = _lines(tree.data, change.place)
    matcher = SequenceMatcher(
        None, [line.texts for line in old], [line.texts for line in new], autojunk=False
    )
    blocks: list[tuple[Sequence[_Line], Sequence[_Line]]] = []
    for tag, i, j, k, m in matcher.get_opcodes():
        if tag == "replace" and j - i == m - k:
            pairs = zip(range(i, j), range(k, m), strict=True)
            blocks += [(old[a : a + 1], new[b : b + 1]) for a, b in pairs]
        elif tag == "replace":
            blocks.append((old[i:j], new[k:m]))
    telling = [(was, is_) for was, is_ in blocks if _is_telling(was)]
    if not telling:
        return []
    elsewhere = _Elsewhere(tree, _Lines(tree.data), change.place)
    found = [edit for was, is_ in telling for edit in elsewhere.repeated(was, is_)]
    return sorted(found, key=lambda edit: edit.span)


def _lines(data: bytes, place: Span) -> list[_Line]:
    """The lines of a place that holds whole ones."""
    lines, at = [], int(place.start)
    for text in place.of(data).split(b"\n"):
        lines.append(_Line(at, lexemes(data, span(at, at + len(text)))))
        at += len(text) + 1
    return lines


def _is_in(line: _Line, place: Span) -> bool:
    return place.start <= line.start <= place.end


class _Lines:
    """The lines of a text; their words and signs are read where somebody looks."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._starts = [0, *(match.end() for match in re.finditer(b"\n", data))]
        self._known: dict[int, _Line] = {}

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, number: int) -> _Line:
        if number not in self._known:
            start = self._starts[number]
            is_last = number + 1 == len(self._starts)
            end = len(self.data) if is_last else self._starts[number + 1] - 1
            self._known[number] = _Line(start, lexemes(self.data, span(start, end)))
        return self._known[number]

    def holding(self, words: Iterable[bytes]) -> list[int]:
        """The numbers of the lines that hold one of the words, maybe within a longer one."""
        found: set[int] = set()
        for word in words:
            at = self.data.find(word)
            while at >= 0:
                number = bisect_right(self._starts, at) - 1
                found.add(number)
                is_last = number + 1 == len(self._starts)
                at = -1 if is_last else self.data.find(word, self._starts[number + 1])
        return sorted(found)


def _rarest(data: bytes, line: _Line, num_words: int) -> list[bytes]:
    """Of the names of a line those that the text holds least of."""
    names = {each.text for each in line.found if each.is_name}
    return sorted(names, key=lambda name: (data.count(name), name))[:num_words]


def _is_telling(was: Sequence[_Line]) -> bool:
    words = {each.text for line in was for each in line.found if each.is_name}
    num_words = sum(len(word) >= _MIN_WORD for word in words)
    return sum(len(line.found) for line in was) >= _MIN_LEXEMES and num_words >= _MIN_WORDS


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """The lines of a text outside of the change, which is at ``inside``."""

    tree: SyntaxTree
    lines: _Lines
    inside: Span

    def repeated(self, was: Sequence[_Line], is_: Sequence[_Line]) -> Iterator[Edit]:
        """``is_`` wherever else ``was`` stands."""
        data = self.tree.data
        if len(was) == len(is_) == 1:
            # One name may be another there, so a line like it holds one of any two.
            for number in self.lines.holding(_rarest(data, was[0], 2)):
                line = self.lines[number]
                edit = self._rewritten(was[0], is_[0], line)
                if edit is not None and not _is_in(line, self.inside):
                    yield edit
        elif _is_kept(was, is_):
            yield from (self._replaced(is_, there) for there in self._blocks(was))

    def _blocks(self, was: Sequence[_Line]) -> Iterator[Sequence[_Line]]:
        """The lines that read as ``was`` does, none of them in the change."""
        data, pattern = self.tree.data, [line.texts for line in was]
        rarest = [(name, at) for at, line in enumerate(was) for name in _rarest(data, line, 1)]
        name, behind = min(rarest, key=lambda pair: data.count(pair[0]))
        for number in self.lines.holding((name,)):
            numbers = range(number - behind, number - behind + len(was))
            if 0 <= numbers.start and numbers.stop <= len(self.lines):
                there = [self.lines[at] for at in numbers]
                is_outside = not any(_is_in(line, self.inside) for line in there)
                if is_outside and [line.texts for line in there] == pattern:
                    yield there

    def _rewritten(self, was: _Line, is_: _Line, there: _Line) -> Edit | None:
        """What changed within one line, changed in the other; None where that is another line.

        Where only keywords changed (``static``, ``await``), one name may be another there.
        """
        old, new, other = was.texts, is_.texts, there.texts
        names = {(a, b) for a, b in zip(old, other, strict=False) if a != b}
        if len(old) != len(other) or len(names) > 1:
            return None
        num_left = _num_same(old, new)
        most = min(len(old), len(new)) - num_left
        num_right = min(most, _num_same(old[::-1], new[::-1]))
        changed = (*old[num_left : len(old) - num_right], *new[num_left : len(new) - num_right])
        if names and not self._may_differ(*next(iter(names)), changed):
            return None
        kinds = self.tree.language.kinds
        if self.tree.enclosing(there.found[0].end, kinds.imports) is not None:
            return None
        text = _between(is_.found, num_left, num_right).of(self.tree.data)
        place = _between(there.found, num_left, num_right)
        return Edit(place, text.decode("utf-8", "replace"))

    def _may_differ(self, name: bytes, other: bytes, changed: Sequence[bytes]) -> bool:
        keywords = {word.encode() for word in self.tree.language.vocabulary.keywords}
        is_named = Lexeme(name, 0).is_name and Lexeme(other, 0).is_name
        return is_named and not {name, other} & keywords and set(changed) <= keywords

    def _replaced(self, is_: Sequence[_Line], there: Sequence[_Line]) -> Edit:
        """The new lines in the place of the old ones, as deep as those are."""
        data = self.tree.data
        first = there[0].found[0].start if there[0].found else there[0].start
        here, deep = indentation(data, is_[0].start), indentation(data, there[0].start)
        lines: list[str] = []
        for line in is_:
            end = line.found[-1].end if line.found else line.start
            text = data[line.start : end].decode("utf-8", "replace")
            lines.append(deep + text.removeprefix(here) if text else "")
        last = next(line for line in reversed(there) if line.found)
        return Edit(span(first, last.found[-1].end), "\n".join(lines).removeprefix(deep))


def _is_kept(was: Sequence[_Line], is_: Sequence[_Line]) -> bool:
    """Whether most of what was there still is: other lines in their place are another thought."""
    old = [each.text for line in was for each in line.found]
    new = [each.text for line in is_ for each in line.found]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= _KEPT * len(old)


def _num_same(left: Sequence[bytes], right: Sequence[bytes]) -> int:
    """How many are the same from the start."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(left), len(right)))


def _between(found: Sequence[Lexeme], num_left: int, num_right: int) -> Span:
    """What is behind the first ``num_left`` and before the last ``num_right`` words and signs."""
    start = found[num_left - 1].end if num_left else found[0].start
    end = found[-num_right].start if num_right else found[-1].end
    return span(start, max(start, end))
