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
from engine.cursor_site import cursor_site
from engine.holes import MaskPlan
from engine.languages import load_grammar
from engine.neutral import Baseline, baseline, fill
from engine.syntax import SyntaxTree

_PARTIAL = re.compile(rb"(?:[\w$\x80-\xff]+|[^\w\s()\[\]{},;\"'`\x80-\xff]+|\\)$")
_POSITION = re.compile(r"row:(\d+), col:(\d+)")
_NUM_SIBLINGS = 2
_MAX_PREFIX = 20_000


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
    ) -> None:
        base = baseline(tree, plan) if base is None else base
        texts = list(base.texts)
        for index, text in enumerate(other_texts):
            if text is not None and index != hole_index:
                texts[index] = text
        filled = base.tree if texts == list(base.texts) else fill(tree, plan, texts)
        before = sum(
            len(text) - len(hole.span)
            for text, hole in list(zip(texts, plan.holes, strict=True))[:hole_index]
        )
        start = plan.holes[hole_index].span.start + before
        self._language = tree.language
        site = cursor_site(filled, start)
        self._opened: Scan = site.open
        self._head = _skeleton(filled, start)
        is_text = site.is_comment or site.is_string
        self._is_blind = is_text or self._first_fault(self._head) is not None

    def fault(self, text: bytes) -> int | None:
        """The byte of ``text`` where the first impossible token starts, None when all may be right.

        A last word or operator that may still grow, and an open string or comment, is not judged.
        """
        if self._is_blind:
            return None
        read = scan(text, self._language)
        if self._language.grammar is None:
            return self._unmatched(read)
        broken = read.broken[0] if read.broken else None
        judged = text[: read.text_start]
        if read.text_start == len(text):
            judged = judged[: len(judged) - len(_partial(judged))]
        if not judged.strip():
            return None
        found = self._first_fault(self._head + judged)
        if found is None or found < len(self._head):
            return None
        offset = found - len(self._head)
        return offset if broken is None else min(offset, broken)

    def _unmatched(self, read: Scan) -> int | None:
        """Without a grammar: a closing bracket that closes nothing that is open before."""
        opened = [mark.text for mark in self._opened.openers]
        for mark in read.unmatched:
            if not opened or {"(": ")", "[": "]", "{": "}"}[opened.pop()] != mark.text:
                return mark.offset if opened or self._opened.openers else None
        return None

    def _first_fault(self, data: bytes) -> int | None:
        """Where the parser first finds no way to go on; None when that is only the end."""
        source = self._language.grammar
        grammar = None if source is None else load_grammar(source)
        if grammar is None or len(data) > _MAX_PREFIX:
            return None
        watch = _ParseLog()
        parser = tree_sitter.Parser(grammar)
        parser.logger = watch
        parser.parse(data)
        if watch.stop is None:
            return None
        row, column = watch.stop
        offset = 0
        for _ in range(row):
            offset = data.find(b"\n", offset) + 1
        offset += column
        rest = data[offset:]
        offset += len(rest) - len(rest.lstrip(b" \t\r\n\x0c\\"))
        return offset if offset < len(data.rstrip()) else None


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


def frontier_fault(
    tree: SyntaxTree,
    plan: MaskPlan,
    hole_index: int,
    text: bytes,
    other_texts: Sequence[bytes | None] = (),
) -> int | None:
    """One call of ``Frontier(...).fault(text)``; keep a Frontier for more than one."""
    return Frontier(tree, plan, hole_index, other_texts).fault(text)


def _partial(text: bytes) -> bytes:
    match = _PARTIAL.search(text)
    return b"" if match is None else match.group()


def _skeleton(tree: SyntaxTree, offset: int) -> bytes:
    """The text before ``offset`` without the statements that have no part in parsing it.

    Of each block around ``offset`` the last statements before it stay (an ``else`` needs its
    ``if``), so the result is a few lines long and parses in a fraction of a millisecond.
    """
    kinds = tree.language.kinds
    removable = kinds.statements | kinds.comments
    cuts: list[tuple[int, int]] = []
    node = tree.root
    while node is not None:
        before = [child for child in node.children if child.end_byte <= offset]
        inside = [child for child in node.children if child.start_byte < offset < child.end_byte]
        plain = [child for child in before if child.type in removable]
        kept_from = before[-_NUM_SIBLINGS].start_byte if len(before) > _NUM_SIBLINGS else 0
        for child in plain:
            following = child.next_sibling
            if (
                following is not None
                and following.start_byte <= kept_from
                and _is_line(tree, child)
            ):
                cuts.append((child.start_byte, following.start_byte))
        node = inside[0] if inside else None
    parts, at = [], 0
    for start, end in sorted(cuts):
        if start >= at and end <= offset:
            parts.append(tree.data[at:start])
            at = end
    return b"".join(parts) + tree.data[at:offset]


def _is_line(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    """Whether nothing but white space stands before the node on its line."""
    line = tree.data.rfind(b"\n", 0, node.start_byte) + 1
    return not tree.data[line : node.start_byte].strip()
