"""What the model sees besides the holes: a window of the file, and snippets from outside it.

Every choice is made to stay the same from key to key, or the cache of the context is lost: snippets
do not depend on the cursor's line at all. Sizes are bytes of UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath, PureWindowsPath

from engine.holes import MaskPlan
from engine.languages import language_of
from engine.reading.window import select_window
from engine.request import OpenDocument, RecentEdit, Request
from engine.spans import Span, span
from engine.syntax import SyntaxTree

_DEFINITION = re.compile(
    r"^(?:export |default |public |pub(?:\(\w+\))? |abstract |static |final |async |unsafe )*"
    r"(?:def|class|func|function|fn|interface|type|struct|enum|trait|impl|const|record|namespace)\b"
)
_WORD = re.compile(r"\w+")
_SAME_SHARE = 0.6
_MAX_EXCERPT = 400
_MAX_EDIT_SNIPPETS = 2


class Source(str, Enum):
    """Where snippets come from. What each gains is measured in docs/log.md."""

    OWN_HEAD = "own_head"
    """Imports and headers of the enclosing scopes that lie above the window."""
    DEFINITIONS = "definitions"
    """Headers from other files of what the code around the cursor names. Off: undecided."""
    OPEN_FILES = "open_files"
    """Headers of open files that are imported, or of the same folder. Off: no gain."""
    EDITS = "edits"
    """Lines that were edited lately, elsewhere."""
    DIFFS = "diffs"
    """The same as lines that went and lines that came. Off: no better."""


@dataclass(frozen=True, slots=True)
class ContextLimits:
    """Budgets in bytes (``total`` is about 1,024 tokens at 3.3 bytes a token), and the sources.

    ``suffix_share`` of the window at most lies behind the cursor's line; the window's start moves
    ``stride_share`` of the prefix budget at a time.
    """

    total: int = 3380
    snippets: int = 700
    suffix_share: float = 0.33
    stride_share: float = 0.33
    sources: frozenset[Source] = frozenset({Source.OWN_HEAD, Source.EDITS})


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text from outside the window. ``path`` is a file name or a short relative path."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """``snippets`` in the order in which they are shown, the most stable first; the window.

    ``gaps``: what is left out of the window, between holes that lie far apart.
    """

    snippets: tuple[Snippet, ...]
    window: Span
    gaps: tuple[Span, ...] = ()


def select_context(
    tree: SyntaxTree, plan: MaskPlan, request: Request, limits: ContextLimits | None = None
) -> Context:
    """Choose what fits the budget around the holes of ``plan``; the window holds all of them."""
    limits = limits or ContextLimits()
    num_bytes = limits.total - limits.snippets
    shown = select_window(tree.data, plan, num_bytes, limits.suffix_share, limits.stride_share)
    window = shown.span
    left = limits.snippets
    chosen: list[Snippet] = []
    for source, snippet in _snippets(tree, plan, request, window):
        if source not in limits.sources:
            if chosen:
                continue
            snippet = Snippet(snippet.path, "")  # the file's own name is always told
        fitting = Snippet(snippet.path, _cut(snippet.text, left))
        if (fitting.text or not chosen) and not _is_known(fitting, chosen, tree, window):
            chosen.append(fitting)
            left -= len(fitting.text.encode())
    return Context(tuple(chosen), window, shown.gaps)


def short_path(path: str | None, ending: str = "") -> str:
    """A path that says nothing about the machine: the name, or up to three relative parts."""
    if path is None:
        return "untitled" + ending
    is_windows = "\\" in path
    parts = PureWindowsPath(path) if is_windows else PurePosixPath(path)
    if parts.is_absolute() or path.startswith("~") or ".." in parts.parts:
        return parts.name
    return "/".join(parts.parts[-3:])


def _snippets(
    tree: SyntaxTree, plan: MaskPlan, request: Request, window: Span
) -> Iterator[tuple[Source, Snippet]]:
    ending = tree.language.endings[0] if tree.language.endings else ""
    imports = "\n".join(_imports(tree, window))
    headers = "\n".join(_headers(tree, plan.cursor, window))
    own = "\n".join(text for text in (imports, headers) if text)
    yield Source.OWN_HEAD, Snippet(short_path(request.path, ending), own)
    for excerpt in request.definitions:
        text = _cut(excerpt.text, _MAX_EXCERPT)
        yield Source.DEFINITIONS, Snippet(short_path(excerpt.path), text)
    for document in _related(tree, request):
        text = _definitions(document.text)
        yield Source.OPEN_FILES, Snippet(short_path(document.path), text)
    edits = sorted(request.recent_edits, key=lambda edit: -edit.seconds_ago)
    for edit in edits[-_MAX_EDIT_SNIPPETS:]:
        path = short_path(request.path if edit.path is None else edit.path, ending)
        if text := _edited_lines(tree, edit, request, window):
            yield Source.EDITS, Snippet(path, text)
        if text := _diff(tree, plan.cursor, edit, request, window):
            yield Source.DIFFS, Snippet(path, text)


def _imports(tree: SyntaxTree, window: Span) -> Iterator[str]:
    """Import statements above the window."""
    if tree.root is None or window.start == 0:
        return
    for node in tree.root.children:
        if node.start_byte >= window.start:
            return
        if node.type in tree.language.kinds.imports:
            yield tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace").rstrip()


def _headers(tree: SyntaxTree, cursor: int, window: Span) -> Iterator[str]:
    """First lines of the scopes around the cursor that begin above the window."""
    for node in tree.scopes(cursor):
        if node.start_byte < window.start:
            line = tree.line_at(node.start_byte)
            yield line.of(tree.data).decode("utf-8", "replace").rstrip()


def _related(tree: SyntaxTree, request: Request) -> list[OpenDocument]:
    """Open documents that this file imports, then those of its directory and language."""
    own = request.path or ""
    whole = tree.data[:8192].decode("utf-8", "replace")
    lines = [line for line in whole.split("\n") if re.search(r"import|include|use |require", line)]
    words = set(_WORD.findall("\n".join(lines)))
    imported, beside = [], []
    for document in sorted(request.open_documents, key=lambda each: each.path):
        path = PurePosixPath(document.path.replace("\\", "/"))
        if document.path == own:
            continue
        if path.stem in words:
            imported.append(document)
        elif path.parent == PurePosixPath(own.replace("\\", "/")).parent:
            if language_of(document.path, document.language) is tree.language:
                beside.append(document)
    return imported + beside


def _definitions(text: str) -> str:
    """The lines that define names at the top level, and one level below classes."""
    kept = [
        line.rstrip()
        for line in text[:65_536].split("\n")
        if _DEFINITION.match(line.lstrip(" \t")) and len(line) - len(line.lstrip(" \t")) <= 4
    ]
    return _cut("\n".join(kept), _MAX_EXCERPT)


def _edited_lines(tree: SyntaxTree, edit: RecentEdit, request: Request, window: Span) -> str:
    """The lines of an edit outside the window."""
    if edit.path in (None, request.path):
        if edit.span.overlaps(window) or window.start <= edit.span.start <= window.end:
            return ""
    data = _edited_text(tree, edit, request)
    text = _lines_of(data, edit.span).of(data).decode("utf-8", "replace").rstrip()
    return _cut(text, _MAX_EXCERPT // 2)


def _edited_text(tree: SyntaxTree, edit: RecentEdit, request: Request) -> bytes:
    """The file that was edited, as it is now; nothing when it is not open."""
    if edit.path in (None, request.path):
        return tree.data
    texts = [each.text for each in request.open_documents if each.path == edit.path]
    return texts[0].encode() if texts else b""


def _lines_of(data: bytes, place: Span) -> Span:
    """The whole lines of ``place``, without the last line's end."""
    start = data.rfind(b"\n", 0, min(place.start, len(data))) + 1
    last = place.end - 1 if place and data[place.end - 1 : place.end] == b"\n" else place.end
    end = data.find(b"\n", min(last, len(data)))
    return span(start, len(data) if end < 0 else end)


