"""Who ends whom."""

from __future__ import annotations

import asyncio
from typing import Any

from lsprotocol import types

from engine.job import FillSpans, Infill
from engine.proposal import Reason
from engine.request import Request
from engine.spans import ByteOffset, span
from lsp_server.documents import Documents
from lsp_server.schedule import Schedule
from lsp_server.worker import Worker


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
