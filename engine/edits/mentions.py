"""Where a name is mentioned in comments, docstrings and paths in strings: it may be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.edits.symbols import Site
from engine.spans import Span, span
from engine.syntax import SyntaxTree


def mentions(tree: SyntaxTree, name: str, within: Span) -> list[Site]:
    """Whole words ``name`` in the comments and docstrings of ``within``, in text order.

    In other strings behind a dot, as in ``patch("package.module.name")``.
    """
    data = tree.data
    word = re.compile(rb"(?<![\w$])" + re.escape(name.encode()) + rb"(?![\w$])")
    found = [match for match in word.finditer(data) if within.start <= match.start() < within.end]
    return [
        Site(span(match.start(), match.end()))
        for match in found
        if any(_is_prose(tree, node, match.start()) for node in _around(tree, match.end()))
    ]


_CODE = ("interpolation", "substitution")
"""Strings that hold code are left to the names in it."""


def _around(tree: SyntaxTree, offset: int) -> Iterator[tree_sitter.Node]:
    for node in tree.ancestors(offset):
        yield node
        if node.type in tree.language.kinds.statements:
            return


def _is_prose(tree: SyntaxTree, node: tree_sitter.Node, start: int) -> bool:
    if node.type in tree.language.kinds.comments:
        return True
    is_path = tree.data[start - 1 : start] == b"." and node.child_count > 0
    if is_path and node.type in tree.language.kinds.strings:
        return not any(child.type.endswith(_CODE) for child in node.children)
    parent = node.parent
    is_alone = parent is not None and parent.type == "expression_statement"
    return node.type == "string" and is_alone and parent is not None and parent.child_count == 1
