"""Cut training rows out of source files.

Middles start where token healing would start them (a pre-token), and end at the end of the line, of
a syntax node, of a random span in the line, or of a block. The kinds are the mask plans' own.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.evaluation.as_typed import rest_of_scope
from engine.holes import HoleKind
from engine.languages import language_of
from engine.planning.hole_spans import hole_spans
from engine.spans import span
from engine.syntax import SyntaxTree, parse
from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile
from engine.training.examples import ExampleGroup, ExampleHole, ExampleRow, Ids

KINDS = tuple(HoleKind)
MAX_HOLE_TOKENS = 31
NODE_KINDS = (HoleKind.EXPRESSION, HoleKind.ARGUMENTS, HoleKind.COMMENT)
BLOCK_KINDS = (HoleKind.STATEMENT, HoleKind.BLOCK, HoleKind.BODY)


@dataclass(frozen=True, slots=True)
class CuttingConfig:
    """How rows are cut; sizes in tokens, shares between 0 and 1.

    ``typed_share`` of the contexts lack the rest of the function or class, as while it is written.
    """

    context_tokens: tuple[int, ...] = (256, 512, 850, 1100)
    context_weights: tuple[float, ...] = (0.15, 0.25, 0.3, 0.3)
    groups_per_row: int = 24
    joint_share: float = 0.3
    typed_share: float = 0.5
    path_share: float = 0.85
    head_share: float = 0.5
    excerpt_share: float = 0.25
    max_suffix_share: float = 0.4
    lines_back: int = 40


class Cutter:
    """Cuts one row at a time out of a file, seeded by the generator it is given."""

    def __init__(self, tokenizer: BPETokenizer, config: CuttingConfig) -> None:
        self.tokenizer, self.config = tokenizer, config

    def cut(self, source: SourceFile, random: np.random.Generator) -> ExampleRow | None:
        """One row, or None when the drawn place holds nothing to fill."""
        window = _Window.draw(source, self.config, random)
        if window is None:
            return None
        if random.random() < self.config.joint_share:
            return self._joint_row(source, window, random)
        return self._single_row(source, window, random)

    def _header(
        self, source: SourceFile, window: _Window, random: np.random.Generator
    ) -> list[int]:
        """Snippets: imports above the window, and lines of the file from outside it."""
        if random.random() > self.config.path_share:
            return []
        title = [self.tokenizer.file_sep_id, *self.tokenizer.encode(source.path + "\n")]
        ids = list(title)
        if window.start > 0 and random.random() < self.config.head_share:
            ids += self.tokenizer.encode(import_lines(source.text[: window.start]))[:96].tolist()
        if random.random() < self.config.excerpt_share:
            excerpt = window.excerpt(source.text, random)
            ids += [*title, *self.tokenizer.encode(excerpt)] if excerpt else []
        return ids

    def _single_row(
        self, source: SourceFile, window: _Window, random: np.random.Generator
    ) -> ExampleRow | None:
        text = source.text
        prefix = text[window.start : window.end]
        ids, starts = self.tokenizer.encode_with_starts(prefix)
        # Only in ASCII are the offsets of characters those of bytes.
        tree = parse(text.encode(), language_of(source.path, None)) if text.isascii() else None
        if tree is not None and random.random() < self.config.typed_share:
            window = window.as_typed(tree)
        head = self._header(source, window, random)
        head += [self.tokenizer.suf_id, *self.tokenizer.encode(window.suffix(text))]
        head.append(self.tokenizer.pre_id)
        first_line = text.rfind("\n", 0, window.end)
        for _ in range(int(random.integers(0, self.config.lines_back))):
            first_line = max(text.rfind("\n", 0, max(first_line, 0)), window.start)
        ends = _NodeEnds.of(tree, max(first_line, window.start), window.end)
        # A character may be several tokens: the first of them starts it.
        token_at = {int(at): index for index, at in reversed([*enumerate(starts)])}
        places = _Places(prefix, self.tokenizer, max(first_line - window.start, 0))
        groups, seen = [], set()
        for _ in range(self.config.groups_per_row):
            drawn = self._draw(text, window, places, ends, random)
            if drawn is None or drawn in seen or drawn[0] - window.start not in token_at:
                continue
            seen.add(drawn)
            if is_comment(text[drawn[0] : drawn[1]]) and random.random() < 0.6:
                continue
            group = self._group(text, window, *drawn)
            if len(group[1].ids) or random.random() < 0.3:
                rest, hole, kind = group
                visible = len(head) + token_at[drawn[0] - window.start]
                groups.append(ExampleGroup(rest, visible, (hole,), kind))
        main = np.array(head + list(ids), np.int64)
        return ExampleRow(main, tuple(groups)) if groups else None

    def _draw(
        self,
        text: str,
        window: _Window,
        places: _Places,
        ends: _NodeEnds,
        random: np.random.Generator,
    ) -> tuple[int, int, HoleKind] | None:
        """Start, end and kind of one hole: a node, a span in the line, or the rest of the line."""
        choice = random.random()
        nodes = ends.blocks if choice < 0.22 else ends.inner if choice < 0.42 else []
        if nodes:
            start, end, kind = nodes[int(random.integers(len(nodes)))]
            has_space = start > window.start and text[start - 1] in " \t"
            return start - has_space, end, kind
        start_in_prefix = places.draw(random)
        if start_in_prefix is None:
            return None
        start = window.start + start_in_prefix
        line_end = min(_line_end(text, start), window.end)
        if choice > 0.88 and line_end - start > 3:
            return start, int(random.integers(start + 2, line_end)), HoleKind.SPAN
        return start, line_end, HoleKind.REST_OF_LINE

    def _group(
        self, text: str, window: _Window, start: int, end: int, kind: HoleKind
    ) -> tuple[Ids, ExampleHole, int]:
        middle = text[start:end].rstrip()
        end = start + len(middle)
        rest = text[end : min(_line_end(text, end), window.end)]
        ids = self.tokenizer.encode(middle)
        is_complete = len(ids) <= MAX_HOLE_TOKENS
        hole = ExampleHole(ids[: MAX_HOLE_TOKENS + 1], is_complete, self.tokenizer.mid_id)
        tail = [self.tokenizer.rest_id, *self.tokenizer.encode(rest)] if rest.strip() else []
        return np.array(tail, np.int64), hole, KINDS.index(kind)

    def _joint_row(
        self, source: SourceFile, window: _Window, random: np.random.Generator
    ) -> ExampleRow | None:
        text = source.text
        spans = _joint_spans(text, window, self.tokenizer, random)
        if len(spans) < 2:
            return None
        cursor = int(random.integers(len(spans)))
        pieces = _Pieces(text, spans, self.tokenizer)
        line_end = min(_line_end(text, spans[cursor][1]), window.suffix_end)
        before = pieces.ids(window.start, spans[cursor][0], cursor)
        rest = pieces.ids(spans[cursor][1], line_end, cursor)
        after = pieces.ids(min(line_end + 1, window.suffix_end), window.suffix_end, cursor)
        main = self._header(source, window, random)
        main += [self.tokenizer.suf_id, *after, self.tokenizer.pre_id, *before]
        order = [cursor, *(index for index in range(len(spans)) if index != cursor)]
        holes = tuple(
            ExampleHole(
                self.tokenizer.encode(text[slice(*spans[index][:2])]),
                True,
                self.tokenizer.mid_id if index == cursor else pieces.sentinel(index, cursor),
            )
            for index in order
        )
        tail = [self.tokenizer.rest_id, *rest] if rest else []
        kind = KINDS.index(spans[cursor][2])
        group = ExampleGroup(np.array(tail, np.int64), len(main), holes, kind)
        return ExampleRow(np.array(main, np.int64), (group,))


class _Pieces:
    """Ids of text between joint holes, a sentinel in the place of each hole but the cursor's."""

    def __init__(
        self, text: str, spans: Sequence[tuple[int, int, HoleKind]], tokenizer: BPETokenizer
    ) -> None:
        self.text, self.spans, self.tokenizer = text, spans, tokenizer

    def sentinel(self, index: int, cursor: int) -> int:
        """``<hole_2>`` … in text order, the cursor's hole not counted."""
        return self.tokenizer.hole_ids[index if index < cursor else index - 1]

    def ids(self, start: int, end: int, cursor: int) -> list[int]:
        """Ids of ``text[start:end]``."""
        ids: list[int] = []
        at = start
        for index, (hole_start, hole_end, _) in enumerate(self.spans):
            if index != cursor and start <= hole_start and hole_end <= end:
                ids += [
                    *self.tokenizer.encode(self.text[at:hole_start]),
                    self.sentinel(index, cursor),
                ]
                at = hole_end
        return ids + list(self.tokenizer.encode(self.text[at:end]))


