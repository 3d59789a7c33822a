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

from engine.job import ReadAhead
from engine.request import Request
from engine.spans import ByteOffset
from lsp_server.documents import Document, Documents
from lsp_server.messages import Finished
from lsp_server.worker import EngineFailed, Worker

logger = logging.getLogger(__name__)

PAUSE_S = 0.3

# A document, its revision, and a line of it.
_Place = tuple[str, int, int]


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
        self._wanted: tuple[str, int, ByteOffset] | None = None
        self._read: _Place | None = None
        self._timer: asyncio.TimerHandle | None = None

    def note(self, document: Document, cursor: ByteOffset) -> None:
        """The cursor is there now: read around it once it rests.

        At the beginning of a text nobody has put it, and what is read there is of use nowhere else.
        """
        if cursor > 0 and _place(document, cursor) != self._read:
            self._want(document, cursor)

    def note_unread(self, document: Document, cursor: ByteOffset) -> None:
        """A request ended, and may have read less around ``cursor`` than there is."""
        self._read = None
        self._want(document, cursor)

    def resume(self) -> None:
        """Read what is still wanted, after a pause: the engine may do it by now."""
        self.close()
        if self._wanted is not None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE_S, self.start)

    def close(self) -> None:
        """Begin nothing more."""
        if self._timer is not None:
            self._timer.cancel()

    def start(self) -> None:
        """Read what is wanted, unless the engine is busy."""
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        uri, revision, cursor = wanted
        document = self._documents.get(uri)
        if document is None or document.revision != revision:
            return
        request = self._request_for(document, cursor)
        if request is None:
            return
        submission = self._worker.submit_idle(ReadAhead(request))
        if submission is None:
            self._wanted = wanted
            return
        self._read = _place(document, cursor)
        submission.answer.add_done_callback(_log)

    def _want(self, document: Document, cursor: ByteOffset) -> None:
        self._wanted = (document.uri, document.revision, cursor)
        self.resume()


def _place(document: Document, cursor: ByteOffset) -> _Place:
    return document.uri, document.revision, document.buffer.line_at(cursor)


def _log(answer: Future[Finished]) -> None:
    """Nobody waits for what was read, so what went wrong is only logged."""
    error = answer.exception()
    if isinstance(error, EngineFailed):
        logger.error("reading ahead failed in the engine: %s", error)
