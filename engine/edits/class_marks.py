"""Classes with a macro before their name: where the grammar of C++ sees a function."""

from __future__ import annotations

import re

from engine.syntax import SyntaxTree, parse

_MARKED = re.compile(
    rb"\b(?:class|struct)[ \t]+([A-Z_][A-Z0-9_]+(?:\([^()\n]*\))?)"
    rb"(?=[ \t]+[A-Za-z_]\w*\s*(?:final\s*)?[:{])"
)
"""As in ``class EXPORT Name {``: all members would be the locals of a function ``Name``."""


def without_class_marks(tree: SyntaxTree) -> SyntaxTree:
    """The tree of the same text with white space in place of such macros. No byte moves."""
    if tree.language.id != "cpp" or tree.root is None or not _MARKED.search(tree.data):
        return tree
    data = bytearray(tree.data)
    for found in _MARKED.finditer(tree.data):
        data[found.start(1) : found.end(1)] = b" " * (found.end(1) - found.start(1))
    return parse(bytes(data), tree.language)
