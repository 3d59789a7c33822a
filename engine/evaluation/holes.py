"""Cut holes with known contents out of source files, by the same span rules as the mask plans.

The same files, seed and settings give the same holes, whatever fills them: the cut never looks at
a tokenizer or a model.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from engine.errors import BadInput
from engine.evaluation.as_typed import as_typed
from engine.holes import HoleKind
from engine.languages import PLAIN_TEXT, language_of
from engine.planning.hole_spans import hole_spans
from engine.request import OpenDocument
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse
from engine.training.corpus import SourceFile, read_corpus

CHARACTERS_PER_TOKEN = 3.3
PREFIX_SHARE = 0.7
MAX_LINE_BYTES, MAX_BLOCK_BYTES = 120, 400
MAX_FILE_BYTES = 200_000
JOINT_LINES = 8
FILES_PER_LANGUAGE = 400
_ATTEMPTS = 40
_WORD_START = re.compile(rb"(?<![\w])(?=\w)|(?<=[\w\s])(?=[^\w\s])")
_WORD = re.compile(rb"\w")


class CutKind(str, Enum):
    """What is cut out. The first two are the single-line holes of a cursor."""

    WHOLE_LINE = "whole_line"
    """All of a line of code behind its indentation."""
    REST_OF_LINE = "rest_of_line"
    """From a word or sign inside a line to the line's end."""
    EXPRESSION = "expression"
    ARGUMENTS = "arguments"
    STATEMENT = "statement"
    BLOCK = "block"
    BODY = "body"
    COMMENT = "comment"
    JOINT = "joint"
    """Two or three expressions, argument lists or rests of lines near each other."""
    NAMES = "names"
    """One name, hidden at two or three of its places."""
    SPAN = "span"
    """Any run of characters; only public sets cut these."""


SINGLE_LINE = (CutKind.WHOLE_LINE, CutKind.REST_OF_LINE)
_NODE_KINDS = {
    CutKind.EXPRESSION: HoleKind.EXPRESSION,
    CutKind.ARGUMENTS: HoleKind.ARGUMENTS,
    CutKind.STATEMENT: HoleKind.STATEMENT,
    CutKind.BLOCK: HoleKind.BLOCK,
    CutKind.BODY: HoleKind.BODY,
    CutKind.COMMENT: HoleKind.COMMENT,
}
_ONE_LINE_KINDS = frozenset(
    {*SINGLE_LINE, CutKind.EXPRESSION, CutKind.ARGUMENTS, CutKind.COMMENT, CutKind.JOINT}
)


@dataclass(frozen=True, slots=True)
class EvalHole:
    """Spans of ``data`` (UTF-8) whose contents are to be found again, in text order.

    ``spans[cursor_hole]`` holds the cursor. ``is_single_line``: no hole holds a newline, and the
    filler may know it. ``nearby``: other files of the same package, the nearest first. ``closed``:
    what is right in a single hole, too: the same with the brackets closed that it opens.
    ``is_typing``: somebody types there (``engine.request``).
    """

    id: str
    language: str
    path: str
    data: bytes
    spans: tuple[Span, ...]
    kind: CutKind
    cursor_hole: int = 0
    is_single_line: bool = False
    nearby: tuple[OpenDocument, ...] = ()
    closed: str | None = None
    is_typing: bool = False

    @property
    def gold(self) -> tuple[str, ...]:
        """What stood in the holes."""
        return tuple(item.of(self.data).decode("utf-8") for item in self.spans)

    @property
    def pieces(self) -> tuple[str, ...]:
        """The text around the holes: one piece more than there are holes."""
        bounds = [0, *(edge for item in self.spans for edge in (item.start, item.end))]
        bounds.append(len(self.data))
        pairs = zip(bounds[::2], bounds[1::2], strict=True)
        return tuple(self.data[start:end].decode("utf-8") for start, end in pairs)

    def without_gold(self) -> tuple[str, tuple[Span, ...]]:
        """The text with nothing in the holes, and the empty spans where they were."""
        spans, at = [], 0
        for piece in self.pieces[:-1]:
            at += len(piece.encode("utf-8"))
            spans.append(span(at, at))
        return "".join(self.pieces), tuple(spans)

    def filled(self, texts: Iterable[str]) -> str:
        """The text with one new text a hole."""
        pieces = self.pieces
        parts = [pieces[0]]
        for piece, text in zip(pieces[1:], texts, strict=True):
            parts += [text, piece]
        return "".join(parts)


@dataclass(frozen=True, slots=True)
class CutConfig:
    """How many holes of which kinds, shared evenly between languages and kinds.

    ``context_tokens`` limits the text around a hole (at 3.3 characters a token, whole lines, 70 %
    of it before the hole); None keeps the whole file. ``is_as_typed``: what is written behind the
    hole is left out (``engine.evaluation.as_typed``).
    """

    num_holes: int = 300
    kinds: tuple[CutKind, ...] = SINGLE_LINE
    seed: int = 0
    context_tokens: int | None = None
    is_as_typed: bool = False


