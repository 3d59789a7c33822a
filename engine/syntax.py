"""Source text with its syntax tree. Parses incrementally, and never raises on bad code.

Knows bytes and nodes; knows nothing of holes or models.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import tree_sitter

from engine.brackets import scan
from engine.comment_runs import parsed_ranges
from engine.languages import Language, load_grammar
from engine.spans import Span, span

# How many bytes are compared at a time: the most first, so that each is read once or twice.
COMPARED = 16_384, 1_024, 64, 1


@dataclass(frozen=True, slots=True, eq=False)
class SyntaxTree:
    """An immutable text with its tree; ``tree`` is None for a language without a grammar."""

    data: bytes
    language: Language
    tree: tree_sitter.Tree | None

    @property
    def root(self) -> tree_sitter.Node | None:
        """The root node, None without a grammar."""
        return None if self.tree is None else self.tree.root_node

    def replaced(self, old: Span, new: bytes) -> SyntaxTree:
        """The tree of the text in which ``old`` reads ``new``, parsed incrementally."""
        return self.filled(((old, new),))

    def filled(self, edits: Sequence[tuple[Span, bytes]]) -> SyntaxTree:
        """The tree after several edits in text order that do not overlap, parsed once."""
        data, edited = self.edited(edits)
        if edited is None:
            return SyntaxTree(data, self.language, None)
        return SyntaxTree(data, self.language, _parser(data, self.language).parse(data, edited))

    def edited(self, edits: Sequence[tuple[Span, bytes]]) -> tuple[bytes, tree_sitter.Tree | None]:
        """The text after such edits, and the tree whose other nodes a parser may take over."""
        data = self.data
        edited = None if self.tree is None else self.tree.copy()  # edit() changes a tree in place
        for old, new in reversed(edits):
            data = data[: old.start] + new + data[old.end :]
            if edited is not None:
                start = _point(self.data, old.start)
                ends = _behind(start, old.of(self.data)), _behind(start, new)
                edited.edit(old.start, old.end, old.start + len(new), start, *ends)
        return data, edited

    def faults(self, within: Span | None = None) -> Iterator[tree_sitter.Node]:
        """ERROR and MISSING nodes in text order, those that touch ``within`` when given."""
        stack = [] if self.tree is None else [self.tree.root_node]
        while stack:
            node = stack.pop()
            if within is not None and not touches(node, within):
                continue
            if node.is_error or node.is_missing:
                yield node
            if node.has_error:
                stack.extend(reversed(node.children))

    def num_faults(self, within: Span | None = None) -> int:
        """How broken the text is: ERROR and MISSING nodes, or unbalanced brackets and quotes."""
        if self.tree is None:
            part = self.data if within is None else within.of(self.data)
            return scan(part, self.language).num_faults
        return sum(1 for _ in self.faults(within))

    def node_at(self, offset: int) -> tree_sitter.Node | None:
        """The smallest node that holds the byte before ``offset``, or stands at it."""
        if self.tree is None:
            return None
        root = self.tree.root_node
        return root.descendant_for_byte_range(max(offset - 1, 0), offset) or root

    def node_within(self, offset: int) -> tree_sitter.Node | None:
        """The smallest node around ``offset`` itself: of white space, the block that holds it."""
        if self.tree is None:
            return None
        root = self.tree.root_node
        return root.descendant_for_byte_range(offset, offset) or root

    def ancestors(self, offset: int) -> Iterator[tree_sitter.Node]:
        """The nodes around ``offset``, innermost first; each strictly holds it or ends at it."""
        node = self.node_at(offset)
        while node is not None:
            yield node
            node = node.parent

    def enclosing(self, offset: int, kinds: frozenset[str]) -> tree_sitter.Node | None:
        """The innermost node of one of ``kinds`` around ``offset``."""
        return next((node for node in self.ancestors(offset) if node.type in kinds), None)

    def statement_at(self, offset: int) -> tree_sitter.Node | None:
        """The innermost statement around ``offset``."""
        return self.enclosing(offset, self.language.kinds.statements)

    def scopes(self, offset: int) -> list[tree_sitter.Node]:
        """The functions, classes and namespaces around ``offset``, outermost first."""
        kinds = self.language.kinds.scopes
        return [node for node in self.ancestors(offset) if node.type in kinds][::-1]

    @property
    def newline(self) -> str:
        """How the file ends its lines, judged by the first one."""
        at = self.data.find(b"\n")
        return "\r\n" if at > 0 and self.data[at - 1 : at] == b"\r" else "\n"

    def line_at(self, offset: int) -> Span:
        """The line that holds ``offset``, without its line break."""
        start = self.data.rfind(b"\n", 0, offset) + 1
        end = self.data.find(b"\n", offset)
        end = len(self.data) if end < 0 else end
        if max(start, offset) < end and self.data[end - 1 : end] == b"\r":
            end -= 1
        return span(start, end)


def touches(node: tree_sitter.Node, within: Span) -> bool:
    """Whether the node shares a byte or an edge with ``within``."""
    return node.start_byte <= within.end and within.start <= node.end_byte


def parse(data: bytes, language: Language, old: SyntaxTree | None = None) -> SyntaxTree:
    """Parse ``data``; with ``old`` (any earlier text) only what changed is read again."""
    if old is not None and old.language is language:
        if old.data == data:
            return old
        changed, new = difference(old.data, data)
        return old.replaced(changed, new)
    if language.grammar is None or load_grammar(language.grammar) is None:
        return SyntaxTree(data, language, None)
    return SyntaxTree(data, language, _parser(data, language).parse(data))


def difference(old: bytes, new: bytes) -> tuple[Span, bytes]:
    """The smallest span of ``old`` whose replacement by the returned bytes gives ``new``."""
    start, limit = 0, min(len(old), len(new))
    for size in COMPARED:
        while start + size <= limit and old.startswith(new[start : start + size], start):
            start += size
    same, limit = 0, limit - start
    for size in COMPARED:
        while same + size <= limit and old.endswith(
            new[len(new) - same - size : len(new) - same], 0, len(old) - same
        ):
            same += size
    return span(start, len(old) - same), new[start : len(new) - same]


class ParseCache:
    """The last trees by path, so that a request parses only what changed since the one before.

    Holds at most ``capacity`` trees, the least recently used goes first. Safe between threads.

    In about one keystroke of 1,600 tree-sitter repairs broken code in another way when it reuses
    an old tree. So that a warm cache answers as a cold one does, broken texts of up to
    ``exact_bytes`` are read afresh (some milliseconds); longer ones are too slow for that.
    """

    def __init__(self, capacity: int = 16, exact_bytes: int = 65_536) -> None:
        self._capacity = capacity
        self._exact_bytes = exact_bytes
        self._trees: OrderedDict[str, SyntaxTree] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._trees)

    def forget(self, path: str) -> None:
        """Let go of the tree of ``path``: 20 to 50 bytes for each byte of its text."""
        with self._lock:
            self._trees.pop(path, None)

    def parse(self, path: str | None, data: bytes, language: Language) -> SyntaxTree:
        """Parse ``data``, incrementally when a tree of ``path`` is held; keep the new tree."""
        if path is None:
            return parse(data, language)
        with self._lock:
            old = self._trees.get(path)
        tree = parse(data, language, old)
        is_repaired = tree is not old and tree.root is not None and tree.root.has_error
        if old is not None and is_repaired and len(data) <= self._exact_bytes:
            tree = parse(data, language)
        with self._lock:
            self._trees[path] = tree
            self._trees.move_to_end(path)
            while len(self._trees) > self._capacity:
                self._trees.popitem(last=False)
        return tree


def _parser(data: bytes, language: Language) -> tree_sitter.Parser:
    grammar = None if language.grammar is None else load_grammar(language.grammar)
    return tree_sitter.Parser(grammar, included_ranges=parsed_ranges(data, language) or None)


def _point(data: bytes, offset: int) -> tuple[int, int]:
    """Row and column in bytes, as tree-sitter wants them."""
    return data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1


def _behind(start: tuple[int, int], text: bytes) -> tuple[int, int]:
    """Row and column behind ``text`` that begins at ``start``."""
    rows = text.count(b"\n")
    column = len(text) - text.rfind(b"\n") - 1
    return start[0] + rows, column if rows else start[1] + column
