"""A client that reads and writes raw messages, and checks each one against the protocol's types."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from lsprotocol.converters import get_converter

SERVER = [sys.executable, "-m", "lsp_server"]
MODERN: dict[str, Any] = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {"inlineCompletion": {}},
    "window": {"workDoneProgress": True},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceEdit": {"documentChanges": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
    },
}
PATIENCE_S = 30.0


class RawClient:
    """Speaks JSON-RPC with one server process or connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.received: list[dict[str, Any]] = []
        self.configuration: Any = None
        self.process: asyncio.subprocess.Process | None = None
        self.log: Path | None = None
        self._reader, self._writer = reader, writer
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
            "workspace/configuration": [self.configuration],
            "workspace/applyEdit": {"applied": True},
        }.get(message["method"])
        self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        self._writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send_bytes(self, data: bytes) -> None:
        self._writer.write(data)

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

    async def response(self, id_: int) -> dict[str, Any]:
        return await self.wait_for(lambda one: one.get("id") == id_ and "method" not in one)

    async def request(self, method: str, params: Any) -> dict[str, Any]:
        return await self.response(self.begin(method, params))

    async def initialize(
        self, capabilities: dict[str, Any] | None = None, options: Any = None
    ) -> dict[str, Any]:
        params = {
            "processId": None,
            "rootUri": None,
            "capabilities": MODERN if capabilities is None else capabilities,
            "initializationOptions": options,
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
        """Go away without a word; wait for the end."""
        self._writer.close()
        if self.process is not None:
            await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        await asyncio.wait_for(self._listening, PATIENCE_S)

    async def quit(self) -> int:
        """Shut down properly; the exit code."""
        await self.request("shutdown", None)
        self.notify("exit", None)
        if self.process is None:
            raise RuntimeError("only a client of its own process can wait for its exit code")
        return await asyncio.wait_for(self.process.wait(), PATIENCE_S)


class Servers:
    """Starts server processes and ends them after the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: list[asyncio.subprocess.Process] = []
        self._clients: list[RawClient] = []

    async def start(self, *arguments: str, model: str = "scripted") -> RawClient:
        log = self._folder / f"stderr{len(self._processes)}.txt"
        with log.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *SERVER,
                "--model",
                model,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=stderr,
            )
        self._processes.append(process)
        assert process.stdin is not None
        assert process.stdout is not None
        client = RawClient(process.stdout, process.stdin)
        client.process = process
        client.log = log
        self._clients.append(client)
        return client

    async def end(self) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
            await process.wait()
        for client in self._clients:
            await client.close()


@pytest_asyncio.fixture
async def servers(tmp_path: Path) -> AsyncIterator[Servers]:
    started = Servers(tmp_path)
    yield started
    await started.end()


@pytest.fixture
def modern() -> dict[str, Any]:
    return json.loads(json.dumps(MODERN))
