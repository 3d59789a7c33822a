"""What notebooks understand and Python does not: commands that begin with ``%``, ``!`` or ``?``.

They are made comments, or a number with a comment where code must stand, and every byte offset
stays (IPython's documentation, "Magic commands", "System shell access").
"""

from __future__ import annotations

import re

# Magics of a whole cell whose rest is Python all the same.
_PYTHON = "time|timeit|capture|prun|debug|python|python3|memit|mprun|lprun"
_FOREIGN_CELL = re.compile(rf"\s*%%(?!(?:{_PYTHON})\b)\w")
_LINE_START = re.compile(r"^.", re.MULTILINE)
_COMMAND = re.compile(r"^[%!?]|^\?\?|(?<=[\w.\])])\?{1,2}(?=[ \t]*$)", re.MULTILINE)
_CONTINUED = re.compile(r"(?<=\\\n)[^\n]")
_LONG_COMMAND = re.compile(r"^[%!][^\n]*(?:\\\n[^\n]*)+", re.MULTILINE)
_IN_CODE = re.compile(
    r"^([ \t]+|[ \t]*[\w., \[\]]+=[ \t]*)(?:!(?=[^=\n])[^\n]|%(?=[a-z]+(?: |$))\w)", re.MULTILINE
)


def without_magics(text: str) -> str:
    """``text`` of a cell as Python, as many bytes long."""
    if not any(mark in text for mark in "%!?"):
        return text
    if _FOREIGN_CELL.match(text):
        return _LINE_START.sub(_commented, text)
    text = _LONG_COMMAND.sub(lambda found: _CONTINUED.sub(_commented, found[0]), text)
    return _IN_CODE.sub(_valued, _COMMAND.sub(_commented, text))


def _commented(found: re.Match[str]) -> str:
    return "#" * len(found[0].encode())


def _valued(found: re.Match[str]) -> str:
    rest = found[0][len(found[1]) :]
    return found[1] + "0" + "#" * (len(rest.encode()) - 1)
