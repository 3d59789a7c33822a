"""Which spans become holes, and why.

The cursor gets one hole, chosen from syntax; neighbouring spans that belong to the same change
get one each, and all are denoised together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from engine.holes import Hole, HoleKind, MaskPlan
from engine.languages import BlockStyle
from engine.loose_ends.file_heads import file_heads
from engine.planning.bodies import Body, is_placeholder, unwritten_body
from engine.planning.cursor_site import CursorSite, cursor_site, following_line, preceding_line
from engine.planning.gaps import indent_of
from engine.planning.hole_spans import hole_spans
from engine.planning.indentation import missing_indent
from engine.planning.neighbours import Neighbourhood, is_recent, neighbours
from engine.request import Request
from engine.spans import ByteOffset, Span, span
from engine.syntax import SyntaxTree

__all__ = ["Hole", "HoleKind", "MaskPlan", "hole_spans", "plan_masks"]

_LIST_MARKS = (b"(", b"[", b",")
_CONDITION = re.compile(rb"\b(?:if|while|for|switch|match|catch)$")
_MAX_REST = 400
_OPERAND_MARKS = tuple(b"= ( [ { , + - * / % < > & | ! ? : return yield in".split())


def plan_masks(tree: SyntaxTree, cursor: int, request: Request) -> MaskPlan:
    """Plan the holes of one request: the cursor's, and the neighbouring spans of the same change.

    ``cursor`` is a byte offset into ``tree.data``; one outside is moved to the nearest end.
    """
    cursor = min(max(cursor, 0), len(tree.data))
    site = cursor_site(tree, cursor)
    hole = _forced(_Planner(tree, site, request).cursor_hole(), request.single_line)
    rest = _rest(site, hole)
    others: list[Hole] = []
    if _may_have_neighbours(site):
        others = neighbours(Neighbourhood(tree, site, _taken(site, hole), request))
    holes = tuple(sorted([*others, hole], key=lambda each: each.span))
    reason = hole.reason
    if others:
        reason += "; with " + ", ".join(dict.fromkeys(other.reason for other in others))
    lead = _lead(tree, site, hole)
    return MaskPlan(holes, holes.index(hole), ByteOffset(cursor), rest, reason, lead)


@dataclass(frozen=True, slots=True)
class _Planner:
    """Chooses the hole at the cursor."""

    tree: SyntaxTree
    site: CursorSite
    request: Request

    def cursor_hole(self) -> Hole:
        site = self.site
        if site.is_comment:
            return self.hole(HoleKind.COMMENT, 16, "line of a comment or docstring")
        if site.is_in_word:
            return self.hole(HoleKind.NAME, 8, "inside a word")
        if site.is_string:
            return self.hole(HoleKind.EXPRESSION, 16, "inside a string")
        if site.is_line_blank:
            return self.blank_line()
        if not site.right.strip() or site.is_rest_closed:
            return self.line_end()
        return self.line_middle()

    def hole(
        self, kind: HoleKind, num_tokens: int, reason: str, *, is_multi: bool = False, end: int = 0
    ) -> Hole:
        """A hole from the cursor to ``end``, by default empty."""
        place = span(self.site.offset, max(end, self.site.offset))
        return Hole(place, kind, not is_multi, num_tokens, reason)

    def blank_line(self) -> Hole:
        is_indented = self.tree.language.block_style is BlockStyle.INDENT
        if self.site.opener in (("(", "[", "{") if is_indented else ("(", "[")):
            is_first = self.site.opener_offset >= self.before_offset()
            reason = "argument list over several lines" if is_first else "next item of a list"
            return self.hole(HoleKind.ARGUMENTS, 32 if is_first else 16, reason, is_multi=is_first)
        body = self.body_above()
        if body is not None:
            return self.body(body, "empty body under its header")
        if self.is_head():
            return self.hole(HoleKind.STATEMENT, 16, "head of a file")
        below = following_line(self.tree, self.site.line)
        depth = max(indent_of(self.site.left), 0)
        is_tail = below is None or self.ends_block(below, depth)
        if is_tail:
            return self.hole(HoleKind.BLOCK, 32, "end of a block", is_multi=True)
        return self.hole(HoleKind.STATEMENT, 16, "statement between others")

    def is_head(self) -> bool:
        """Whether the file's place says something of this line."""
        others = (*self.request.open_documents, *self.request.nearby)
        return bool(file_heads(self.tree, self.site.line, self.request.path, others))

    def before_offset(self) -> int:
        """Where the text before the cursor ends, white space aside."""
        before = self.tree.data[: self.site.offset]
        return len(before.rstrip()) - 1

    def ends_block(self, below: Span, depth: int) -> bool:
        text = below.of(self.tree.data)
        if self.tree.language.block_style is BlockStyle.BRACES:
            return text.lstrip()[:1] in (b"}", b")", b"]") or indent_of(text) < depth
        return indent_of(text) < depth

    def body_above(self) -> Body | None:
        """The unwritten body of the header right above a blank line, if it is this line."""
        above = preceding_line(self.tree, self.site.line)
        if above is None:
            return None
        body = unwritten_body(self.tree, self.header(above))
        if body is not None and body.is_inline:
            return None
        if body is not None and not body.is_placeholder and body.header_end <= self.site.offset:
            return body
        is_below = body is not None and self.site.offset <= body.span.start
        return body if body is not None and is_below and self.may_mask(body.span) else None

    def header(self, line: Span) -> Span:
        """``line``, or the one above a brace that stands alone."""
        if line.of(self.tree.data).strip() not in (b"{", b"{}"):
            return line
        return preceding_line(self.tree, line) or line

    def body(self, body: Body, reason: str) -> Hole:
        is_covered = body.is_placeholder and self.may_mask(body.span)
        end = body.span.end if is_covered else self.site.offset
        if is_covered:
            reason = "placeholder body under its header"
        return self.hole(HoleKind.BODY, 32, reason, is_multi=True, end=end)

    def line_end(self) -> Hole:
        site = self.site
        left = site.left.rstrip()
        body = unwritten_body(self.tree, self.header(site.line))
        if body is not None and site.offset >= body.header_end and left.endswith((b":", b"{")):
            if not body.is_placeholder or self.may_mask(body.span):
                return self.body(body, "empty body of the header that ends here")
        is_finished = left.endswith((b"{", b"}", b";")) and not site.right.strip()
        if not left or is_finished:
            return self.hole(HoleKind.REST_OF_LINE, 16, "rest of the line")
        if site.opener in ("(", "[") and (left.endswith(_LIST_MARKS) or site.right.strip()):
            return self.list_item()
        if left.endswith(_OPERAND_MARKS) or site.right.strip():
            return self.hole(HoleKind.EXPRESSION, 16, "expression")
        return self.hole(HoleKind.REST_OF_LINE, 16, "rest of the line")

    def line_middle(self) -> Hole:
        site = self.site
        words = site.right.strip()
        if is_placeholder(words, self.tree.language) or _is_todo(words, self.tree):
            start = site.offset + site.right.index(words)
            bare = words.rstrip(b";")
            if self.may_mask(span(start, start + len(bare))):
                return self.hole(HoleKind.EXPRESSION, 16, "placeholder", end=start + len(bare))
        if not site.left.strip():
            return self.hole(HoleKind.STATEMENT, 16, "start of a line that goes on")
        if site.opener == "(" or site.left.rstrip().endswith(_LIST_MARKS):
            return self.list_item()
        return self.hole(HoleKind.EXPRESSION, 16, "expression in the middle of a line")

    def list_item(self) -> Hole:
        """Arguments, or the condition of a statement."""
        before = self.tree.data[: self.site.opener_offset].rstrip()[-8:]
        if self.site.opener == "(" and _CONDITION.search(before):
            return self.hole(HoleKind.EXPRESSION, 16, "condition")
        is_last = self.site.right.lstrip()[:1] in (b"", b")", b"]")
        reason = "argument list" if is_last else "argument before others"
        return self.hole(HoleKind.ARGUMENTS, 16, reason)

    def may_mask(self, place: Span) -> bool:
        return not is_recent(place, self.request)


