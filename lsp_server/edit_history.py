"""What the user changed lately: for the prompt, for the revert guard, and for rebasing results."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from engine.request import RecentEdit
from engine.spans import ByteOffset, Span
from lsp_server.buffer import TextBuffer

MAX_CHANGES = 512
MAX_RECENT = 16
# Keys hit in one go become one recent edit, but never one that spans more than this: a long
# stretch of typing must not stay "typed just now" as a whole.
MAX_PAUSE_S = 1.0
MAX_GROUP_S = 5.0


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement: ``span`` counts in the text before it; ``revision`` is the one it led to."""

    span: Span
    new_text: str
    revision: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Changes that touch each other in place and in time. ``span`` is where the new text stands."""

    span: Span
    old_text: str
    first_s: float
    last_s: float


def shifted(span: Span, change: Change) -> Span:
    """Compute where ``span`` stands after ``change``, without what the change overwrote."""
    new_end = change.span.start + len(change.new_text.encode())
    delta = new_end - change.span.end
    start, end = span.start, span.end
    if start >= change.span.end:
        start = ByteOffset(start + delta)
    elif start > change.span.start:
        start = ByteOffset(new_end)
    if end >= change.span.end and end > change.span.start:
        end = ByteOffset(end + delta)
    elif end > change.span.start:
        end = change.span.start
    return Span(start, max(start, end))


class EditHistory:
    """The last changes of one document."""

    def __init__(self, since_revision: int = 0) -> None:
        """Remember what is changed after ``since_revision``."""
        self._changes: deque[Change] = deque()
        self._groups: deque[_Group] = deque(maxlen=MAX_RECENT)
        self._forgotten_revision = since_revision

    def record(self, before: TextBuffer, change: Change, now_s: float) -> None:
        """Remember ``change``, which is about to be made to ``before`` at the time ``now_s``."""
        if len(self._changes) == MAX_CHANGES:
            self._forgotten_revision = self._changes.popleft().revision
        self._changes.append(change)
        last = self._groups.pop() if self._groups else None
        if last is not None and not _belongs(last, change, now_s):
            self._groups.append(last)
            last = None
        kept = [replace(group, span=shifted(group.span, change)) for group in self._groups]
        self._groups = deque([*kept, _grown(last, before, change, now_s)], maxlen=MAX_RECENT)

    def changes_since(self, revision: int) -> tuple[Change, ...] | None:
        """Return all changes after ``revision`` in order, or None when some are no longer known."""
        if revision < self._forgotten_revision:
            return None
        return tuple(change for change in self._changes if change.revision > revision)

    def recent(self, now_s: float, path: str | None) -> tuple[RecentEdit, ...]:
        """Return the recent edits, oldest first, in the coordinates of the text as it is now."""
        return tuple(
            RecentEdit(group.span, group.old_text, now_s - group.last_s, path)
            for group in self._groups
        )


def _belongs(group: _Group, change: Change, now_s: float) -> bool:
    """Tell whether ``change`` goes on with what ``group`` began."""
    is_touching = change.span.start <= group.span.end and change.span.end >= group.span.start
    is_prompt = now_s - group.last_s <= MAX_PAUSE_S and now_s - group.first_s <= MAX_GROUP_S
    return is_touching and is_prompt


def _grown(group: _Group | None, before: TextBuffer, change: Change, now_s: float) -> _Group:
    """Add ``change`` to ``group``, or start a new group with it."""
    delta = len(change.new_text.encode()) - len(change.span)
    if group is None:
        end = ByteOffset(change.span.end + delta)
        old_text = before.slice(change.span.start, change.span.end).decode()
        return _Group(Span(change.span.start, end), old_text, now_s, now_s)
    start = min(group.span.start, change.span.start)
    end = max(group.span.end, change.span.end)
    old_text = (
        before.slice(start, group.span.start).decode()
        + group.old_text
        + before.slice(group.span.end, end).decode()
    )
    return _Group(Span(start, ByteOffset(end + delta)), old_text, group.first_s, now_s)
