"""Where a name is mentioned in comments and docstrings: text that only may mean it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.edits.symbols import Site
from engine.spans import Span, span
from engine.syntax import SyntaxTree


def mentions(tree: SyntaxTree, name: str, within: Span) -> list[Site]:
    """Whole words ``name`` in the comments and docstrings of ``within``, in text order."""
    data = tree.data
    word = re.compile(rb"(?<![\w$])" + re.escape(name.encode()) + rb"(?![\w$])")
    found = [match for match in word.finditer(data) if within.start <= match.start() < within.end]
    return [
        Site(span(match.start(), match.end()))
        for match in found
        if any(_is_prose(tree, node) for node in _around(tree, match.end()))
    ]


def _around(tree: SyntaxTree, offset: int) -> Iterator[tree_sitter.Node]:
    for node in tree.ancestors(offset):
        yield node
        if node.type in tree.language.kinds.statements:
            return


def _is_prose(tree: SyntaxTree, node: tree_sitter.Node) -> bool:
    if node.type in tree.language.kinds.comments:
        return True
    parent = node.parent
    is_alone = parent is not None and parent.type == "expression_statement"
    return node.type == "string" and is_alone and parent is not None and parent.child_count == 1
