"""What is asked of a server and what it answers, whatever the wire format."""

from __future__ import annotations

from dataclasses import dataclass

from engine.context import short_path
from engine.holes import MaskPlan
from engine.request import Request
from engine.syntax import SyntaxTree

_SUFFIX_SHARE = 0.33
_MAX_EXTRA_BYTES = 4000


@dataclass(frozen=True, slots=True)
class Extra:
    """A piece of another file."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A hole between two texts. ``path`` says nothing about the machine.

    ``single_line``: the answer ends with its first line.
    """

    prefix: str
    suffix: str
    path: str
    language: str
    single_line: bool
    extras: tuple[Extra, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteToken:
    """Bytes of one token of the server's, and its log probability."""

    data: bytes
    log_p: float


@dataclass(frozen=True, slots=True)
class RemoteText:
    """What a server wrote. ``tokens`` are empty, ``confidence`` None when it gives none.

    ``is_ended``: the server said that the text ends here.
    """

    text: str
    tokens: tuple[RemoteToken, ...] = ()
    confidence: float | None = None
    is_ended: bool = False

    def with_more(self, more: RemoteText) -> RemoteText:
        """This text and what came after it."""
        return RemoteText(
            self.text + more.text,
            self.tokens + more.tokens,
            self.confidence if more.confidence is None else more.confidence,
            self.is_ended or more.is_ended,
        )


def question_of(request: Request, tree: SyntaxTree, plan: MaskPlan, num_bytes: int) -> Question:
    """The text around the cursor's hole, at most about ``num_bytes``, cut at line boundaries.

    What the plan's other holes hold stays as it is.
    """
    hole = plan.holes[plan.cursor_hole]
    num_behind = int(num_bytes * _SUFFIX_SHARE)
    behind = tree.data[hole.span.end :]
    if len(behind) > num_behind:
        cut = behind.rfind(b"\n", 0, num_behind) + 1
        behind = behind[: cut or num_behind]
    before = tree.data[: plan.cursor]
    num_before = num_bytes - len(behind)
    if len(before) > num_before:
        before = before[len(before) - num_before :]
        before = before[before.find(b"\n") + 1 :]
    return Question(
        _text(before) + plan.lead,
        _text(behind),
        short_path(request.path, tree.language.endings[0] if tree.language.endings else ""),
        tree.language.id,
        hole.single_line,
        _extras(request),
    )


def _extras(request: Request) -> tuple[Extra, ...]:
    """Headers that the code around names, then open files, as far as the room goes."""
    found: list[Extra] = []
    left = _MAX_EXTRA_BYTES
    pieces = [(each.path, each.text) for each in request.definitions]
    pieces += [(each.path, each.text) for each in request.open_documents]
    for path, whole in pieces:
        text = whole[:left]
        if text:
            found.append(Extra(short_path(path), text))
            left -= len(text)
    return tuple(found)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "ignore").replace("\r\n", "\n")