def _is_todo(words: bytes, tree: SyntaxTree) -> bool:
    mark = tree.language.line_comment.encode()
    return bool(mark) and words.startswith(mark) and is_placeholder(words, tree.language)


def _forced(hole: Hole, single_line: bool | None) -> Hole:
    """The caller's decision between one line and several."""
    if single_line is None or single_line is hole.single_line:
        return hole
    reason = f"{hole.reason}, {'one line' if single_line else 'several lines'} by request"
    num_tokens = min(hole.num_tokens, 16) if single_line else 32
    return replace(hole, single_line=single_line, num_tokens=num_tokens, reason=reason)


def _rest(site: CursorSite, hole: Hole) -> Span:
    """What stays behind the hole on its line, white space at the end aside and of sane length."""
    start = hole.span.end
    if start > site.line.end:
        return span(start, start)
    text = site.right[start - site.offset :].rstrip()
    if len(text) > _MAX_REST:
        text = text[:_MAX_REST].decode("utf-8", "ignore").encode()
    return span(start, start + len(text))


def _lead(tree: SyntaxTree, site: CursorSite, hole: Hole) -> str:
    """The indentation that the check will put before the text of a hole on an empty line."""
    is_code = not (site.is_comment or site.is_string)
    if not is_code or site.right.strip() or tree.language.block_style is BlockStyle.NONE:
        return ""
    return missing_indent(tree, hole) or ""


def _may_have_neighbours(site: CursorSite) -> bool:
    return not (site.is_comment or site.is_string or site.is_in_word)


def _taken(site: CursorSite, hole: Hole) -> Span:
    """The hole with the white space around it: a neighbour in there would be the same place."""
    low = site.offset - (len(site.left) - len(site.left.rstrip()))
    right = site.right[max(hole.span.end - site.offset, 0) :]
    high = hole.span.end + (len(right) - len(right.lstrip()) if right else 0)
    return span(low, high)
