"""Whether accepted text is still there after a while, and whether it was undone at once."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from engine.spans import Span, span
from lsp_server.documents import Document, Documents, Mark
from lsp_server.feedback import Feedback, Lifetime
from lsp_server.rejections import Rejections

DELAYS_S: Mapping[Lifetime, float] = {Lifetime.HALF_MINUTE: 30.0, Lifetime.FIVE_MINUTES: 300.0}
# Longer texts are compared by lines: comparing characters takes the square of their number.
_MAX_CHARS = 512
_SLACK_BYTES = 256


@dataclass(frozen=True, slots=True)
class Accepted:
    """A text that the user took. ``place``: about where it was inserted."""

    id: str
    document: Document
    text: str
    fingerprint: bytes
    place: Mark


@dataclass(slots=True)
class _Watched:
    """``found``: where the text stands, None before it was seen there."""

    accepted: Accepted
    found: Mark | None
    timers: list[asyncio.TimerHandle]

    @property
    def is_undone(self) -> bool:
        return self.found is not None and not self.found.span


class Survival:
    """Measures after each of ``delays_s``. Used by the event loop's thread alone."""

    def __init__(
        self,
        feedback: Feedback,
        rejections: Rejections,
        documents: Documents,
        delays_s: Mapping[Lifetime, float] = DELAYS_S,
    ) -> None:
        self._feedback, self._rejections, self._documents = feedback, rejections, documents
        self._delays_s = delays_s
        self._watched: dict[str, _Watched] = {}

    def watch(self, accepted: Accepted) -> None:
        """Follow a text from now on; more of the same proposal takes its place."""
        self._forget(accepted.id)
        watched = _Watched(accepted, _find(accepted), [])
        loop = asyncio.get_running_loop()
        for lifetime, delay_s in self._delays_s.items():
            watched.timers.append(loop.call_later(delay_s, self._measure, watched, lifetime))
        self._watched[accepted.id] = watched

    def note_undone(self, document: Document) -> None:
        """What was accepted in ``document`` and is gone now counts as turned down."""
        for watched in [one for one in self._watched.values() if one.accepted.document is document]:
            watched.found = watched.found or _find(watched.accepted)
            if watched.is_undone:
                self._rejections.add(watched.accepted.fingerprint)

    def close(self) -> None:
        """Measure no more."""
        for id_ in list(self._watched):
            self._forget(id_)

    def _forget(self, id_: str) -> None:
        watched = self._watched.pop(id_, None)
        if watched is not None:
            for timer in watched.timers:
                timer.cancel()

    def _measure(self, watched: _Watched, lifetime: Lifetime) -> None:
        accepted = watched.accepted
        watched.found = watched.found or _find(accepted)
        is_open = self._documents.get(accepted.document.uri) is accepted.document
        if is_open and watched.found is not None:
            where = watched.found.span
            now = accepted.document.buffer.slice(where.start, where.end).decode()
            self._feedback.survive(accepted.id, lifetime, kept_share(accepted.text, now))
        if lifetime is list(self._delays_s)[-1]:
            self._forget(accepted.id)


def kept_share(accepted: str, now: str) -> float:
    """Compute the share of ``accepted``, by characters, that ``now`` still has in its order."""
    if not accepted:
        return 1.0
    if len(accepted) <= _MAX_CHARS and len(now) <= 2 * _MAX_CHARS:
        matcher = difflib.SequenceMatcher(None, accepted, now, autojunk=False)
        return sum(block.size for block in matcher.get_matching_blocks()) / len(accepted)
    old, new = accepted.splitlines(keepends=True), now.splitlines(keepends=True)
    lines = difflib.SequenceMatcher(None, old, new, autojunk=False)
    blocks = lines.get_matching_blocks()
    kept = sum(len(line) for block in blocks for line in old[block.a : block.a + block.size])
    return kept / len(accepted)


def _find(accepted: Accepted) -> Mark | None:
    """Find the text near its place; the change that brings it may come after the news of it."""
    data = accepted.text.encode()
    at = accepted.place.span.start
    buffer = accepted.document.buffer
    first = max(at - len(data) - _SLACK_BYTES, 0)
    window = buffer.slice(first, at + len(data) + _SLACK_BYTES)
    found = _nearest(window, data, at - first)
    return None if found is None else accepted.document.mark(_at(first + found, data))


def _nearest(window: bytes, data: bytes, at: int) -> int | None:
    """Where ``data`` starts in ``window``, ending at ``at`` if it does, else starting nearest."""
    starts = [window.rfind(data, 0, at), window.find(data, at)]
    found = [start for start in starts if start >= 0]

    def distance(start: int) -> int:
        return min(abs(start - at), abs(start + len(data) - at))

    return min(found, key=distance, default=None)


def _at(start: int, data: bytes) -> Span:
    return span(start, start + len(data))