def read_sources(source: Path) -> list[SourceFile]:
    """The source files of a corpus file (``.jsonl.zst``, ``.jsonl``), or of a folder.

    At most ``FILES_PER_LANGUAGE`` a language, chosen evenly over the corpus. Raises BadInput when
    there is none, TrainingError for a damaged corpus.
    """
    if not source.exists():
        raise BadInput(f"{source}: no such corpus file or folder of source files")
    files = _read_folder(source) if source.is_dir() else read_corpus(source)
    chosen: dict[str, list[SourceFile]] = {}
    seen: dict[str, int] = {}
    draw = random.Random(0)
    for file in files:
        language = language_of(file.path)
        if language is PLAIN_TEXT or len(file.text.encode("utf-8")) > MAX_FILE_BYTES:
            continue
        kept = chosen.setdefault(language.id, [])
        seen[language.id] = seen.get(language.id, 0) + 1
        if len(kept) < FILES_PER_LANGUAGE:
            kept.append(file)
        else:  # reservoir sampling (Vitter's algorithm R)
            at = draw.randrange(seen[language.id])
            if at < FILES_PER_LANGUAGE:
                kept[at] = file
    if not chosen:
        raise BadInput(f"{source}: holds no source file of a known language")
    return [file for kept in chosen.values() for file in kept]


def cut_holes(files: Iterable[SourceFile], config: CutConfig) -> list[EvalHole]:
    """Cut ``config.num_holes`` distinct holes; fewer when the files do not hold that many."""
    if config.num_holes < 1 or not config.kinds:
        raise BadInput("at least one hole of at least one kind must be wanted")
    by_language: dict[str, list[SourceFile]] = {}
    for file in files:
        by_language.setdefault(language_of(file.path).id, []).append(file)
    streams = [
        _stream(by_language[language], kind, config)
        for kind in config.kinds
        for language in sorted(by_language)
    ]
    holes: list[EvalHole] = []
    while streams:
        for stream in list(streams):
            if len(holes) == config.num_holes:
                return holes
            hole = next(stream, None)
            if hole is None:
                streams.remove(stream)
            else:
                holes.append(hole)
    return holes


def _stream(files: list[SourceFile], kind: CutKind, config: CutConfig) -> Iterator[EvalHole]:
    """Distinct holes of one kind and language, one file after the other, round after round."""
    draw = random.Random(f"{config.seed}/{kind.value}/{files[0].lang}")
    order = sorted(files, key=lambda file: (file.package, file.path))
    draw.shuffle(order)
    seen: set[str] = set()
    failures = 0
    while failures < _ATTEMPTS + len(order):
        for file in order:
            hole = _cut(file, kind, draw)
            if hole is None or hole.id in seen:
                failures += 1
                continue
            failures = 0
            seen.add(hole.id)
            known = as_typed(hole) if config.is_as_typed else hole
            yield _windowed(known, config.context_tokens)


def _cut(file: SourceFile, kind: CutKind, draw: random.Random) -> EvalHole | None:
    language = language_of(file.path)
    tree = parse(file.text.encode("utf-8"), language)
    spans = _CUTTERS.get(kind, _node)(tree, kind, draw)
    if not spans:
        return None
    places = "+".join(str(item.start) for item in spans)
    return EvalHole(
        id=f"{file.package}/{file.path}:{places}:{kind.value}",
        language=language.id,
        path=file.path,
        data=tree.data,
        spans=spans,
        kind=kind,
        cursor_hole=draw.randrange(len(spans)),
        is_single_line=all(b"\n" not in item.of(tree.data) for item in spans)
        and kind in _ONE_LINE_KINDS,
    )


def _line(tree: SyntaxTree, kind: CutKind, draw: random.Random) -> tuple[Span, ...]:
    lines = [item for item in code_lines(tree) if is_worth(tree.data, item)]
    if not lines:
        return ()
    line = draw.choice(lines)
    if kind is CutKind.REST_OF_LINE:
        text = line.of(tree.data)
        found = (match.start() for match in _WORD_START.finditer(text))
        starts = [at for at in found if 0 < at < len(text) - 1 and _WORD.search(text, at)]
        if not starts:
            return ()
        line = span(line.start + draw.choice(starts), line.end)
    return (line,)


def code_lines(tree: SyntaxTree) -> Iterator[Span]:
    """The lines without comment or docstring: prose is a kind of its own."""
    comments = iter(hole_spans(tree, HoleKind.COMMENT))
    comment = next(comments, None)
    for line in hole_spans(tree, HoleKind.REST_OF_LINE):
        while comment is not None and comment.end <= line.start:
            comment = next(comments, None)
        if comment is None or not comment.overlaps(line):
            yield line


