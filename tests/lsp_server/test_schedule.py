"""Who ends whom."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Any, cast

from lsprotocol import types

from engine.job import FillSpans, Infill, Job
from engine.proposal import Reason, Refusal
from engine.request import Request
from engine.spans import ByteOffset, span
from lsp_server.documents import Documents
from lsp_server.messages import Finished
from lsp_server.schedule import Schedule
from lsp_server.worker import Submission, Worker


async def test_kinds_of_requests_do_not_end_each_other(worker: Worker, infiller: Any) -> None:
    documents = Documents()
    document = documents.open(types.TextDocumentItem("file:///a.py", "python", 1, "x = "))
    schedule, snapshot = Schedule(worker, documents), document.snapshot()
    request = Request(snapshot.text, ByteOffset(4))
    infiller.gate.clear()
    first = asyncio.ensure_future(schedule.answer(snapshot, Infill(request)))
    await asyncio.sleep(0)
    other = asyncio.ensure_future(
        schedule.answer(snapshot, FillSpans(request, (span(0, 1), span(4, 4))))
    )
    await asyncio.sleep(0)
    second = asyncio.ensure_future(schedule.answer(snapshot, Infill(request)))
    ended = (await first).outcome
    assert ended.reason is Reason.SUPERSEDED  # type: ignore[union-attr]
    assert not other.done()
    # The document is closed: then all of them end.
    schedule.supersede(document.uri)
    for one in (other, second):
        assert (await one).outcome.reason is Reason.SUPERSEDED  # type: ignore[union-attr]


class AtOnce:
    """A worker whose engine answers nothing until it is told to stop, and then at once."""

    def __init__(self) -> None:
        self.answer: Future[Finished] = Future()

    def submit(self, job: Job) -> Submission:
        del job
        return Submission(1, self.answer)

    def cancel(self, ticket: int) -> None:
        self.answer.set_result(Finished(ticket, Refusal(Reason.CANCELLED, "told to stop")))


async def test_what_was_stopped_for_a_newer_request_was_superseded() -> None:
    documents = Documents()
    document = documents.open(types.TextDocumentItem("file:///a.py", "python", 1, "x = "))
    schedule = Schedule(cast("Worker", AtOnce()), documents)
    snapshot = document.snapshot()
    job = Infill(Request(snapshot.text, ByteOffset(4)))
    answering = asyncio.ensure_future(schedule.answer(snapshot, job))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    schedule.supersede(document.uri)
    outcome = (await answering).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.SUPERSEDED
