"""Find the first token of an unfinished hole that no valid text can have there.

An LR parser has the valid-prefix property: it stops at the first token with which no program of
the grammar goes on. tree-sitter says where in its log (``process version``, ``resume version``),
before it begins to repair; so text up to the frontier is judged exactly, whatever follows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import tree_sitter

from engine.brackets import Scan, scan
from engine.holes import MaskPlan
from engine.languages import BlockStyle, load_grammar
from engine.planning.cursor_site import cursor_site
from engine.planning.neutral import Baseline, baseline
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_PARTIAL = re.compile(rb"(?:(?:#[ \t]*)?[\w$\x80-\xff]+|[^\w\s()\[\]{},;\"'`\x80-\xff]+|\\)$")
_POSITION = re.compile(r"row:(\d+), col:(\d+)")
_NOTHING = re.compile(rb"(?:[\s\\]|//[^\n]*|#[^\n]*|/\*.*?\*/)*", re.DOTALL)
_PREPROCESSED = frozenset(("c", "cpp"))
_HAS_SEQUEL = re.compile(rb"(?:async|do|else|for|if|loop|match|switch|template|try|while)\b|@|#\[")
_MAX_PREFIX = 20_000


class Heads:
    """The last text that stood before a hole without a fault: who types on has it parsed already.

    Nodes out of any other text, one that is broken elsewhere, may hide a fault in C.
    """

    def __init__(self) -> None:
        self._last: SyntaxTree | None = None

    def known(self, head: bytes, tree: SyntaxTree) -> tree_sitter.Tree | None:
        """What is parsed already of ``head``, a text in the language of ``tree``."""
        last = self._last
        if last is None or last.language is not tree.language or not head.startswith(last.data):
            return None
        size = len(last.data)
        return last.edited([(span(size, size), head[size:])])[1]

    def keep(self, head: SyntaxTree) -> None:
        """``head`` was parsed without a fault."""
        self._last = head


class Frontier:
    """Judges the growing text of one hole; ``other_texts`` by hole stand in the other holes.

    Building one costs a few incremental parses, ``fault`` one parse of some lines.
    """

    def __init__(
        self,
        tree: SyntaxTree,
        plan: MaskPlan,
        hole_index: int,
        other_texts: Sequence[bytes | None] = (),
        base: Baseline | None = None,
        heads: Heads | None = None,
    ) -> None:
        heads = Heads() if heads is None else heads
        base = baseline(tree, plan) if base is None else base
        texts = list(base.texts)
        for index, text in enumerate(other_texts):
            if text is not None and index != hole_index:
                texts[index] = text
        filled = base.filled(texts)
        before = sum(
            len(text) - len(hole.span)
            for text, hole in list(zip(texts, plan.holes, strict=True))[:hole_index]
        )
        start = plan.holes[hole_index].span.start + before
        self._language = tree.language
        site = cursor_site(filled, start)
        self._opened: Scan = site.open
        lead = plan.lead.encode() if hole_index == plan.cursor_hole else b""
        cut = span(start, len(filled.data))
        head, _ = filled.edited([*_removable(filled, start), (cut, lead)])
        self._parser = _parser(tree)
        parsed, fault = self._parsed(head, heads.known(head, tree))
        self._head = SyntaxTree(head, tree.language, parsed)
        if fault is None and parsed is not None:
            heads.keep(self._head)
        self._is_blind = site.is_comment or site.is_string or fault is not None

    def fault(self, text: bytes) -> int | None:
        """The byte of ``text`` where the first impossible token starts, None when all may be right.

        A last word or operator that may still grow, and an open string or comment, is not judged.
        """
        if self._is_blind:
            return None
        read = scan(text, self._language)
        if self._language.grammar is None:
            return self._unmatched(read)
        judged = text[: read.text_start]
        if read.text_start == len(text):
            judged = judged[: len(judged) - len(_partial(judged))]
        if self._language.id in _PREPROCESSED:
            judged = self._without_directive(judged)
        if not judged.strip():
            return None
        size = len(self._head.data)
        _, found = self._parsed(*self._head.edited([(span(size, size), judged)]))
        if found is None or found < size:
            return None
        offset = found - size
        for start, newline in read.broken:
            if start <= offset <= newline:
                return newline
        return offset

    def _without_directive(self, text: bytes) -> bytes:
        """``text`` without a last line that the preprocessor reads; it has tokens of its own."""
        start = text.rfind(b"\n") + 1
        head = self._head.data
        line = text if start else head[head.rfind(b"\n") + 1 :] + text
        return text[:start] if line[start:].lstrip().startswith(b"#") else text

    def _unmatched(self, read: Scan) -> int | None:
        """Without a grammar: a closing bracket that closes nothing that is open before."""
        opened = [mark.text for mark in self._opened.openers]
        for mark in read.unmatched:
            if not opened or {"(": ")", "[": "]", "{": "}"}[opened.pop()] != mark.text:
                return mark.offset if opened or self._opened.openers else None
        return None

    def _parsed(
        self, data: bytes, known: tree_sitter.Tree | None
    ) -> tuple[tree_sitter.Tree | None, int | None]:
        """The tree of ``data``, and where the parser first finds no way to go on.

        None for the place when that is only the end. ``known``: what is parsed of it already.
        """
        if self._parser is None or len(data) > _MAX_PREFIX:
            return None, None
        watch = _ParseLog()
        self._parser.logger = watch
        tree = self._parser.parse(data) if known is None else self._parser.parse(data, known)
        return tree, None if watch.stop is None else _token_at(data, watch.stop)


def _parser(tree: SyntaxTree) -> tree_sitter.Parser | None:
    source = tree.language.grammar
    grammar = None if source is None else load_grammar(source)
    return None if grammar is None else tree_sitter.Parser(grammar)


def _token_at(data: bytes, point: tuple[int, int]) -> int | None:
    """Where the token behind ``point`` (row and column in bytes) begins; None at the end."""
    row, column = point
    offset = 0
    for _ in range(row):
        offset = data.find(b"\n", offset) + 1
    offset += column
    rest = data[offset:]
    if _NOTHING.fullmatch(rest):
        return None
    return offset + len(rest) - len(rest.lstrip(b" \t\r\n\x0c\\"))


class _ParseLog:
    """Listens to the parser and keeps the place where the last living parse stopped."""

    def __init__(self) -> None:
        self.stop: tuple[int, int] | None = None
        self._at = ""

    def __call__(self, kind: tree_sitter.LogType, message: str) -> None:
        if self.stop is not None or kind is not tree_sitter.LogType.PARSE:
            return
        if message.startswith("process "):
            self._at = message
        elif message.startswith("resume "):
            match = _POSITION.search(self._at)
            self.stop = (0, 0) if match is None else (int(match[1]), int(match[2]))


def _partial(text: bytes) -> bytes:
    match = _PARTIAL.search(text)
    return b"" if match is None else match.group()


def _removable(tree: SyntaxTree, offset: int) -> list[tuple[Span, bytes]]:
    """The statements before ``offset`` that have no part in parsing it, and what stands for them.

    Of the innermost block the last statement stays when the text could go on with it; ``pass``
    stands for another one, since an indented block may not be empty. So what is left is some lines
    long, and parses in a fraction of a millisecond.
    """
    kinds = tree.language.kinds
    removable = kinds.statements | kinds.comments
    removed: list[tuple[Span, bytes]] = []
    at = 0
    node = tree.root
    while node is not None:
        children = node.children
        inside = next((c for c in children if c.start_byte < offset < c.end_byte), None)
        before = [child for child in children if child.end_byte <= offset]
        code = [child for child in before if child.type not in kinds.comments]
        last = code[-1] if code and inside is None else None
        for child in () if node.is_error else before:
            if child.type not in removable or not _is_line(tree, child) or child.start_byte < at:
                continue
            if child == last and _may_go_on(tree, child, offset):
                continue
            end = child.end_byte if child.next_sibling is None else child.next_sibling.start_byte
            end = min(end, offset)
            is_block = child == last and tree.language.block_style is BlockStyle.INDENT
            at = child.end_byte if is_block or tree.data[child.end_byte : end].strip() else end
            removed.append((span(child.start_byte, at), b"pass" if is_block else b""))
        node = inside
    return removed


def _may_go_on(tree: SyntaxTree, node: tree_sitter.Node, offset: int) -> bool:
    """Whether text at ``offset`` could belong to this statement: an ``else``, a chained call."""
    text = tree.data[node.start_byte : node.end_byte]
    if node.has_error or _HAS_SEQUEL.match(text) or b"\n" not in tree.data[node.end_byte : offset]:
        return True
    is_braces = tree.language.block_style is BlockStyle.BRACES
    return is_braces and not text.rstrip().endswith((b";", b"}"))


def _is_line(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether nothing but white space stands before the node on its line."""
    line = tree.data.rfind(b"\n", 0, node.start_byte) + 1
    return not tree.data[line : node.start_byte].strip()