def _node(tree: SyntaxTree, kind: CutKind, draw: random.Random) -> tuple[Span, ...]:
    limit = MAX_LINE_BYTES if kind in _ONE_LINE_KINDS else MAX_BLOCK_BYTES
    found = [
        item
        for item in hole_spans(tree, _NODE_KINDS[kind])
        if is_worth(tree.data, item, limit)
        and not (kind in _ONE_LINE_KINDS and b"\n" in item.of(tree.data))
    ]
    return (draw.choice(found),) if found else ()


def _joint(tree: SyntaxTree, kind: CutKind, draw: random.Random) -> tuple[Span, ...]:
    del kind
    first = _line(tree, CutKind.REST_OF_LINE, draw)
    if not first:
        return ()
    near = _lines_around(tree.data, first[0])
    candidates = [
        item
        for hole_kind in (HoleKind.EXPRESSION, HoleKind.ARGUMENTS)
        for item in hole_spans(tree, hole_kind, near)
        if is_worth(tree.data, item) and b"\n" not in item.of(tree.data)
    ]
    draw.shuffle(candidates)
    return _apart(tree.data, [first[0], *candidates], draw.choice((2, 3)))


def _names(tree: SyntaxTree, kind: CutKind, draw: random.Random) -> tuple[Span, ...]:
    del kind
    places: dict[bytes, list[Span]] = {}
    for item in hole_spans(tree, HoleKind.NAME):
        if len(item) > 2:
            places.setdefault(item.of(tree.data), []).append(item)
    several = [found for _, found in sorted(places.items()) if len(found) >= 2]
    if not several:
        return ()
    found = draw.choice(several)
    at = draw.randrange(len(found) - 1)
    return _apart(tree.data, found[at:], draw.choice((2, 3)))


_CUTTERS: dict[CutKind, Callable[[SyntaxTree, CutKind, random.Random], tuple[Span, ...]]] = {
    CutKind.WHOLE_LINE: _line,
    CutKind.REST_OF_LINE: _line,
    CutKind.JOINT: _joint,
    CutKind.NAMES: _names,
}


def _apart(data: bytes, candidates: list[Span], wanted: int) -> tuple[Span, ...]:
    """Up to ``wanted`` spans, at least two, with something but white space between them."""
    chosen: list[Span] = []
    for item in candidates:
        if len(chosen) < wanted and all(_is_apart(data, item, other) for other in chosen):
            chosen.append(item)
    return tuple(sorted(chosen)) if len(chosen) >= 2 else ()


def _is_apart(data: bytes, left: Span, right: Span) -> bool:
    first, second = sorted((left, right))
    return first.end < second.start and bool(data[first.end : second.start].strip())


def is_worth(data: bytes, item: Span, limit: int = MAX_LINE_BYTES) -> bool:
    """Whether a span holds a word (a lone bracket says nothing) and is not too long."""
    return 1 < len(item) <= limit and _WORD.search(item.of(data)) is not None


def _lines_around(data: bytes, item: Span) -> Span:
    start, end = item.start, item.end
    for _ in range(JOINT_LINES):
        start = type(start)(data.rfind(b"\n", 0, max(start - 1, 0)) + 1)
        end = type(end)(_next_line(data, end))
    return span(start, end)


def _next_line(data: bytes, at: int) -> int:
    found = data.find(b"\n", at)
    return len(data) if found < 0 else found + 1


def _windowed(hole: EvalHole, context_tokens: int | None) -> EvalHole:
    """The hole with whole lines of ``context_tokens`` around it."""
    first, last = hole.spans[0].start, hole.spans[-1].end
    size = len(hole.data) if context_tokens is None else int(context_tokens * CHARACTERS_PER_TOKEN)
    start = max(first - int(size * PREFIX_SHARE), 0)
    # Begin at the next line, but never behind the line of the hole.
    start = 0 if start == 0 else min(_next_line(hole.data, start), _line_start(hole.data, first))
    wanted_end = min(last + int(size * (1 - PREFIX_SHARE)), len(hole.data))
    end = max(hole.data.rfind(b"\n", 0, wanted_end) + 1, _next_line(hole.data, last))
    if context_tokens is None:
        start, end = 0, len(hole.data)
    moved = tuple(span(item.start - start, item.end - start) for item in hole.spans)
    return replace(hole, data=hole.data[start:end], spans=moved)


def _line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def _read_folder(folder: Path) -> Iterator[SourceFile]:
    for file in sorted(folder.rglob("*")):
        language = language_of(file.name)
        if language is PLAIN_TEXT or not file.is_file():
            continue
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(f"{file}: cannot be read as UTF-8 text ({error})") from error
        path = file.relative_to(folder).as_posix()
        yield SourceFile(folder.name, "", "", path, language.id, text)
