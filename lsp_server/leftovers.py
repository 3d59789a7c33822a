"""Jobs whose request is over, but whose answer the next request can use.

Who types faster than the engine answers would never see anything, and a slow machine would never
get through a long context, if each key ended the job of the key before. So a job that is well on
its way is let go on for a while when the next request only adds to its text: its answer goes to the
cache, where the next request finds it if the user has typed along.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from engine.proposal import Outcome
from engine.step import Step
from lsp_server.messages import Finished
from lsp_server.proposal_cache import Found
from lsp_server.worker import Submission, Worker

# A request that the editor cancelled mostly makes room for the next key's, which comes at once.
CANCEL_GRACE_S = 0.05
MAX_WAIT_S = 1.0


class Errand(Protocol):
    """One request as its successors see it."""

    def follows(self, older: Errand) -> bool:
        """Whether this request's text is that of ``older`` with something typed."""
        ...

    def find(self) -> Found:
        """Look again for what is known: what was left may have brought it."""
        ...

    def note(self, outcome: Outcome, steps: tuple[Step, ...], engine_s: float) -> None:
        """Take the engine's answer, which came after the request was over."""
        ...


@dataclass(slots=True)
class _Left:
    submission: Submission
    errand: Errand
    started_s: float
    is_over: asyncio.Event
    timer: asyncio.TimerHandle | None = None


class Leftovers:
    """At most one job for each document. Used by the event loop's thread alone."""

    def __init__(self, worker: Worker, is_worth_finishing: Callable[[float], bool]) -> None:
        """Ask ``is_worth_finishing`` with the seconds that a job has run."""
        self._worker = worker
        self._is_worth_finishing = is_worth_finishing
        self._left: dict[str, _Left] = {}

    def leave(self, uri: str, submission: Submission, errand: Errand | None, ran_s: float) -> None:
        """A request for ``uri`` is over before its job, which has run for ``ran_s``."""
        self.end(uri)
        if errand is None or not self._is_worth_finishing(ran_s):
            self._worker.cancel(submission.ticket)
            return
        loop = asyncio.get_running_loop()
        left = self._left[uri] = _Left(
            submission, errand, time.monotonic() - ran_s, asyncio.Event()
        )
        left.timer = loop.call_later(CANCEL_GRACE_S, self.end, uri)

        def arrive(answer: Future[Finished]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._arrive, uri, left, answer)

        submission.answer.add_done_callback(arrive)

    def end(self, uri: str) -> None:
        """Nobody wants the job that was left for ``uri`` any more."""
        left = self._left.pop(uri, None)
        if left is not None:
            if left.timer is not None:
                left.timer.cancel()
            left.is_over.set()
            self._worker.cancel(left.submission.ticket)

    async def wait(self, uri: str, errand: Errand, superseded: asyncio.Event) -> None:
        """Wait for the job that was left for ``uri``, if ``errand`` can use it; else end it."""
        left = self._left.get(uri)
        if left is None:
            return
        if not errand.follows(left.errand):
            self.end(uri)
            return
        if left.timer is not None:
            left.timer.cancel()
        either = [asyncio.ensure_future(event.wait()) for event in (left.is_over, superseded)]
        try:
            done, _ = await asyncio.wait(
                either, timeout=MAX_WAIT_S, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                self.end(uri)
        finally:
            for waiting in either:
                waiting.cancel()
            if self._left.get(uri) is left:
                # The next request claims it in its turn, or nobody does.
                left.timer = asyncio.get_running_loop().call_later(CANCEL_GRACE_S, self.end, uri)

    def _arrive(self, uri: str, left: _Left, answer: Future[Finished]) -> None:
        if self._left.get(uri) is left:
            del self._left[uri]
        if left.timer is not None:
            left.timer.cancel()
        left.is_over.set()
        if answer.exception() is None:
            finished = answer.result()
            engine_s = time.monotonic() - left.started_s
            left.errand.note(finished.outcome, finished.steps, engine_s)
