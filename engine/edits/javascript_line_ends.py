"""Members that end with their line: where the grammar of TypeScript reads on, and should not."""

from __future__ import annotations

import re

from engine.syntax import SyntaxTree, parse

_CALLED = re.compile(rb"(?m)^[ \t]*([ \t])<[^\n]*>[ \t]*\(")
"""A signature such as ``<T>(a: T): T`` on a line of its own."""


def with_ended_lines(tree: SyntaxTree) -> SyntaxTree:
    """The tree of the same text with a semicolon, in place of white space, before such signatures.

    Type arguments stand on the line of their type (TypeScript's parser looks for a line break
    before ``<``); the grammar takes them from the next line too, and a whole interface without
    semicolons falls apart. No byte moves. The tree as it was where that does not mend it.
    """
    if tree.language.id != "typescript" or tree.root is None or not tree.root.has_error:
        return tree
    data = bytearray(tree.data)
    for found in _CALLED.finditer(tree.data):
        data[found.start(1)] = ord(";")
    if data == tree.data:
        return tree
    ended = parse(bytes(data), tree.language)
    return ended if ended.num_faults() < tree.num_faults() else tree
