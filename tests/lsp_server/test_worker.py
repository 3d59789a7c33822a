"""The engine's keeper: late start, cancellation, losses, restarts. With threads and processes."""

from __future__ import annotations

import hashlib
import json
import queue
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import DamagedWeights
from engine.job import Infill
from engine.models import MANIFEST_FILE, resolve
from engine.proposal import Proposal, Reason, Refusal
from engine.request import Request
from engine.spans import ByteOffset
from lsp_server.channel import ProcessChannel, ThreadChannel
from lsp_server.messages import FromEngine, LoadFailed, Loading, Ready
from lsp_server.worker import MAX_LOSSES, MAX_RETRY_S, EngineFailed, Lost, Worker, WorkerEvent

REQUEST = Request("x = ", ByteOffset(4))
PATIENCE_S = 60.0


class Events:
    """Everything that a worker told."""

    def __init__(self, worker: Worker) -> None:
        self._events: queue.SimpleQueue[WorkerEvent] = queue.SimpleQueue()
        worker.subscribe(self._events.put)

    def next(self) -> WorkerEvent:
        return self._events.get(timeout=PATIENCE_S)


class BreakableChannel(ThreadChannel):
    """A channel whose engine can be taken away."""

    def receive(self) -> FromEngine:
        message = super().receive()
        if isinstance(message, Loading) and message.detail == "break":
            raise EOFError
        return message

    def break_(self) -> None:
        self._from_engine.put(Loading("break"))

    def describe_end(self) -> str:
        return "exit code -9"


def test_a_request_starts_the_engine_and_is_answered(worker: Worker) -> None:
    events = Events(worker)
    finished = worker.submit(Infill(REQUEST)).answer.result(PATIENCE_S)
    assert isinstance(finished.outcome, Proposal)
    assert len(finished.steps) == 1
    assert events.next() == Loading("loading the model")
    ready = events.next()
    assert isinstance(ready, Ready)
    assert ready.model == "gated"


def test_cancelling_ends_the_request_in_the_engine(worker: Worker, infiller: Any) -> None:
    infiller.gate.clear()
    submission = worker.submit(Infill(REQUEST))
    infiller.requests.get(timeout=PATIENCE_S)
    worker.cancel(submission.ticket)
    outcome = submission.answer.result(PATIENCE_S).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.CANCELLED


def test_a_request_cancelled_while_it_waits_never_reaches_the_engine(
    worker: Worker, infiller: Any
) -> None:
    infiller.gate.clear()
    first, second = worker.submit(Infill(REQUEST)), worker.submit(Infill(REQUEST))
    infiller.requests.get(timeout=PATIENCE_S)
    worker.cancel(second.ticket)
    worker.cancel(first.ticket)
    for submission in (first, second):
        outcome = submission.answer.result(PATIENCE_S).outcome
        assert isinstance(outcome, Refusal)
        assert outcome.reason is Reason.CANCELLED
    assert infiller.requests.empty()


def test_a_bug_of_the_engine_is_raised_with_its_place(worker: Worker) -> None:
    submission = worker.submit(Infill(Request("BUG", ByteOffset(0))))
    with pytest.raises(EngineFailed, match=r"(?s)RuntimeError from.*conftest\.py"):
        submission.answer.result(PATIENCE_S)
    assert isinstance(worker.submit(Infill(REQUEST)).answer.result(PATIENCE_S).outcome, Proposal)


def test_a_model_that_cannot_be_loaded_refuses_every_request() -> None:
    def load(_model: str | None) -> Any:
        raise DamagedWeights("model.onnx does not match its hash; install midfill again")

    worker = Worker(None, lambda model: ThreadChannel(model, load=load))
    for _ in range(2):
        outcome = worker.submit(Infill(REQUEST)).answer.result(PATIENCE_S).outcome
        assert isinstance(outcome, Refusal)
        assert outcome.reason is Reason.NO_MODEL
        assert outcome.detail == "model.onnx does not match its hash; install midfill again"
    worker.close()


def test_a_graph_that_cannot_be_read_is_told_when_it_is_loaded(tmp_path: Path) -> None:
    shutil.copytree(resolve().folder, tmp_path, dirs_exist_ok=True)
    graph, manifest = b"not a graph", tmp_path / MANIFEST_FILE
    record = json.loads(manifest.read_text())
    record["files"]["model.onnx"]["sha256"] = hashlib.sha256(graph).hexdigest()
    damaged = {"model.onnx": graph, MANIFEST_FILE: json.dumps(record).encode()}
    for name, data in damaged.items():
        (tmp_path / name).unlink()
        (tmp_path / name).write_bytes(data)
    worker = Worker(str(tmp_path), ThreadChannel)
    events = Events(worker)
    worker.start()
    assert events.next() == Loading("loading the model")
    failed = events.next()
    assert isinstance(failed, LoadFailed)
    assert "model.onnx" in failed.detail
    worker.close()


