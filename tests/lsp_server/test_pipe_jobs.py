"""The jobs of edits cross to the engine's process and back into one."""

from __future__ import annotations

import io

import pytest

from engine.edits.finding import Finding
from engine.edits.judged_edits import JudgedEdits
from engine.edits.named_edits import NamedEdits
from engine.edits.next_edit import NextEdit
from engine.edits.template import FillTemplate
from engine.job import Job
from engine.proposal import Edit
from engine.request import Request
from engine.spans import ByteOffset, span
from lsp_server.messages import Run
from lsp_server.pipe import receive, send

REQUEST = Request("x = 1\n", ByteOffset(0), "python")
EDITS = (Edit(span(0, 1), "y"),)


@pytest.mark.parametrize(
    "job",
    [
        NextEdit(REQUEST, (Finding(span(0, 1), "wrong"),)),
        JudgedEdits(REQUEST, EDITS),
        NamedEdits(REQUEST, EDITS, "y"),
        FillTemplate(REQUEST, EDITS),
    ],
    ids=lambda job: type(job).__name__,
)
def test_a_job_arrives_as_it_was_sent(job: Job) -> None:
    stream = io.BytesIO()
    send(stream, Run(1, job))
    stream.seek(0)
    assert receive(stream) == Run(1, job)
