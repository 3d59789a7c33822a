"""One request after the other per document: the latest wins, each is answered exactly once.

Knows requests, outcomes and revisions, nothing of positions or messages.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from engine.job import Job
from engine.proposal import Edit, Outcome, Proposal, Reason, Refusal, rebase
from engine.step import Step
from lsp_server.documents import Documents, DocumentSnapshot
from lsp_server.logs import described
from lsp_server.messages import Finished
from lsp_server.placement import Placement
from lsp_server.worker import EngineFailed, Worker

logger = logging.getLogger(__name__)

_FAILED = Refusal(Reason.BACKEND_FAILED, "the engine failed; the server's log says more")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request ended in; a proposal's offsets count in the document as it is now.

    ``engine_outcome`` is what the engine said of the job's text, None when it said nothing.
    """

    outcome: Outcome
    steps: tuple[Step, ...] = ()
    engine_outcome: Outcome | None = None


class Schedule:
    """Hands requests to the worker. Used by the event loop's thread alone."""

    def __init__(self, worker: Worker, documents: Documents) -> None:
        """Answer from ``worker`` for what is in ``documents``."""
        self._worker = worker
        self._documents = documents
        self._under_way: dict[str, asyncio.Event] = {}

    async def answer(
        self,
        snapshot: DocumentSnapshot,
        job: Job,
        placement: Placement | None = None,
        delay_s: float = 0.0,
    ) -> Answer:
        """Do ``job``, made for ``snapshot``; a newer one for its document ends it.

        ``placement`` put something into the job's text that is taken out of the proposal. The
        engine is asked after ``delay_s``, if nothing newer came by then. CancelledError passes
        through, after the engine was told.
        """
        self.supersede(snapshot.uri)
        self._under_way[snapshot.uri] = superseded = asyncio.Event()
        try:
            is_late = delay_s > 0 and await _is_set_within(superseded, delay_s)
            finished = None if is_late else await self._finish(job, superseded)
        except EngineFailed as error:
            logger.error("a request for %s failed in the engine: %s", snapshot.uri, error)
            return Answer(_FAILED)
        except Exception as error:
            # The one place where anything may be caught: whatever went wrong, the editor gets
            # its one answer, and the log gets the rest.
            logger.error("a request for %s failed: %s", snapshot.uri, described(error))
            return Answer(_FAILED)
        finally:
            if self._under_way.get(snapshot.uri) is superseded:
                del self._under_way[snapshot.uri]
        if finished is None:
            return Answer(Refusal(Reason.SUPERSEDED, "a newer request took its place"))
        outcome = finished.outcome
        if isinstance(outcome, Proposal):
            if placement is not None:
                outcome = placement.taken_out(outcome)
        if isinstance(outcome, Proposal):
            outcome = self._current(snapshot, outcome)
        return Answer(outcome, finished.steps, finished.outcome)

    def supersede(self, uri: str) -> None:
        """End the request under way for ``uri``, if any."""
        if (superseded := self._under_way.pop(uri, None)) is not None:
            superseded.set()

    async def _finish(self, job: Job, superseded: asyncio.Event) -> Finished | None:
        """Wait for the engine or for a newer request; None means the latter."""
        submission = self._worker.submit(job)
        # Cancelling this task must not cancel the engine's future: the worker resolves it.
        answer = asyncio.shield(asyncio.wrap_future(submission.answer))
        newer = asyncio.ensure_future(superseded.wait())
        try:
            either: set[asyncio.Future[Any]] = {answer, newer}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if answer.done():
                return answer.result()
            return None
        finally:
            newer.cancel()
            if not answer.done():
                answer.cancel()
                self._worker.cancel(submission.ticket)

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


async def _is_set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for ``event``; False when it did not come in time."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True


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
