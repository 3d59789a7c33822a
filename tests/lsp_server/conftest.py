"""Proposals, an engine that waits for the test, and a client that checks every message."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from lsprotocol.converters import get_converter

from engine.holes import Hole, HoleKind, MaskPlan
from engine.proposal import (
    Edit,
    EditKind,
    EditSet,
    Outcome,
    Proposal,
    Reason,
    Refusal,
    TokenConfidence,
)
from engine.request import Request
from engine.spans import ByteOffset, Span, span
from engine.step import State, Step
from lsp_server.channel import ThreadChannel
from lsp_server.documents import Document
from lsp_server.server import build
from lsp_server.worker import Worker

MakeProposal = Callable[..., Proposal]
OpenDocument = Callable[[str], Document]
PATIENCE_S = 60.0
MODERN: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"inlineCompletion": {}},
    "window": {"workDoneProgress": True},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "executeCommand": {},
        "workspaceEdit": {"documentChanges": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
    },
}


def proposal_of(
    cursor: int, *edits: tuple[int, int, str], kind: EditKind = EditKind.ATOMIC
) -> Proposal:
    """Build a proposal from ``(start, end, new_text)`` edits, one of them at the cursor."""
    holes = tuple(
        Hole(span(start, end), HoleKind.EXPRESSION, True, 8, "asked for") for start, end, _ in edits
    )
    at_cursor = next(
        (index for index, (start, end, _) in enumerate(edits) if start <= cursor <= end), 0
    )
    text = edits[at_cursor][2]
    return Proposal(
        text,
        EditSet(tuple(Edit(span(start, end), new) for start, end, new in edits), kind),
        MaskPlan(holes, at_cursor, ByteOffset(cursor), span(cursor, cursor), "asked for"),
        (TokenConfidence(len(text.encode()), 0.9),),
        0.75,
        steps=1,
        forwards=4,
        timings_ms={"total": 1.5},
        model="gated",
    )


class GatedInfiller:
    """An engine whose requests wait until the test lets them go, or are cancelled.

    It proposes ``done()`` at the cursor, or the edits that the test sets; a text with ``BUG`` in
    it makes it raise.
    """

    def __init__(self) -> None:
        self.denoiser = SimpleNamespace(name="gated")
        self.gate = threading.Event()
        self.gate.set()
        self.confidence = 0.75
        self.edits: tuple[tuple[int, int, str], ...] | None = None
        self.requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self.outcomes: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self.read: queue.SimpleQueue[Request] = queue.SimpleQueue()

    def read_ahead(self, request: Request, cancel: threading.Event) -> Outcome:
        self.read.put(request)
        while not self.gate.wait(0.005):
            if cancel.is_set():
                return Refusal(Reason.CANCELLED)
        return Refusal(Reason.EMPTY)

    def infill(
        self, request: Request, cancel: threading.Event, on_step: Callable[[Step], None]
    ) -> Outcome:
        self.requests.put(request)
        outcome = self._outcome(request, cancel)
        on_step(
            Step(0, ((5,),), ((State.COMMITTED,),), ((0.9,),), (("done",),), ((0, 0),), (), 1, 2.0)
        )
        self.outcomes.put(outcome)
        return outcome

    def fill_spans(
        self,
        request: Request,
        _spans: Sequence[Span],
        cancel: threading.Event,
        on_step: Callable[[Step], None],
    ) -> Outcome:
        return self.infill(request, cancel, on_step)

    def _outcome(self, request: Request, cancel: threading.Event) -> Outcome:
        while not self.gate.wait(0.005):
            if cancel.is_set():
                return Refusal(Reason.CANCELLED)
        if "BUG" in request.text:
            raise RuntimeError("a bug of the engine")
        edits = self.edits or ((request.cursor, request.cursor, "done()"),)
        return replace(proposal_of(request.cursor, *edits), confidence=self.confidence)


@pytest.fixture
def make_proposal() -> MakeProposal:
    return proposal_of


@pytest.fixture
def opened() -> OpenDocument:
    """Open a document of some text."""

    def open_(text: str) -> Document:
        return Document(types.TextDocumentItem("file:///project/a.py", "python", 1, text))

    return open_


@pytest.fixture
def infiller() -> Iterator[GatedInfiller]:
    gated = GatedInfiller()
    yield gated
    gated.gate.set()


@pytest.fixture
def worker(infiller: GatedInfiller) -> Iterator[Worker]:
    """A worker whose engine is the gated one, in a thread."""
    started = Worker("gated", lambda model: ThreadChannel(model, load=lambda _: infiller))
    yield started
    started.close()


class RawClient:
    """Speaks JSON-RPC with a server in this process, and checks all that it says."""

    def __init__(self, reader: asyncio.StreamReader, write: Callable[[bytes], None]) -> None:
        self.received: list[dict[str, Any]] = []
        self.configuration: Any = None
        self._reader, self._write = reader, write
        self._converter = get_converter()
        self._sent: dict[int, str] = {}
        self._news = asyncio.Condition()
        self._listening = asyncio.ensure_future(self._listen())

    async def _listen(self) -> None:
        while header := await self._reader.readline():
            if header.lower().startswith(b"content-length:"):
                size = int(header.split(b":")[1])
                while (await self._reader.readline()).strip():
                    pass
                message = json.loads(await self._reader.readexactly(size))
                self._check(message)
                self._reply(message)
                async with self._news:
                    self.received.append(message)
                    self._news.notify_all()

    def _check(self, message: dict[str, Any]) -> None:
        """Structure the message by its LSP type: a wrong one raises."""
        if "method" in message:
            if message["method"] in types.METHOD_TO_TYPES:
                self._converter.structure(message, types.METHOD_TO_TYPES[message["method"]][0])
        elif "error" in message:
            self._converter.structure(message, types.ResponseErrorMessage)
        elif self._sent.get(message["id"]) in types.METHOD_TO_TYPES:
            method = self._sent[message["id"]]
            self._converter.structure(message, types.METHOD_TO_TYPES[method][1])

    def _reply(self, message: dict[str, Any]) -> None:
        """Answer the server's own requests, as an editor does."""
        if "method" not in message or "id" not in message:
            return
        result = {
            "workspace/configuration": self._configurations(message),
            "workspace/applyEdit": {"applied": True},
        }.get(message["method"])
        self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def _configurations(self, message: dict[str, Any]) -> list[Any]:
        """A list of configurations is one for each item asked for."""
        given = self.configuration
        return given if isinstance(given, list) else [given] * len(_items(message))

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        self._write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send_bytes(self, data: bytes) -> None:
        self._write(data)

    def notify(self, method: str, params: Any) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def begin(self, method: str, params: Any) -> int:
        """Send a request; its id."""
        id_ = len(self._sent) + 1
        self._sent[id_] = method
        self.send({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})
        return id_

    async def wait_for(self, is_wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message received, before or from now on, that is wanted."""

        async def wait() -> dict[str, Any]:
            async with self._news:
                while True:
                    for message in self.received:
                        if is_wanted(message):
                            return message
                    if self._listening.done():
                        self._listening.result()
                        raise EOFError("the server closed the connection")
                    await asyncio.wait_for(self._news.wait(), PATIENCE_S)

        return await asyncio.wait_for(wait(), PATIENCE_S)

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait for something that no message tells."""

        async def wait() -> None:
            while not is_true():
                await asyncio.sleep(0.005)

        await asyncio.wait_for(wait(), PATIENCE_S)

    @staticmethod
    def edit(line: int, start: int, end: int, text: str) -> dict[str, Any]:
        """Build a change within one line."""
        places = [{"line": line, "character": character} for character in (start, end)]
        return {"range": {"start": places[0], "end": places[1]}, "text": text}

    async def response(self, id_: int) -> dict[str, Any]:
        return await self.wait_for(lambda one: one.get("id") == id_ and "method" not in one)

    async def request(self, method: str, params: Any) -> dict[str, Any]:
        return await self.response(self.begin(method, params))

    async def initialize(
        self,
        capabilities: dict[str, Any] | None = None,
        options: Any = None,
        folders: list[dict[str, str]] | None = None,
    ) -> dict[str, Any]:
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": MODERN if capabilities is None else capabilities,
            "initializationOptions": options,
            "workspaceFolders": folders,
        }
        response = await self.request("initialize", params)
        self.notify("initialized", {})
        return response

    def open(self, uri: str, text: str, language: str = "python") -> None:
        item = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, uri: str, version: int, *changes: dict[str, Any]) -> None:
        identifier = {"uri": uri, "version": version}
        params = {"textDocument": identifier, "contentChanges": list(changes)}
        self.notify("textDocument/didChange", params)

    def begin_completion(self, uri: str, line: int, character: int, kind: int = 2) -> int:
        params = {
            "textDocument": {"uri": uri},
            "position": {"line": line, "character": character},
            "context": {"triggerKind": kind},
        }
        return self.begin("textDocument/inlineCompletion", params)

    async def complete(self, uri: str, line: int, character: int, kind: int = 2) -> dict[str, Any]:
        return await self.response(self.begin_completion(uri, line, character, kind))

    def methods(self) -> list[str]:
        return [message["method"] for message in self.received if "method" in message]

    async def close(self) -> None:
        self._reader.feed_eof()
        await self._listening