def _diff(tree: SyntaxTree, cursor: int, edit: RecentEdit, request: Request, window: Span) -> str:
    """The lines that an edit took out and those that it put in, marked as in a diff.

    Not on the cursor's line, which changes with every key, and of what is in the window only where
    something else stood before.
    """
    data = _edited_text(tree, edit, request)
    lines = _lines_of(data, edit.span)
    if edit.path in (None, request.path):
        is_seen = window.start <= lines.start and lines.end <= window.end
        if lines.start <= cursor <= lines.end or (is_seen and not edit.old_text.strip()):
            return ""
    before, behind = data[lines.start : edit.span.start], data[edit.span.end : lines.end]
    old = before.decode("utf-8", "replace") + edit.old_text + behind.decode("utf-8", "replace")
    went = old.rstrip().split("\n")
    came = lines.of(data).decode("utf-8", "replace").rstrip().split("\n")
    while went and came and went[-1] == came[-1]:
        went.pop(), came.pop()
    shown = [f"{sign}{line}" for sign, part in (("-", went), ("+", came)) for line in part]
    return _cut("\n".join(line for line in shown if line[1:].strip()), _MAX_EXCERPT)


def _is_known(snippet: Snippet, chosen: list[Snippet], tree: SyntaxTree, window: Span) -> bool:
    """Whether most of the snippet's lines are shown already."""
    lines = {line.strip() for line in snippet.text.split("\n") if line.strip()}
    if not lines:
        return bool(chosen)
    shown = [window.of(tree.data).decode("utf-8", "replace"), *(each.text for each in chosen)]
    for text in shown:
        others = {line.strip() for line in text.split("\n")}
        if len(lines & others) > _SAME_SHARE * len(lines):
            return True
    return False


def _cut(text: str, budget: int) -> str:
    """The first whole lines of ``text`` that fit ``budget`` bytes."""
    kept: list[str] = []
    for line in text.split("\n"):
        budget -= len(line.encode()) + 1
        if budget < -1:
            break
        kept.append(line)
    return "\n".join(kept)
