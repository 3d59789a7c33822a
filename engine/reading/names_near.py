"""The names that the code around a place uses: those whose definitions help to go on there.

Knows text alone. The same for every key of a line, and mostly for some lines, or the context that
is built of it would be encoded anew all the time.
"""

from __future__ import annotations

import re

from engine.tags import MAX_NAME, MIN_NAME

MAX_NAMES = 64
_STRIDE = 8
_LINES_ABOVE, _LINES_BELOW = 16, 16
_IMPORT_LINES = 200
_NAME = re.compile(r"[^\W\d]\w*")
_IMPORT = re.compile(r"\s*(?:import|from|use|#include|package|export .* from|const .*require\()")


def names_near(text: str, cursor: int) -> tuple[str, ...]:
    """Names of the lines around byte offset ``cursor`` without its own, then imported ones."""
    lines = text.split("\n")
    line = text.encode()[:cursor].count(b"\n")
    anchor = line // _STRIDE * _STRIDE
    around = range(max(anchor - _LINES_ABOVE, 0), min(anchor + _LINES_BELOW, len(lines)))
    near = sorted((at for at in around if at != line), key=lambda at: abs(at - anchor))
    found: dict[str, None] = {}
    for at in near:
        found.update(dict.fromkeys(_names(lines[at])))
    for imported in import_lines(text):
        found.update(dict.fromkeys(_names(imported)))
    return tuple(found)[:MAX_NAMES]


def import_lines(text: str) -> list[str]:
    """The lines of the file's beginning that import something."""
    return [one for one in text.split("\n", _IMPORT_LINES)[:_IMPORT_LINES] if _IMPORT.match(one)]


def _names(line: str) -> list[str]:
    return [name for name in _NAME.findall(line) if MIN_NAME <= len(name) <= MAX_NAME]
