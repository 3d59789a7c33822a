"""What stands around the cursor: open brackets, strings, comments, words, halves of its line."""

from __future__ import annotations

import re
from dataclasses import dataclass

import tree_sitter

from engine.brackets import Scan, scan
from engine.planning.hole_spans import is_docstring
from engine.spans import Span
from engine.syntax import SyntaxTree

_WORD_END = re.compile(rb"[\w$\x80-\xff]+$")
_WORD_START = re.compile(rb"[\w$\x80-\xff]+")
_MAX_LINES_BACK = 400
_CLOSERS_ONLY = re.compile(rb"^[\s)\]}>;,:\"'`]*(?:=>)?\s*[{]?\s*[}]?[\s);,]*$")


@dataclass(frozen=True, slots=True)
class CursorSite:
    """The cursor's surroundings. ``left`` and ``right`` are the halves of its line."""

    offset: int
    line: Span
    left: bytes
    right: bytes
    open: Scan
    anchor: int
    is_comment: bool
    is_string: bool

    @property
    def is_in_word(self) -> bool:
        """Whether an identifier runs through the cursor."""
        return bool(_WORD_END.search(self.left) and _WORD_START.match(self.right))

    @property
    def word(self) -> bytes:
        """The part of an identifier that ends at the cursor."""
        match = _WORD_END.search(self.left)
        return b"" if match is None else match.group()

    @property
    def is_line_blank(self) -> bool:
        """Whether the cursor's line holds nothing but white space."""
        return not self.left.strip() and not self.right.strip()

    @property
    def is_rest_closed(self) -> bool:
        """Whether only closers, separators and an opening brace stand behind the cursor."""
        return _CLOSERS_ONLY.match(self.right) is not None

    @property
    def opener(self) -> str:
        """The innermost bracket that is open at the cursor, or ""."""
        return self.open.openers[-1].text if self.open.openers else ""

    @property
    def opener_offset(self) -> int:
        """Where that bracket stands in the text; the cursor when none is open."""
        return self.anchor + self.open.openers[-1].offset if self.open.openers else self.offset


def cursor_site(tree: SyntaxTree, cursor: int) -> CursorSite:
    """Read the surroundings of ``cursor``."""
    line = tree.line_at(cursor)
    anchor = anchor_before(tree, cursor)
    opened = scan(tree.data[anchor:cursor], tree.language)
    node = tree.node_at(cursor)
    is_comment = bool(opened.comment) or (node is not None and _holds_text(tree, node, cursor))
    return CursorSite(
        offset=cursor,
        line=line,
        left=tree.data[line.start : cursor],
        right=tree.data[cursor : line.end],
        open=opened,
        anchor=anchor,
        is_comment=is_comment,
        is_string=bool(opened.string) and not is_comment,
    )


def anchor_before(tree: SyntaxTree, offset: int) -> int:
    """A place before ``offset`` from where brackets can be counted: no string is open there.

    The start of the statement in its block; within broken code a line without indentation.
    """
    node = tree.node_at(offset)
    if node is None:
        return tree.data.rfind(b"\n", 0, offset) + 1
    kinds = tree.language.kinds
    while node.parent is not None and not _is_body(node.parent, kinds.blocks):
        node = node.parent
    if node.parent is None or node.is_error or node.type in kinds.blocks:
        return _outer_line(tree, offset)
    return min(node.start_byte, offset)


def _is_body(node: tree_sitter.Node, blocks: frozenset[str]) -> bool:
    return node.parent is None or node.type in blocks or node.type == "statement_list"


def _outer_line(tree: SyntaxTree, offset: int) -> int:
    kinds = tree.language.kinds
    start = tree.data.rfind(b"\n", 0, offset) + 1
    for _ in range(_MAX_LINES_BACK):
        if start == 0:
            return 0
        if tree.data[start : start + 1] not in b" \t\r\n)]}" and start < offset:
            node = tree.node_at(start + 1)
            text = kinds.strings | kinds.comments
            if node is None or node.start_byte == start or node.type not in text:
                return start
        start = tree.data.rfind(b"\n", 0, start - 1) + 1
    return start


def _holds_text(tree: SyntaxTree, node: tree_sitter.Node, cursor: int) -> bool:
    """Whether the cursor is inside a comment or a docstring."""
    kinds = tree.language.kinds
    at: tree_sitter.Node | None = node
    while at is not None and at.end_byte - at.start_byte < 20_000:
        if at.type in kinds.comments:
            is_line = not tree.data.startswith(b"/*", at.start_byte)
            return at.start_byte < cursor < at.end_byte + is_line
        if is_docstring(at):
            return at.start_byte + 1 < cursor < at.end_byte
        at = at.parent
    return False


def following_line(tree: SyntaxTree, line: Span) -> Span | None:
    """The next line that is not blank, None at the end."""
    at = line.end
    while (at := type(at)(tree.data.find(b"\n", at) + 1)) and at < len(tree.data):
        row = tree.line_at(at)
        if row.of(tree.data).strip():
            return row
        at = row.end
    return None


def preceding_line(tree: SyntaxTree, line: Span) -> Span | None:
    """The line above that is not blank, None at the start."""
    start = line.start
    while start > 0:
        row = tree.line_at(start - 1)
        if row.of(tree.data).strip():
            return row
        start = row.start
    return None