def test_another_model_starts_another_engine(infiller: Any) -> None:
    models: list[str | None] = []

    def open_channel(model: str | None) -> ThreadChannel:
        models.append(model)
        return ThreadChannel(model, load=lambda _: infiller)

    worker = Worker("a", open_channel)
    worker.use_model("b")
    assert models == []
    infiller.gate.clear()
    under_way = worker.submit(Infill(REQUEST))
    worker.use_model("b")
    worker.use_model("c")
    outcome = under_way.answer.result(PATIENCE_S).outcome
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.detail) == (Reason.WORKER_LOST, "the model was changed")
    assert models == ["b", "c"]
    worker.close()


@pytest.fixture
def channels() -> list[BreakableChannel]:
    return []


@pytest.fixture
def breakable(channels: list[BreakableChannel], infiller: Any) -> Iterator[Worker]:
    def open_channel(model: str | None) -> BreakableChannel:
        channels.append(BreakableChannel(model, load=lambda _: infiller))
        return channels[-1]

    worker = Worker(None, open_channel, first_retry_s=0.01)
    yield worker
    worker.close()


def test_a_lost_engine_ends_its_requests_and_is_started_again(
    breakable: Worker, channels: list[BreakableChannel], infiller: Any
) -> None:
    events = Events(breakable)
    infiller.gate.clear()
    submission = breakable.submit(Infill(REQUEST))
    infiller.requests.get(timeout=PATIENCE_S)
    channels[0].break_()
    outcome = submission.answer.result(PATIENCE_S).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.WORKER_LOST
    assert outcome.detail == "the engine process ended (exit code -9)"
    infiller.gate.set()
    kinds = [type(events.next()) for _ in range(5)]
    assert kinds == [Loading, Ready, Lost, Loading, Ready]
    assert isinstance(breakable.submit(Infill(REQUEST)).answer.result(PATIENCE_S).outcome, Proposal)


def test_an_engine_that_is_lost_again_and_again_is_given_up(
    breakable: Worker, channels: list[BreakableChannel]
) -> None:
    events = Events(breakable)
    breakable.start()
    retries: list[float | None] = []
    while None not in retries:
        event = events.next()
        if isinstance(event, Ready):
            channels[-1].break_()
        elif isinstance(event, Lost):
            retries.append(event.retry_s)
    assert retries == [0.01 * 2**number for number in range(MAX_LOSSES)] + [None]
    outcome = breakable.submit(Infill(REQUEST)).answer.result(PATIENCE_S).outcome
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.WORKER_LOST
    assert len(channels) == MAX_LOSSES + 1


def test_closing_ends_what_is_under_way(worker: Worker, infiller: Any) -> None:
    infiller.gate.clear()
    submission = worker.submit(Infill(REQUEST))
    worker.close()
    for answer in (submission.answer, worker.submit(Infill(REQUEST)).answer):
        outcome = answer.result(PATIENCE_S).outcome
        assert isinstance(outcome, Refusal)
        assert outcome.reason is Reason.WORKER_LOST


def test_listeners_learn_the_latest_event_and_can_leave(worker: Worker) -> None:
    worker.submit(Infill(REQUEST)).answer.result(PATIENCE_S)
    heard: list[WorkerEvent] = []
    leave = worker.subscribe(heard.append)
    assert [type(event) for event in heard] == [Ready]
    leave()
    leave()


def test_a_real_process_that_is_killed_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child finds its modules where the parent finds them, and nowhere else."""
    (tmp_path / "engine").mkdir()
    (tmp_path / "json.py").write_text("raise SystemExit('a user file was run')")
    monkeypatch.chdir(tmp_path)
    channels: list[ProcessChannel] = []

    def open_channel(model: str | None) -> ProcessChannel:
        channels.append(ProcessChannel(model))
        return channels[-1]

    worker = Worker("no such model", open_channel, first_retry_s=MAX_RETRY_S)
    events = Events(worker)
    worker.start()
    assert events.next() == Loading("loading the model")
    failed = events.next()
    assert isinstance(failed, LoadFailed)
    assert "no such model" in failed.detail
    channels[0]._process.kill()
    lost, killed = events.next(), 1 if sys.platform == "win32" else -9
    assert lost == Lost(f"the engine process ended (exit code {killed})", MAX_RETRY_S)
    worker.close()
