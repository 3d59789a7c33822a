"""One request after the other per document: the latest wins, each is answered exactly once.

Requests of different kinds (ghost text, next edits, actions) do not end each other.

Knows requests, outcomes and revisions, nothing of positions or messages.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.job import Job
from engine.proposal import Edit, Outcome, Proposal, Reason, Refusal, rebase
from engine.step import Step
from lsp_server.documents import Documents, DocumentSnapshot
from lsp_server.leftovers import Errand, Leftovers
from lsp_server.logs import described
from lsp_server.messages import Finished
from lsp_server.placement import Placement
from lsp_server.proposal_cache import Found
from lsp_server.worker import EngineFailed, Submission, Worker

logger = logging.getLogger(__name__)

_FAILED = Refusal(Reason.BACKEND_FAILED, "the engine failed; the server's log says more")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request ended in; a proposal's offsets count in the document as it is now.

    ``engine_outcome`` is what the engine said of the job's text after ``engine_s`` seconds, None
    when it said nothing.
    ``found``: an earlier request's answer, which came in time to be this one's.
    """

    outcome: Outcome
    steps: tuple[Step, ...] = ()
    engine_outcome: Outcome | None = None
    engine_s: float = 0.0
    found: Found | None = None


@dataclass(slots=True)
class _Turn:
    """The request under way for a document."""

    errand: Errand | None
    superseded: asyncio.Event
    submission: Submission | None = None
    started_s: float = 0.0


# A document and a kind of job.
_Lane = tuple[str, type]


class Schedule:
    """Hands requests to the worker. Used by the event loop's thread alone."""

    def __init__(
        self,
        worker: Worker,
        documents: Documents,
        is_worth_finishing: Callable[[float], bool] = lambda _: False,
    ) -> None:
        """Answer from ``worker`` for what is in ``documents``.

        ``is_worth_finishing`` is asked with the seconds that a job has run, when its request is
        over and the next one may use its answer.
        """
        self._worker = worker
        self._documents = documents
        self._leftovers = Leftovers(worker, is_worth_finishing)
        self._under_way: dict[_Lane, _Turn] = {}

    async def answer(
        self,
        snapshot: DocumentSnapshot,
        job: Job,
        placement: Placement | None = None,
        delay_s: float = 0.0,
        errand: Errand | None = None,
    ) -> Answer:
        """Do ``job``, made for ``snapshot``; a newer one of its kind for its document ends it.

        ``placement`` put something into the job's text that is taken out of the proposal. The
        engine is asked after ``delay_s``, if nothing newer came by then. CancelledError passes
        through, after the engine was told. With an ``errand`` the job may go on for the next
        request's sake, and what the last one left is waited for.
        """
        lane = (snapshot.uri, type(job))
        self._end(lane)
        self._under_way[lane] = turn = _Turn(errand, asyncio.Event())
        try:
            if delay_s > 0:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(turn.superseded.wait(), delay_s)
            found = await self._found(snapshot.uri, turn)
            if found.outcome is not None:
                return Answer(self._placed(snapshot, found.outcome, placement), found=found)
            finished = await self._finish(snapshot.uri, job, turn)
        except EngineFailed as error:
            logger.error("a request for %s failed in the engine: %s", snapshot.uri, error)
            return Answer(_FAILED)
        except Exception as error:
            # The one place where anything may be caught: whatever went wrong, the editor gets
            # its one answer, and the log gets the rest.
            logger.error("a request for %s failed: %s", snapshot.uri, described(error))
            return Answer(_FAILED)
        finally:
            if self._under_way.get(lane) is turn:
                del self._under_way[lane]
        if finished is None:
            return Answer(Refusal(Reason.SUPERSEDED, "a newer request took its place"))
        outcome = self._placed(snapshot, finished.outcome, placement)
        engine_s = time.monotonic() - turn.started_s
        return Answer(outcome, finished.steps, finished.outcome, engine_s)

    def _placed(
        self, snapshot: DocumentSnapshot, outcome: Outcome, placement: Placement | None
    ) -> Outcome:
        """Bring what the engine said of a job's text to the document as it is now."""
        if isinstance(outcome, Proposal):
            if placement is not None:
                outcome = placement.taken_out(outcome)
        if isinstance(outcome, Proposal):
            outcome = self._current(snapshot, outcome)
        return outcome

    def supersede(self, uri: str) -> None:
        """End the requests under way for ``uri``, if any; their jobs end soon after."""
        for lane in [lane for lane in self._under_way if lane[0] == uri]:
            self._end(lane)

    def _end(self, lane: _Lane) -> None:
        if (turn := self._under_way.pop(lane, None)) is not None:
            turn.superseded.set()
            self._leave(lane[0], turn)

    async def _found(self, uri: str, turn: _Turn) -> Found:
        """Wait for what the last request left, and see whether it was of use."""
        if turn.superseded.is_set() or turn.errand is None:
            return Found()
        await self._leftovers.wait(uri, turn.errand, turn.superseded)
        return Found() if turn.superseded.is_set() else turn.errand.find()

    async def _finish(self, uri: str, job: Job, turn: _Turn) -> Finished | None:
        """Wait for the engine or for a newer request; None means the latter."""
        if turn.superseded.is_set():
            return None
        turn.submission = submission = self._worker.submit(job)
        turn.started_s = time.monotonic()
        # Cancelling this task must not cancel the engine's future: the worker resolves it.
        answer = asyncio.shield(asyncio.wrap_future(submission.answer))
        newer = asyncio.ensure_future(turn.superseded.wait())
        try:
            either: set[asyncio.Future[Any]] = {answer, newer}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not answer.done():
                return None
            # An engine that is told to stop may say so before we are asked again.
            finished = answer.result()
            is_over = turn.superseded.is_set() and _is_stopped(finished.outcome)
            return None if is_over else finished
        finally:
            newer.cancel()
            if not answer.done():
                answer.cancel()
                self._leave(uri, turn)

    def _leave(self, uri: str, turn: _Turn) -> None:
        """Let go of a job that has not ended, once."""
        submission, turn.submission = turn.submission, None
        if submission is not None and not submission.answer.done():
            ran_s = time.monotonic() - turn.started_s
            self._leftovers.leave(uri, submission, turn.errand, ran_s)

    def _current(self, snapshot: DocumentSnapshot, proposal: Proposal) -> Outcome:
        """Bring a proposal for ``snapshot`` to the document as it is now, or refuse it."""
        document = self._documents.get(snapshot.uri)
        if document is None:
            return _stale(proposal, "the document was closed")
        changes = document.changes_since(snapshot.revision)
        if changes is None:
            return _stale(proposal, "the text changed too much")
        if not changes:
            return proposal
        return rebase(proposal, tuple(Edit(change.span, change.new_text) for change in changes))


def _is_stopped(outcome: Outcome) -> bool:
    return isinstance(outcome, Refusal) and outcome.reason is Reason.CANCELLED


def _stale(proposal: Proposal, detail: str) -> Refusal:
    return Refusal(
        Reason.STALE,
        detail,
        proposal.plan,
        proposal.steps,
        proposal.forwards,
        proposal.timings_ms,
        proposal.model,
    )
