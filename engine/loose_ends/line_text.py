"""Whether a line ends within a string or a comment, told without a tree."""

from __future__ import annotations

import re

_QUOTES = re.compile(r"""(?<!\\)["'`]""")


def is_in_text(line: str) -> bool:
    """Whether ``line`` ends within a string or a comment."""
    if line.lstrip().startswith(("#", "//", "*", "/*")):
        return True
    quote = ""
    for match in _QUOTES.finditer(line):
        if not quote:
            quote = match.group()
        elif quote == match.group():
            quote = ""
    return bool(quote)