@dataclass(frozen=True, slots=True)
class _Window:
    """Character offsets: the prefix [start, end) ends at a line's end, the suffix follows it.

    Where ``suffix_start`` lies further down, only ``closing`` is there of what stands between.
    """

    start: int
    end: int
    suffix_end: int
    suffix_start: int
    closing: str = ""

    @staticmethod
    def draw(
        source: SourceFile, config: CuttingConfig, random: np.random.Generator
    ) -> _Window | None:
        text = source.text
        size = int(3.3 * random.choice(config.context_tokens, p=config.context_weights))
        share = 0.0 if random.random() < 0.1 else random.uniform(0.05, config.max_suffix_share)
        end = _line_end(text, int(random.integers(len(text))))
        if not text[text.rfind("\n", 0, end) + 1 : end].strip():
            return None
        wanted = max(end - int(size * (1 - share)), 0)
        start = 0 if wanted == 0 else text.find("\n", wanted, end) + 1
        suffix_end = min(text.rfind("\n", 0, end + 1 + int(size * share)) + 1, len(text))
        suffix_start = min(end + 1, len(text))
        return (
            _Window(start, end, max(suffix_end, suffix_start), suffix_start)
            if start < end
            else None
        )

    def as_typed(self, tree: SyntaxTree) -> _Window:
        """The same, as much of a suffix behind the function or class that the prefix ends in."""
        unwritten = rest_of_scope(tree, span(self.end, self.end))
        if unwritten is None:
            return self
        closing, at = unwritten
        wanted = at + self.suffix_end - self.suffix_start
        end = max(tree.data.rfind(b"\n", 0, wanted) + 1, at)
        return replace(self, suffix_start=at, suffix_end=end, closing=closing.decode())

    def suffix(self, text: str) -> str:
        """What stands behind the line that the prefix ends with."""
        return self.closing + text[self.suffix_start : self.suffix_end]

    def excerpt(self, text: str, random: np.random.Generator) -> str:
        """Up to eight whole lines from outside the window, at most 400 characters."""
        pieces = ((0, self.start), (self.suffix_end, len(text)))
        start, end = pieces[int(random.integers(2))]
        if end - start < 80:
            return ""
        at = text.rfind("\n", start, int(random.integers(start, end))) + 1
        lines = text[max(at, start) : min(at + 400, end)].split("\n")[:-1]
        return "\n".join(lines[: int(random.integers(1, 9))])


