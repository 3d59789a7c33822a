"""What to write anew to mend a fault: as little as possible around it."""

from __future__ import annotations

import tree_sitter

from engine.planning.hole_spans import trimmed
from engine.spans import Span
from engine.syntax import SyntaxTree

MAX_BYTES = 400


def repair_place(tree: SyntaxTree, fault: Span, edited: Span) -> Span | None:
    """The line to write anew, without its indentation; None when it is empty or too long.

    A parser's fault may run over many lines: the one that was edited within it is at fault, else
    the one where it starts.
    """
    is_edited = fault.start <= edited.end and edited.start <= fault.end
    line = tree.line_at(edited.end if is_edited else fault.start)
    if not line.of(tree.data).strip() and line.start > 0:
        line = tree.line_at(line.start - 1)  # something is missing at the end of the line above
    place = trimmed(tree.data, line.start, line.end)
    return place if 0 < len(place) <= MAX_BYTES else None


def is_of_macro(tree: SyntaxTree, fault: tree_sitter.Node) -> bool:
    """Whether a macro may make the parser stumble: what C declares is full of them."""
    if not reads_no_macros(tree):
        return False
    node: tree_sitter.Node | None = fault
    while node is not None and node.type != "compound_statement":
        node = node.parent
    return node is None


def reads_no_macros(tree: SyntaxTree) -> bool:
    """Whether faults in right code are common, since the parser does not know the macros."""
    return tree.language.id in ("c", "cpp")
