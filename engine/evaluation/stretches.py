"""Stretches of code that are typed anew, key by key.

What stands behind the cursor is what an editor has there meanwhile: the brackets that it closes by
itself, and the file from the end of the function or class on.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from engine.errors import BadInput
from engine.evaluation.as_typed import closers_on_line, rest_of_scope, scope_end
from engine.evaluation.holes import CutKind, EvalHole, code_lines, is_worth
from engine.languages import language_of
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse
from engine.training.corpus import SourceFile

MIN_LINES, MAX_LINES = 2, 6
MAX_STRETCH_BYTES = 400
# A line's end, lines that close blocks and nothing else, and the next line's indentation.
_LINE_BREAK = re.compile(rb"\r?\n(?:[ \t]*[)\]};,]*\r?\n)*[ \t]*")
_CLOSERS_ALONE = re.compile(rb"[)\]};,]*")


@dataclass(frozen=True, slots=True)
class Stretch:
    """``hole`` is the whole stretch, ``tree`` that of its file; the scope ends at ``scope_end``."""

    hole: EvalHole
    tree: SyntaxTree
    scope_end: int

    @property
    def start(self) -> int:
        """The byte at which typing begins."""
        return self.hole.spans[0].start

    @property
    def end(self) -> int:
        """The byte at which it is done."""
        return self.hole.spans[0].end

    def text(self, start: int, end: int | None = None) -> str:
        """What is typed from one byte to another, or to the end."""
        return self.tree.data[start : self.end if end is None else end].decode("utf-8")

    def after_key(self, at: int) -> int:
        """Where the cursor is after the next key.

        One key types a character, or goes to the next line, which the editor indents; blocks that
        it has closed are stepped out of on the way.
        """
        if line_break := _LINE_BREAK.match(self.tree.data, at, self.end):
            return line_break.end()
        return at + len(self.text(at)[0].encode("utf-8"))

    def num_keys(self, start: int, end: int) -> int:
        """How many keys it takes to type from one byte to another."""
        count = 0
        while start < end:
            start, count = self.after_key(start), count + 1
        return count

    def state(self, at: int) -> EvalHole:
        """The text while ``at`` is reached, with an empty hole at the cursor."""
        data, here = self.tree.data, span(at, at)
        line_end = self.tree.line_at(at).end
        below, end = rest_of_scope(self.tree, here, self.scope_end) or (b"", line_end)
        line_break = data[line_end : data.find(b"\n", line_end) + 1]
        text = data[:at] + closers_on_line(self.tree, at) + line_break + below + data[end:]
        name, kind = f"{self.hole.id}:{at}", CutKind.REST_OF_LINE
        return replace(self.hole, id=name, data=text, spans=(here,), kind=kind, is_typing=True)


def cut_stretches(files: Iterable[SourceFile], num_stretches: int, seed: int) -> list[Stretch]:
    """Stretches of two to six lines, as many of each language, one a file; fewer if files run out.

    Raises BadInput for none.
    """
    by_language: dict[str, list[SourceFile]] = {}
    for file in files:
        by_language.setdefault(language_of(file.path).id, []).append(file)
    streams = [_stream(by_language[each], each, seed) for each in sorted(by_language)]
    found: list[Stretch] = []
    while streams:
        for stream in list(streams):
            stretch = next(stream, None) if len(found) < num_stretches else None
            if stretch is None:
                streams.remove(stream)
            else:
                found.append(stretch)
    if not found:
        raise BadInput("no two lines of code that follow each other can be cut from these files")
    return found


def _stream(files: list[SourceFile], language: str, seed: int) -> Iterator[Stretch]:
    draw = random.Random(f"{seed}/stretches/{language}")
    order = sorted(files, key=lambda file: (file.package, file.path))
    draw.shuffle(order)
    for file in order:
        stretch = _cut(file, draw)
        if stretch is not None:
            yield stretch


def _cut(file: SourceFile, draw: random.Random) -> Stretch | None:
    language = language_of(file.path)
    tree = parse(file.text.encode("utf-8"), language)
    lines = list(code_lines(tree))
    first = draw.randrange(len(lines)) if lines else 0
    chosen = _following(tree, lines[first:])
    if len(chosen) < MIN_LINES:
        return None
    place = span(chosen[0].start, chosen[-1].end)
    name = f"{file.package}/{file.path}:{place.start}:stretch"
    hole = EvalHole(name, language.id, file.path, tree.data, (place,), CutKind.BLOCK)
    return Stretch(hole, tree, scope_end(tree, place.start))


def _following(tree: SyntaxTree, lines: list[Span]) -> list[Span]:
    """The first lines up to a comment, the scope's end or a limit; a line with a word ends them."""
    if not lines or not is_worth(tree.data, lines[0]):
        return []
    end, chosen = scope_end(tree, lines[0].start), [lines[0]]
    for line in lines[1:MAX_LINES]:
        between = tree.data[chosen[-1].end : line.start]
        if line.end > min(end, chosen[0].start + MAX_STRETCH_BYTES) or between.strip():
            break
        chosen.append(line)
    while chosen and _CLOSERS_ALONE.fullmatch(chosen[-1].of(tree.data)):
        chosen.pop()
    return chosen
