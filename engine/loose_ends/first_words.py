"""Words that a line rather begins with, or not, by what stands below it.

What opens a body that stands there already is a statement more often than the model thinks, and
nothing stands behind one that leaves: it would never run. Gains are added to logits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.planning.cursor_site import cursor_site
from engine.planning.gaps import indent_of
from engine.spans import Span
from engine.syntax import SyntaxTree

OPENING_GAIN, HEADER_GAIN, LEAVING_GAIN = 1.5, 2.0, -6.0
OPENING = frozenset(("if", "for", "while", "switch", "try", "match", "select", "loop"))
HEADERS = frozenset(
    (
        "if",
        "elif",
        "else",
        "for",
        "while",
        "with",
        "def",
        "class",
        "async",
        "try",
        "except",
        "match",
    )
)
LEAVING = frozenset(("return", "raise", "throw", "break", "continue", "goto"))
# What may stand behind a statement that leaves: other branches, labels, declarations, no code.
_REACHED = re.compile(
    rb"[\])}#*]|//|/\*|--|(?:case|default|else|elif|except|catch|finally|function|async|class|export"
    rb"|public|private|protected|static|def)\b|\w+:"
)
_LINE = re.compile(rb"[ \t]*(?=[^\s])[^\n]*")


def first_words(tree: SyntaxTree, line: Span, lead: str, opens: str) -> Mapping[str, float]:
    """What the first word of ``line`` gains, where it says so and the line is blank.

    ``lead``: what it lacks of its indentation; ``opens``: the brackets that it leaves open for what
    stands below.
    """
    words, gain = _gaining(tree, line, lead, opens)
    words &= tree.language.vocabulary.keywords
    site = cursor_site(tree, line.start) if words else None
    if site is None or site.is_string or site.is_comment:
        return {}
    return dict.fromkeys(words, gain)


def _gaining(tree: SyntaxTree, line: Span, lead: str, opens: str) -> tuple[frozenset[str], float]:
    below = _LINE.search(tree.data, line.end)
    is_python = tree.language.id == "python"
    if opens or below is None:
        # Python's braces hold no statements.
        return (OPENING if opens == "{" and not is_python else frozenset()), OPENING_GAIN
    own, next_one = (
        indent_of(each) for each in (lead.encode() + line.of(tree.data), below.group())
    )
    if is_python and next_one > own:
        return HEADERS, HEADER_GAIN
    is_reached = _REACHED.match(below.group().lstrip()) is not None
    return (LEAVING if next_one == own > 0 and not is_reached else frozenset()), LEAVING_GAIN
