"""How many lines a file leaves blank before a definition."""

from __future__ import annotations

import re
from collections import Counter

from engine.languages import BlockStyle
from engine.planning.indentation import lead_of
from engine.spans import ByteOffset
from engine.syntax import SyntaxTree

_WORDS = "export default declare abstract async public private protected static final pub unsafe"
_DEFINITION = re.compile(
    rb"(?:(?:%s)\s+)*(?:def|class|function|func|fn|interface|impl|trait|struct|enum)\b|@\w"
    % _WORDS.replace(" ", "|").encode()
)
# What a definition belongs to, or begins: a decorator, a comment, a header.
_ATTACHED = re.compile(rb"[ \t]*(?:@|#|//|/\*|\*|\"\"\")|.*[{(\[:,]\s*$")


def blank_lines_before(tree: SyntaxTree, line_end: ByteOffset, text: str) -> int:
    """How many before ``text`` on the line behind the one that ends at ``line_end``.

    As many as most often stand in this file before definitions as deep as this one; none before
    anything else, nor below what a definition belongs to.
    """
    first = text.lstrip("\r\n").encode()
    above = tree.line_at(line_end).of(tree.data)
    if tree.language.id == "c" or not is_definition(first) or _ATTACHED.match(above):
        return 0  # C declares variables by the words that define types
    lead = lead_of(first)
    counts = Counter(_gaps(tree, lead))
    if counts:
        return counts.most_common(1)[0][0]
    is_python = tree.language.block_style is BlockStyle.INDENT
    return 2 if is_python and not lead else 1


def is_definition(line: bytes) -> bool:
    """Whether a line begins a function, a type, or a decorator of one."""
    return _DEFINITION.match(line.lstrip()) is not None


def _gaps(tree: SyntaxTree, lead: bytes) -> list[int]:
    """The blank lines before each definition behind ``lead`` that others stand above."""
    gaps, above, num_blank = [], b"", 0
    for line in tree.data.split(b"\n"):
        if not line.strip():
            num_blank += 1
            continue
        if above and is_definition(line) and lead_of(line) == lead and not _ATTACHED.match(above):
            gaps.append(num_blank)
        above, num_blank = line, 0
    return gaps
