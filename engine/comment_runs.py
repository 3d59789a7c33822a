"""Long runs of comment lines, which are parsed as some comments of many lines.

Behind code Python's grammar looks over all comment lines to the next line of code, at each of them
anew: 2,000 lines of commented-out code take a second (tree-sitter-python 0.25), at every key. So
what the parser gets of a long run are all bytes but most of its line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import tree_sitter

from engine.languages import BlockStyle, Language

_MIN_LINES = 200
_JOINED_LINES = 50
_LINE_END = re.compile(rb"\n\s*(?=#)")


def parsed_ranges(data: bytes, language: Language) -> list[tree_sitter.Range]:
    """What of ``data`` the parser gets; nothing where that is all of it."""
    if language.block_style is not BlockStyle.INDENT or data.count(b"#") < _MIN_LINES:
        return []
    ends = [
        found.span()
        for start, stop in _runs(data)
        for number, found in enumerate(_LINE_END.finditer(data, start, stop), 1)
        if number % _JOINED_LINES
    ]
    if not ends:
        return []
    starts = [0, *(end for _, end in ends)]
    stops = [*(start for start, _ in ends), len(data)]
    ranges: list[tree_sitter.Range] = []
    row, read = 0, 0
    for start, stop in zip(starts, stops, strict=True):
        points: list[tuple[int, int]] = []
        for at in (start, stop):
            row, read = row + data.count(b"\n", read, at), at
            points.append((row, at - data.rfind(b"\n", 0, at) - 1))
        ranges.append(tree_sitter.Range(points[0], points[1], start, stop))
    return ranges


def _runs(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the long runs begin and end. Every key pays for this: few lines are looked at."""
    lines = data.split(b"\n")
    end = 0
    for probe in range(_MIN_LINES // 2, len(lines), _MIN_LINES // 2):
        if probe < end or not _is_comment(lines[probe]):
            continue
        start, end = probe, probe + 1
        while start and _is_comment(lines[start - 1]):
            start -= 1
        while end < len(lines) and _is_comment(lines[end]):
            end += 1
        if end - start >= _MIN_LINES:
            offset = sum(len(line) + 1 for line in lines[:start])
            yield offset, min(offset + sum(len(line) + 1 for line in lines[start:end]), len(data))


def _is_comment(line: bytes) -> bool:
    return line.lstrip()[:1] in b"#"
