"""Servers as an editor starts them: a process of their own, spoken to by pytest-lsp's client."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio
from lsprotocol import types
from pytest_lsp import LanguageClient, make_test_lsp_client

PATIENCE_S = 60.0
URI = "file:///project/a.py"


class Server:
    """One server process, its client and its log."""

    def __init__(self, client: LanguageClient, log: Path) -> None:
        self.client = client
        self._log = log

    @property
    def process(self) -> asyncio.subprocess.Process:
        process = self.client._server
        if process is None:
            raise RuntimeError("the server was not started")
        return process

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    @property
    def engine_pids(self) -> list[int]:
        """The engine processes started so far, as the log tells."""
        return [int(pid) for pid in re.findall(r"engine process (\d+) started", self.log)]

    async def initialize(
        self, capabilities: types.ClientCapabilities | None = None, options: object = None
    ) -> types.InitializeResult:
        return await self.client.initialize_session(
            types.InitializeParams(
                capabilities=capabilities or types.ClientCapabilities(),
                initialization_options=options,
            )
        )

    def open(self, text: str, uri: str = URI, language: str = "python") -> None:
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, version: int, place: types.Range, text: str, uri: str = URI) -> None:
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(version, uri),
                [types.TextDocumentContentChangePartial(place, text)],
            )
        )

    async def complete(
        self, line: int, character: int, uri: str = URI
    ) -> list[types.InlineCompletionItem]:
        result = await self.client.text_document_inline_completion_async(
            types.InlineCompletionParams(
                types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic),
                types.TextDocumentIdentifier(uri),
                types.Position(line, character),
            )
        )
        if not isinstance(result, types.InlineCompletionList):
            raise TypeError(f"expected a list of items, got {result!r}")
        return list(result.items)

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Wait for something that no message tells."""

        async def wait() -> None:
            while not is_true():
                await asyncio.sleep(0.02)

        await asyncio.wait_for(wait(), PATIENCE_S)


StartServer = Callable[..., Awaitable[Server]]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[StartServer]:
    """Start servers with further arguments; they are ended after the test."""
    servers: list[Server] = []

    async def start_(
        *arguments: str,
        model: str | None = "scripted",
        log: Path | None = None,
        within: tuple[str, ...] = (),
    ) -> Server:
        log = log or tmp_path / f"log{len(servers)}.txt"
        client = make_test_lsp_client()
        command = ["-m", "lsp_server", "--log-file", str(log), *arguments]
        if model is not None:
            command += ["--model", model]
        program, *first = (*within, sys.executable)
        await client.start_io(program, *first, *command)
        servers.append(Server(client, log))
        return servers[-1]

    yield start_
    for server in servers:
        if server.process.returncode is None:
            server.process.kill()
        await server.process.wait()
        await server.client.stop()
        # Whatever is left in the pipes is read, or they would be open when the loop is closed, and
        # the warning would come at the next collection, in a test that has nothing to do with it.
        await server.process.communicate(b"")
        await asyncio.sleep(0)
