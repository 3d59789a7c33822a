"""What the user has just changed: whole lines as they were and where they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.edits.lexemes import Lexeme
from engine.request import RecentEdit, Request
from engine.spans import Span, span
from engine.syntax import SyntaxTree

# What belongs to one act of editing: groups of keys on the same lines, not older than this.
MAX_AGE_S = 60.0
MAX_OLD_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class UserChange:
    """``old`` is what the lines at ``place`` (in the text as it is now) were before."""

    old: bytes
    place: Span

    @property
    def place_before(self) -> Span:
        """Where ``old`` stood in the text as it was."""
        return span(self.place.start, self.place.start + len(self.old))

    def undone(self, data: bytes) -> bytes:
        """The text as it was before the change."""
        return data[: self.place.start] + self.old + data[self.place.end :]


def last_change(request: Request, data: bytes) -> UserChange | None:
    """The lines of the user's last edit in this text, None when there is none or it is too large.

    Edits of the same lines shortly before count as part of it.
    """
    own = [edit for edit in request.recent_edits if edit.path in (None, request.path)]
    own = [edit for edit in own if edit.span.end <= len(data) and edit.seconds_ago <= MAX_AGE_S]
    if not own:
        return None
    place = _lines(data, own[-1].span)
    grouped = [edit for edit in own if _is_within(edit.span, place)]
    old = _undone(data, place, grouped)
    if old == place.of(data) or len(old) > MAX_OLD_BYTES or len(place) > MAX_OLD_BYTES:
        return None
    return UserChange(old, place)


def _lines(data: bytes, edited: Span) -> Span:
    start = data.rfind(b"\n", 0, edited.start) + 1
    # An edit that ends with a line break covers that line, not the next one.
    at = edited.end - 1 if edited and data[edited.end - 1 : edited.end] == b"\n" else edited.end
    end = data.find(b"\n", at)
    return span(start, len(data) if end < 0 else end)


def _is_within(edited: Span, place: Span) -> bool:
    return place.start <= edited.start and edited.end <= place.end + 1


def _undone(data: bytes, place: Span, edits: Sequence[RecentEdit]) -> bytes:
    """The text of ``place`` without ``edits``; where two overlap, the later one counts."""
    kept: list[RecentEdit] = []
    for edit in reversed(edits):
        if not any(edit.span.overlaps(other.span) for other in kept):
            kept.append(edit)
    end = max((place.end, *(edit.span.end for edit in kept)))
    text = data[place.start : end]
    for edit in sorted(kept, key=lambda each: (each.span, each.seconds_ago), reverse=True):
        start, stop = edit.span.start - place.start, edit.span.end - place.start
        text = text[:start] + edit.old_text.encode() + text[stop:]
    return text.removesuffix(b"\n") if end > place.end else text


def keeps_names(before: SyntaxTree, now: SyntaxTree, change: UserChange) -> bool:
    """Whether only what names nothing changed: comments, strings, numbers, operators."""
    return _named(before, change.place_before) == _named(now, change.place)


def _named(tree: SyntaxTree, place: Span) -> list[tuple[bytes, str, int]]:
    """The words of code there, the part each plays, and how deep those stand that begin a line."""
    found: list[tuple[bytes, str, int]] = []
    root, kinds = tree.root, tree.language.kinds
    stack = [] if root is None else [root.descendant_for_byte_range(place.start, place.end) or root]
    row = -1
    while stack:
        node = stack.pop()
        is_outside = node.end_byte <= place.start or place.end <= node.start_byte
        if is_outside or node.type in kinds.comments:
            continue
        if node.type in kinds.strings:
            stack.extend(each for each in reversed(node.children) if each.child_count)
        elif node.child_count:
            stack.extend(reversed(node.children))
        else:
            text, at = tree.data[node.start_byte : node.end_byte], node.start_point
            part = "" if node.parent is None else node.parent.type
            if Lexeme(text, 0).is_name:
                found.append((text, part, at.column if at.row != row else -1))
            row = at.row
    return found