class _Places:
    """Where a hole may start: the pre-tokens of the lines from ``first`` on."""

    def __init__(self, prefix: str, tokenizer: BPETokenizer, first: int) -> None:
        lines: dict[int, list[int]] = {}
        for start in tokenizer.pretoken_starts(prefix[first:]):
            at = first + start
            if at < len(prefix) and prefix[at] != "\n" and prefix[at:].strip():
                lines.setdefault(prefix.rfind("\n", 0, at), []).append(at)
        self.lines = list(lines.values())
        self.end = len(prefix)

    def draw(self, random: np.random.Generator) -> int | None:
        if not self.lines:
            return None
        is_last = random.random() < 0.5
        line = self.lines[-1] if is_last else self.lines[int(random.integers(len(self.lines)))]
        return line[0] if random.random() < 0.3 else line[int(random.integers(len(line)))]


@dataclass(frozen=True, slots=True)
class _NodeEnds:
    """Syntax nodes between two byte offsets of ASCII text: within a line, and blocks of lines."""

    inner: list[tuple[int, int, HoleKind]]
    blocks: list[tuple[int, int, HoleKind]]

    @staticmethod
    def of(tree: SyntaxTree | None, start: int, end: int) -> _NodeEnds:
        """All nodes that lie in ``[start, end)``; none without a tree."""
        inner: list[tuple[int, int, HoleKind]] = []
        blocks: list[tuple[int, int, HoleKind]] = []
        if tree is None or start >= end:
            return _NodeEnds(inner, blocks)
        for kind in (*NODE_KINDS, *BLOCK_KINDS):
            for node in hole_spans(tree, kind, span(start, end)):
                has_lines = b"\n" in node.of(tree.data)
                if has_lines and kind in BLOCK_KINDS:
                    blocks.append((node.start, node.end, kind))
                elif not has_lines and len(node) > 1:
                    inner.append((node.start, node.end, kind))
        return _NodeEnds(inner, blocks)