def _items(message: dict[str, Any]) -> list[Any]:
    items = (message["params"] or {}).get("items", [])
    return items if isinstance(items, list) else []


class _FeedingWriter:
    """What the server writes goes to the client's reader."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    def write(self, data: bytes) -> None:
        self._reader.feed_data(data)

    def close(self) -> None:
        self._reader.feed_eof()


class Connection(RawClient):
    """A client of a server that runs on the same event loop."""

    def __init__(self, worker: Worker) -> None:
        to_client, to_server = asyncio.StreamReader(), asyncio.StreamReader()
        super().__init__(to_client, self._feed)
        self.server, self.session = build(worker, "gated")
        self._to_server = to_server
        self._is_ended = False
        self._serving = asyncio.ensure_future(self.server.run(to_server, _FeedingWriter(to_client)))

    def _feed(self, data: bytes) -> None:
        if not self._is_ended:
            self._to_server.feed_data(data)

    async def end(self) -> None:
        """Go away, as a killed editor does."""
        self._is_ended = True
        self._to_server.feed_eof()
        await self._serving
        self.session.close()
        await self.close()


@pytest.fixture
def connection() -> type[Connection]:
    """What connects to a worker, for tests with a loop of their own."""
    return Connection


@pytest_asyncio.fixture
async def client(worker: Worker) -> AsyncIterator[Connection]:
    """A client that is connected and has sent nothing yet."""
    connection = Connection(worker)
    yield connection
    await connection.end()


@pytest_asyncio.fixture
async def client_of() -> AsyncIterator[Callable[[Any], Connection]]:
    """Connect to a server whose engine is loaded by the function given."""
    connections: list[tuple[Connection, Worker]] = []

    def connect(load: Any) -> Connection:
        worker = Worker("gated", lambda model: ThreadChannel(model, load=load))
        connections.append((Connection(worker), worker))
        return connections[-1][0]

    yield connect
    for connection, worker in connections:
        await connection.end()
        worker.close()
