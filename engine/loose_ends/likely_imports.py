"""How a line goes on that imports what a file lacks: as other files import it, or define it."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Collection, Sequence

from engine.loose_ends.barrels import missing_exports
from engine.loose_ends.declarations import open_import_list
from engine.loose_ends.definition_imports import definition_imports
from engine.loose_ends.import_lines import import_lines
from engine.loose_ends.package_imports import LANGUAGES as PACKAGE_LANGUAGES
from engine.loose_ends.package_imports import package_imports
from engine.request import OpenDocument
from engine.spans import Span
from engine.syntax import SyntaxTree

_BEGUN = re.compile(r"\s*(?:import|from|var|let|const)\b")
# The names stand before the file that they come from.
_NAMING = re.compile(r"import\b[^'\"]*[\w$]")
_KEYWORDS = frozenset("import type as from".split())
_IMPORTS = re.compile(r"\s*(?:import\b|from\b.*\bimport\b|export\b.*\bfrom\b|.*\brequire\s*\()")
_COMMENT_END = re.compile(r"^[ \t]*(?:#|//)|(?:\*/|\"\"\"|''')[ \t]*$")
_WORDS = re.compile(r"[\w$]+")
_ABOVE_BYTES = 2_000


def likely_imports(
    tree: SyntaxTree,
    line: Span,
    own: str,
    rest: str,
    missing: Collection[str],
    path: str | None,
    others: Sequence[OpenDocument],
) -> list[str]:
    """Whole lines that import some of ``missing`` or of what the line begins to import.

    Behind an open list of imports its ends.

    ``line`` of the text begins with ``own`` and ends with ``rest``, which the results lack.
    """
    # Without the line, which changes from key to key.
    text = _text(tree.data[: line.start] + tree.data[line.end :])
    language = tree.language.id
    if language in PACKAGE_LANGUAGES:
        return package_imports(tree, line, own, rest, others)
    above = _text(tree.data[max(line.start - _ABOVE_BYTES, 0) : line.start])
    if own[:6] in ("", "export") and _is_among_exports(above, tree, line):
        exports = missing_exports(others, path, text)
        return [each.removesuffix(rest) for each in exports if each.endswith(rest)]
    listed = open_import_list(language, above)
    if listed is None:
        may_import = _may_import(own, above, _text(tree.data[line.end :]))
        wanted = set(missing) if may_import else set()
        if _NAMING.match(own):  # they are imported, whether anything uses them yet or not
            wanted |= set(_WORDS.findall(own)) - _KEYWORDS
    else:
        wanted = set(_WORDS.findall(listed)) - _KEYWORDS
    if not wanted or (listed is not None and language == "python"):
        return []
    found = _bringing(tuple(others), frozenset(wanted), path, language, text)
    if listed is not None:
        found = _ends(found, wanted)
    return [each.removesuffix(rest) for each in found if each.endswith(rest)]


@functools.lru_cache(maxsize=4)
def _bringing(
    others: tuple[OpenDocument, ...],
    wanted: frozenset[str],
    path: str | None,
    language: str,
    text: str,
) -> Sequence[str]:
    """The lines that bring ``wanted``; kept while a line is written."""
    found = import_lines(others, wanted, path, language)
    return [*found, *definition_imports(others, wanted, path, text)]


def _is_among_exports(above: str, tree: SyntaxTree, line: Span) -> bool:
    """Whether the line above or below exports all of a file."""
    near = above.rpartition("\n")[0].rpartition("\n")[2], _text(tree.data[line.end + 1 :][:14])
    return any(each.startswith("export * from") for each in near)


def _may_import(own: str, above: str, below: str) -> bool:
    """Whether a line that begins with ``own`` may import something.

    An empty one where the nearest line above or below does, or no code is above.
    """
    if own.strip():
        return _BEGUN.match(own) is not None
    before = above.rstrip().rpartition("\n")[2]
    behind = below.lstrip().partition("\n")[0]
    is_first = not before or _COMMENT_END.search(before) is not None
    return is_first or any(_IMPORTS.match(line) for line in (before, behind))


def _ends(lines: Sequence[str], listed: Collection[str]) -> list[str]:
    """The ends, from the brace on, of those lines that import most of what is ``listed``."""
    counts: Counter[str] = Counter()
    for line in lines:
        names, brace, end = line.partition("}")
        if brace:
            counts[brace + end] += len(set(_WORDS.findall(names)) & set(listed))
    most = max(counts.values(), default=0)
    return [end for end, count in counts.items() if count == most]


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
