"""Lines that import what a file uses and nothing brings, in Go and Java: as other files do.

Found by pattern, since a line is waited for. A language server of the language adds imports when a
name is completed; this is for lines that are written by hand.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from engine.request import OpenDocument
from engine.spans import Span
from engine.syntax import SyntaxTree

LANGUAGES = frozenset(("go", "java"))
# More of them are no line that is missing, but a file that is being pasted or does not parse.
MAX_LINES = 12
MAX_BYTES = 64_000
_COMMENT_OR_STRING = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`", re.DOTALL)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
# Static ones are left out: what a file calls by one word is mostly inherited.
_JAVA = re.compile(r"^import[ \t]+(?P<package>[\w.]+)\.(?P<name>\w+)[ \t]*;", re.MULTILINE)
_JAVA_PACKAGE = re.compile(r"^package[ \t]+([\w.]+)[ \t]*;", re.MULTILINE)
_JAVA_STAR = re.compile(r"^import[ \t]+([\w.]+)\.\*[ \t]*;", re.MULTILINE)
_GO = re.compile(r"^import[ \t]+(?:\((?P<lines>[^)]*)\)|(?P<line>[^\n(]+))", re.MULTILINE)
_GO_LINE = re.compile(r'^[ \t]*((?:\w+[ \t]+)?"([^"\n]+)")', re.MULTILINE)
_GO_VERSION = re.compile(r"/v\d+$|\.v\d+$")
_OPEN_GO = re.compile(r"^import[ \t]*\([^)]*\Z", re.MULTILINE)
_WORD = re.compile(r"\w+")
_IMPORTS = re.compile(r"(?:import|package)\b")
# What stands between the imports and the rest of a file.
_CODE = re.compile(
    r"^(?:[\w@]+[ \t]+)*?(?:class|const|enum|func|interface|record|type|var)\b", re.MULTILINE
)


def package_imports(
    tree: SyntaxTree, line: Span, own: str, rest: str, others: Sequence[OpenDocument]
) -> list[str]:
    """Whole lines that ``line``, begun with ``own``, may be; none behind code.

    ``rest`` of the line stays behind them: nothing then.
    """
    language = tree.language.id
    if rest.strip() or len(tree.data) > MAX_BYTES:
        return []
    above, below = (
        data.decode("utf-8", "replace") for data in (tree.data[: line.start], tree.data[line.end :])
    )
    head = _COMMENT.sub("", above)
    is_listed = language == "go" and _OPEN_GO.search(head) is not None
    if not _may_import(own.strip(), head, below, is_listed):
        return []
    found = _missing(language, above + below, tuple(others))
    if language == "java":
        found = [each for each in found if _is_elsewhere(each, above + below)]
    elif not is_listed:
        found = [f"import {each}" for each in found]
    return found if len(found) <= MAX_LINES else []


def _may_import(own: str, head: str, below: str, is_listed: bool) -> bool:
    """An import begins there, or one stands above or below an empty line."""
    if is_listed:
        return not own or own[0] == '"' or own.isidentifier()
    if _CODE.search(head):
        return False
    if own:
        return re.match(r"import\b", own) is not None
    near = head.rstrip().rpartition("\n")[2], below.lstrip().partition("\n")[0]
    return any(_IMPORTS.match(each) for each in near)


@functools.lru_cache(maxsize=4)
def _missing(language: str, text: str, others: tuple[OpenDocument, ...]) -> list[str]:
    """Imports of ``others`` by whose names ``text`` calls something that nothing in it brings."""
    code = _COMMENT_OR_STRING.sub(" ", text)
    words = set(_WORD.findall(code)) - {name for name, _ in _imported(language, text)}
    found: dict[str, None] = {}
    for document in others:
        if document.path.endswith(f".{language}"):
            found |= {
                import_line: None
                for name, import_line in _imported(language, document.text)
                if name in words and _is_used(language, name, code)
            }
    return sorted(found)


def _is_elsewhere(import_line: str, text: str) -> bool:
    """Whether Java needs the import: not for a package that is the file's own or imported whole."""
    match = _JAVA.match(import_line)
    here = {*_JAVA_PACKAGE.findall(text), *_JAVA_STAR.findall(text)}
    return match is None or match["package"] not in here


def _is_used(language: str, name: str, code: str) -> bool:
    """Whether ``code`` uses ``name`` and does not declare it."""
    word = re.escape(name)
    if language == "go":  # a package is only ever followed by a dot
        uses = re.findall(rf"(?<![\w.]){word}\b[ \t]*(\.?)", code)
        return bool(uses) and all(uses)
    declares = rf"\b(?:class|enum|interface|record)[ \t]+{word}\b"
    is_used = re.search(rf"(?<![\w.]){word}\b", code) is not None
    return is_used and re.search(declares, code) is None


@functools.lru_cache(maxsize=512)
def _imported(language: str, text: str) -> tuple[tuple[str, str], ...]:
    """The names that the imports of a file bring, each with a line that brings it alone."""
    return tuple((_of_go if language == "go" else _of_java)(text))


def _of_java(text: str) -> Iterator[tuple[str, str]]:
    for match in _JAVA.finditer(text):
        yield match["name"], match.group()


def _of_go(text: str) -> Iterator[tuple[str, str]]:
    for block in _GO.finditer(text):
        for match in _GO_LINE.finditer(block["lines"] or block["line"]):
            alias = match[1].partition('"')[0].strip()
            last = _GO_VERSION.sub("", match[2]).rpartition("/")[2]
            name = alias or last.removeprefix("go-").removesuffix("-go").removesuffix(".go")
            if name != "_":
                yield name, match[1]
