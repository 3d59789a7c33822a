"""Neighbouring spans that belong to the change at the cursor, and are denoised with it.

Every rule either inserts into an empty place or replaces a placeholder. Nothing else is masked,
so no rule can destroy what the user wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.holes import Hole, HoleKind
from engine.languages import Language
from engine.planning.bodies import Body, unwritten_body
from engine.planning.cursor_site import CursorSite
from engine.planning.gaps import Gap, gaps_of, indent_of
from engine.request import Request
from engine.spans import Span, span
from engine.syntax import SyntaxTree

RECENT_SECONDS = 5.0
MAX_NEIGHBOURS = 3
_JSX = frozenset(("javascript", "javascriptreact", "typescriptreact"))
_JS = _JSX | {"typescript"}
_HOOK_CALL = re.compile(rb"\buse[A-Z]\w*(?:<[^<>]*>)?\((\s*)\)")
_TAG_LEFT = re.compile(rb"<[A-Za-z][\w.]*$|<$")
_TAG_RIGHT = re.compile(rb"^[^<>]*>[^<>]*</()>")


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Everything the rules look at. ``taken`` is the white space and text of the cursor's hole."""

    tree: SyntaxTree
    site: CursorSite
    taken: Span
    request: Request


def neighbours(around: Neighbourhood) -> list[Hole]:
    """The neighbouring holes, nearest rules first, in text order and without touching."""
    chosen: list[Hole] = []
    for rule in (_empty_places, _closing_tag, _mirrored_call, _body_below, _adjacent_lines):
        for hole in rule(around):
            is_free = not any(_touch(hole.span, other.span) for other in chosen)
            if is_free and not _touch(hole.span, around.taken) and len(chosen) < MAX_NEIGHBOURS:
                chosen.append(hole)
    return sorted(chosen, key=lambda hole: hole.span)


def is_recent(place: Span, request: Request) -> bool:
    """Whether the user typed any of ``place`` in the last five seconds."""
    return any(
        edit.seconds_ago <= RECENT_SECONDS
        and edit.path in (None, request.path)
        and edit.span.overlaps(place)
        for edit in request.recent_edits
    )


def _touch(left: Span, right: Span) -> bool:
    return left.start <= right.end and right.start <= left.end


def _empty_places(around: Neighbourhood) -> Iterator[Hole]:
    """Gaps on the cursor's line: ``for | in :``, ``f(|, , c)``, ``import { | } from ''``."""
    gaps = gaps_of(around.tree.data, around.site.line, around.tree.language)
    is_writing = any(gap.low <= around.site.offset <= gap.high for gap in gaps)
    for gap in gaps:
        if not gap.may_be_empty or is_writing:
            yield _gap_hole(gap, "empty place on the same line")
    yield from _missing_nodes(around, around.site.line)


def _missing_nodes(around: Neighbourhood, line: Span) -> Iterator[Hole]:
    """Named nodes that the grammar misses on ``line``."""
    for node in around.tree.faults(line):
        if node.is_missing and node.is_named and line.start <= node.start_byte <= line.end:
            at = node.start_byte
            before = around.tree.data[line.start : at]
            is_spaced = before.endswith((b" ", b"\t")) and before.strip() != b""
            low = line.start + len(before.rstrip())
            yield _gap_hole(Gap(low, low + is_spaced, at, is_name=True), "missing on the same line")


def _gap_hole(gap: Gap, reason: str) -> Hole:
    kind = HoleKind.NAME if gap.is_name else HoleKind.EXPRESSION
    return Hole(span(gap.offset, gap.offset), kind, True, 8, reason)


def _closing_tag(around: Neighbourhood) -> Iterator[Hole]:
    """``<|></>``: the name in the closing tag mirrors the one being written."""
    if around.tree.language.id not in _JSX or not _TAG_LEFT.search(around.site.left):
        return
    match = _TAG_RIGHT.match(around.site.right)
    if match is not None:
        at = around.site.offset + match.start(1)
        yield Hole(span(at, at), HoleKind.NAME, True, 8, "name of the closing tag")


def _mirrored_call(around: Neighbourhood) -> Iterator[Hole]:
    """``const [a, |] = useState()``: the empty call on the other side of the pattern."""
    is_pattern = around.site.opener in ("[", "{") and around.site.right.lstrip()[:1] in (
        b"]",
        b"}",
    )
    if around.tree.language.id not in _JS or not is_pattern:
        return
    match = _HOOK_CALL.search(around.site.right)
    if match is not None and b"=" in around.site.right[: match.start()]:
        at = around.site.offset + match.start(1)
        yield Hole(span(at, at), HoleKind.ARGUMENTS, True, 8, "arguments of the mirrored call")


def _body_below(around: Neighbourhood) -> Iterator[Hole]:
    """The empty or placeholder body of the header that is being written."""
    body = unwritten_body(around.tree, around.site.line)
    if body is None or around.site.offset >= body.header_end or around.request.single_line:
        return
    hole = body_hole(body, around.request)
    if hole is not None:
        yield hole


def body_hole(body: Body, request: Request) -> Hole | None:
    """The hole of an unwritten body, None when the user has just typed its placeholder."""
    if body.is_placeholder and is_recent(body.span, request):
        return None
    reason = "placeholder body of the header" if body.is_placeholder else "empty body of the header"
    return Hole(body.span, HoleKind.BODY, False, 32, reason)


def _adjacent_lines(around: Neighbourhood) -> Iterator[Hole]:
    """Gaps on the line directly below or above that no text of its own explains."""
    data, line = around.tree.data, around.site.line
    if around.site.is_line_blank:
        return
    for start in (line.end + 1, line.start - 1):
        if not 0 <= start <= len(data) or start - 1 == line.end == len(data):
            continue
        row = around.tree.line_at(start)
        if indent_of(row.of(data)) != indent_of(line.of(data)) or _is_text(around.tree, row):
            continue
        for gap in gaps_of(data, row, around.tree.language):
            if not gap.may_be_empty:
                yield _gap_hole(gap, "empty place on the adjacent line")


def _is_text(tree: SyntaxTree, row: Span) -> bool:
    """Whether the line lies in a comment or a string of several lines."""
    language: Language = tree.language
    node = tree.node_at(row.start + indent_of(row.of(tree.data)) + 1)
    kinds = language.kinds.comments | language.kinds.strings
    while node is not None and node.start_byte >= row.start - 20_000:
        if node.type in kinds and (node.start_byte < row.start or node.type not in ("string",)):
            return node.start_byte < row.start or node.type in language.kinds.comments
        node = node.parent
    return False
