"""Files that export everything of the files beside them: which of these they do not list yet."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from engine.loose_ends.import_lines import SCRIPT_SUFFIX, named_file
from engine.request import OpenDocument

_LINE = re.compile(
    r"""^export \* from (['"])(\.[^'"\n]*?)(\.[cm]?js)?\1(;?)[ \t]*$""", re.MULTILINE
)
_MIN_LINES = 2


def missing_exports(documents: Iterable[OpenDocument], path: str | None, text: str) -> list[str]:
    """Lines that export all of files of ``documents`` in folders that ``text`` exports from.

    Nothing where ``text`` has less than two such lines. ``path``: its own.
    """
    lines = list(_LINE.finditer(text))
    if path is None or len(lines) < _MIN_LINES:
        return []
    quote, ending, end = lines[0][1], lines[0][3] or "", lines[0][4]
    listed = {line[2].removesuffix("/index") for line in lines}
    folders = {posixpath.dirname(module) for module in listed}
    found = []
    for document in documents:
        module = named_file(document.path, path)
        is_script = SCRIPT_SUFFIX.search(document.path) is not None
        if is_script and module not in listed and posixpath.dirname(module) in folders:
            named = named_file(document.path, path, ending)
            found.append(f"export * from {quote}{named}{quote}{end}")
    return sorted(found)
