"""Have the engine read what is around the cursor before anything is asked there.

Encoding a context takes far longer than a key, so who begins to type where the engine knows nothing
would wait, and on a slow machine past the budget of each request. It is done when the cursor was
seen somewhere and rests, by an engine that has nothing else to do, and ends with the next request.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from engine.job import ReadAhead
from engine.request import Effort, Request
from engine.spans import ByteOffset
from lsp_server.documents import Document, Documents
from lsp_server.messages import Finished
from lsp_server.worker import EngineFailed, Worker

logger = logging.getLogger(__name__)

# A cursor that was only moved rests sooner than one that types: the next key would wait for what is
# under way. Editors tell of a place once it rests, too.
PAUSE_S, MOVED_PAUSE_S = 0.3, 0.1

# A document, its revision, and a line of it.
_Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A place to read around.

    Where nobody has typed yet half a window will do: most places where a cursor rests are only
    looked at, and the whole is read once something was asked there.
    """

    uri: str
    revision: int
    cursor: ByteOffset
    is_typed_in: bool


class IdleReader:
    """Reads around the place that was noted last. Used by the event loop's thread alone."""

    def __init__(
        self,
        worker: Worker,
        documents: Documents,
        request_for: Callable[[Document, ByteOffset], Request | None],
    ) -> None:
        """Ask ``request_for`` what would be asked of the engine; None: nothing at all."""
        self._worker = worker
        self._documents = documents
        self._request_for = request_for
        self._wanted: _Wanted | None = None
        self._read: _Place | None = None
        self._noted: tuple[str, int] | None = None  # a document and its revision
        self._timer: asyncio.TimerHandle | None = None

    def note(self, document: Document, cursor: ByteOffset) -> None:
        """The cursor is there now: read around it once it rests.

        At the beginning of a text nobody has put it, and what is read there is of use nowhere else.
        """
        before, self._noted = self._noted, (document.uri, document.revision)
        is_typed_in = before is not None and before[0] == document.uri and before != self._noted
        if cursor > 0 and _place(document, cursor) != self._read:
            self._want(document, cursor, is_typed_in)

    def note_unread(self, document: Document, cursor: ByteOffset) -> None:
        """A request ended, and may have read less around ``cursor`` than there is."""
        self._read = None
        self._want(document, cursor, is_typed_in=True)

    def close(self) -> None:
        """Begin nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def start(self) -> None:
        """Read what is wanted, unless the engine is busy."""
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        document = self._documents.get(wanted.uri)
        if document is None or document.revision != wanted.revision:
            return
        request = self._request_for(document, wanted.cursor)
        if request is None:
            return
        if not wanted.is_typed_in and request.effort is Effort.MEDIUM:
            request = replace(request, effort=Effort.LOW)
        submission = self._worker.submit_idle(ReadAhead(request))
        if submission is None:
            self._wanted = wanted
            return
        self._read = _place(document, wanted.cursor)
        submission.answer.add_done_callback(_log)

    def _want(self, document: Document, cursor: ByteOffset, is_typed_in: bool) -> None:
        """Read there after a pause."""
        self._wanted = _Wanted(document.uri, document.revision, cursor, is_typed_in)
        self.close()
        pause_s = PAUSE_S if is_typed_in else MOVED_PAUSE_S
        self._timer = asyncio.get_running_loop().call_later(pause_s, self.start)


def _place(document: Document, cursor: ByteOffset) -> _Place:
    return document.uri, document.revision, document.buffer.line_at(cursor)


def _log(answer: Future[Finished]) -> None:
    """Nobody waits for what was read, so what went wrong is only logged."""
    error = answer.exception()
    if isinstance(error, EngineFailed):
        logger.error("reading ahead failed in the engine: %s", error)