def _joint_spans(
    text: str, window: _Window, tokenizer: BPETokenizer, random: np.random.Generator
) -> list[tuple[int, int, HoleKind]]:
    """Two to eight spans in the window that do not touch: one name everywhere, or mixed ends."""
    starts = [
        window.start + start
        for start in tokenizer.pretoken_starts(text[window.start : window.suffix_end])
    ]
    wanted = int(random.choice((2, 3, 4, 5, 6, 8), p=(0.4, 0.25, 0.15, 0.1, 0.06, 0.04)))
    if random.random() < 0.3:
        return _name_spans(text, window, wanted, random)
    centre = window.end
    near = [at for at in starts if abs(at - centre) < 600 and text[at] not in "\n"]
    spans: list[tuple[int, int, HoleKind]] = []
    for at in sorted(random.permutation(near)[: wanted * 3].tolist()) if near else []:
        line_end = min(_line_end(text, at), window.suffix_end)
        is_rest = random.random() < 0.5
        end = line_end if is_rest else _pretoken_end(starts, at, line_end, random)
        body = text[at:end].rstrip()
        too_near = spans and at <= spans[-1][1] + 1
        if not body.strip() or too_near or len(tokenizer.encode(body)) > 15:
            continue
        spans.append((at, at + len(body), HoleKind.REST_OF_LINE if is_rest else HoleKind.SPAN))
        if len(spans) == wanted:
            break
    return spans


def _pretoken_end(
    starts: Sequence[int], at: int, line_end: int, random: np.random.Generator
) -> int:
    index = bisect.bisect_right(starts, at) + int(random.integers(0, 6))
    return min(starts[index], line_end) if index < len(starts) else line_end


def _name_spans(
    text: str, window: _Window, wanted: int, random: np.random.Generator
) -> list[tuple[int, int, HoleKind]]:
    places: dict[str, list[int]] = {}
    for word, at in words(text[window.start : window.suffix_end]):
        if len(word) > 2 and not word.isdigit():
            places.setdefault(word, []).append(window.start + at)
    several = [word for word, found in places.items() if len(found) >= 2]
    if not several:
        return []
    word = several[int(random.integers(len(several)))]
    chosen = sorted(random.permutation(places[word])[: max(wanted, 2)].tolist())
    return [(at, at + len(word), HoleKind.NAME) for at in chosen]


def words(text: str) -> Iterator[tuple[str, int]]:
    """Identifiers of ``text`` and where they start."""
    at = 0
    while at < len(text):
        if text[at].isidentifier():
            end = at + 1
            while end < len(text) and (text[end].isalnum() or text[end] == "_"):
                end += 1
            yield text[at:end], at
            at = end
        else:
            at += 1


def is_comment(text: str) -> bool:
    """Whether a hole starts with a comment mark: prose that no model of this size can guess."""
    return text.lstrip().startswith(("#", "//", "/*", "* "))


def import_lines(text: str) -> str:
    """The import lines of ``text``, one a line."""
    marks = ("import ", "from ", "#include", "use ", "const ", "using ", "package ")
    lines = (line for line in text.split("\n") if line.startswith(marks))
    return "\n".join(line for line in lines if "require(" in line or not line.startswith("const "))


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
