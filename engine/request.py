"""What a caller asks for. Plain values only: a request crosses a process boundary."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from engine.remote.backend import Backend
from engine.spans import ByteOffset, Span


class Effort(str, Enum):
    """How many steps and candidates a request may buy."""

    INSTANT = "instant"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class RecentEdit:
    """One edit of the user: ``span`` is where its text is now, ``old_text`` what it replaced."""

    span: Span
    old_text: str
    seconds_ago: float
    path: str | None = None


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """Another file the editor has open."""

    path: str
    language: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of another file that help here: the headers of what the code around names."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """Fill at ``cursor`` (a byte offset into the UTF-8 form of ``text``).

    ``language`` is an LSP language id, guessed from ``path`` when None. ``budget_ms`` is the
    wall-clock limit, None for no deadline. ``patience_ms``: reading that takes longer is not waited
    for, a shorter window is read; None reads what the limit allows. ``single_line`` forces the
    decision, None leaves it to the plan. ``candidates``: how many distinct proposals are wanted.
    ``min_confidence``: below it nothing is proposed, None leaves it to the model's calibration.
    ``draft``: how an earlier proposal went on from about here, before the user typed something else
    than its next word; a guess, it changes how fast the text is found and never which text.
    ``nearby``: other files of the workspace, the nearest first, in which to look for what was
    written before.
    ``backend``: a server that the user named, which may be asked, too.
    ``is_typing``: the user is, and takes what is right with a key: of a text that is less sure than
    its beginning the beginning is proposed, the rest when that was taken.
    """

    text: str
    cursor: ByteOffset
    language: str | None = None
    path: str | None = None
    budget_ms: float | None = None
    effort: Effort = Effort.MEDIUM
    seed: int = 0
    candidates: int = 1
    single_line: bool | None = None
    recent_edits: tuple[RecentEdit, ...] = ()
    open_documents: tuple[OpenDocument, ...] = ()
    definitions: tuple[Excerpt, ...] = ()
    min_confidence: float | None = None
    draft: str | None = None
    nearby: tuple[OpenDocument, ...] = ()
    backend: Backend | None = None
    patience_ms: float | None = None
    is_typing: bool = False

    @property
    def is_behind_edit(self) -> bool:
        """Whether something that the user has written ends at the cursor."""
        own = (edit for edit in self.recent_edits if edit.path in (None, self.path))
        return any(edit.span.end == self.cursor and edit.span for edit in own)
