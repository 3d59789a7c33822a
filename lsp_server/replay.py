"""Recorded typing, replayed key by key against a server of its own, as an editor would.

Pauses are left out: the next key is sent when the last one is answered.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from lsp_server.machine import family_mb
from lsp_server.methods.did_focus import METHOD as FOCUS
from lsp_server.methods.trace import METHOD as TRACE

_ENCODING = types.PositionEncodingKind.Utf32


@dataclass(frozen=True, slots=True)
class Typing:
    """``keys`` are typed into ``text`` at a line and a column, counted in code points from 0."""

    path: str
    language: str
    text: str
    line: int
    column: int
    keys: str


@dataclass(frozen=True, slots=True)
class Keystroke:
    """One key and what came of it. ``elapsed_ms`` from sending the change to having the answer.

    ``is_first``: of its place. ``is_found``: an earlier answer still held, so the engine was not
    asked; then there are no timings and no forwards.
    """

    elapsed_ms: float
    is_first: bool
    is_proposal: bool
    is_found: bool
    timings_ms: dict[str, float]
    forwards: int
    num_holes: int
    num_tokens: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What a server did. ``cold_ms``: from its start to its first answer.

    ``resident_mb`` counts the server and its engine, pages they share once; None where the system
    does not tell.
    """

    cold_ms: float
    keystrokes: tuple[Keystroke, ...]
    resident_mb: float | None


async def replay(
    typings: Sequence[Typing], model: str | None, rest_s: float = 0.0, from_lines: int = 0
) -> Replay:
    """Start a server, type everything, end it. The first key counts as the cold start alone.

    The cursor rests for ``rest_s`` seconds before the first key of a place; with ``from_lines`` it
    does so that many lines away, after a proposal was asked for there, and is typed with at once.
    """
    editor = _Editor()
    began = time.perf_counter()
    await editor.start(model)
    cold_ms, keystrokes = 0.0, list[Keystroke]()
    for number, typing in enumerate(typings):
        uri = Path(typing.path).absolute().with_name(f"{number}-{Path(typing.path).name}").as_uri()
        editor.open(uri, typing)
        if cold_ms and from_lines:
            await editor.ask(uri, away(typing, from_lines))
        elif cold_ms and rest_s:
            editor.focus(uri, typing)
        if cold_ms:
            await asyncio.sleep(rest_s)
        for index in range(len(typing.keys)):
            keystroke = await editor.type(uri, typing, index)
            if cold_ms:
                keystrokes.append(keystroke)
            else:
                cold_ms = 1000 * (time.perf_counter() - began)
        editor.close(uri)
    resident_mb = editor.resident_mb
    await editor.end()
    return Replay(cold_ms, tuple(keystrokes), resident_mb)


class _Editor:
    """One client with one server."""

    def __init__(self) -> None:
        self._client = LanguageClient("midfill-bench", "1")

    async def start(self, model: str | None) -> None:
        chosen = ["--model", model] if model is not None else []
        await self._client.start_io(sys.executable, "-m", "lsp_server", *chosen)
        general = types.GeneralClientCapabilities(position_encodings=[_ENCODING])
        capabilities = types.ClientCapabilities(general=general)
        await self._client.initialize_async(types.InitializeParams(capabilities=capabilities))
        self._client.initialized(types.InitializedParams())

    def open(self, uri: str, typing: Typing) -> None:
        item = types.TextDocumentItem(uri, typing.language, 0, typing.text)
        self._client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def focus(self, uri: str, typing: Typing) -> None:
        place = {"line": typing.line, "character": typing.column}
        self._client.protocol.notify(FOCUS, {"textDocument": {"uri": uri}, "position": place})

    def close(self, uri: str) -> None:
        document = types.TextDocumentIdentifier(uri)
        self._client.text_document_did_close(types.DidCloseTextDocumentParams(document))

    async def type(self, uri: str, typing: Typing, index: int) -> Keystroke:
        """Send one key, ask what follows, wait for the answer."""
        began = time.perf_counter()
        at = types.Position(typing.line, typing.column + index)
        behind = types.Position(typing.line, typing.column + index + 1)
        change = types.TextDocumentContentChangePartial(types.Range(at, at), typing.keys[index])
        document = types.VersionedTextDocumentIdentifier(index + 1, uri)
        self._client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        await self.ask(uri, behind)
        elapsed_ms = 1000 * (time.perf_counter() - began)
        record = await self._client.protocol.send_request_async(TRACE)
        return _keystroke(elapsed_ms, index == 0, record)

    async def ask(self, uri: str, at: types.Position) -> None:
        """Ask what may be proposed there, and wait for the answer."""
        context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
        await self._client.text_document_inline_completion_async(
            types.InlineCompletionParams(context, types.TextDocumentIdentifier(uri), at)
        )

    @property
    def resident_mb(self) -> float | None:
        server = self._client._server
        return None if server is None else family_mb(server.pid)

    async def end(self) -> None:
        await self._client.shutdown_async(None)
        self._client.exit(None)
        # pygls gives it no types.
        await self._client.stop()  # type: ignore[no-untyped-call]


def away(typing: Typing, num_lines: int) -> types.Position:
    """The end of a line so far above, or below where the text does not reach up so far."""
    lines = typing.text.split("\n")
    line = typing.line - num_lines
    line = line if line >= 0 else min(typing.line + num_lines, len(lines) - 1)
    return types.Position(line, len(lines[line]))


def _keystroke(elapsed_ms: float, is_first: bool, record: Any) -> Keystroke:
    """What the server's trace says of its last request."""
    outcome, plan = record.outcome, record.plan
    is_found = record.origin != record.id
    return Keystroke(
        elapsed_ms=elapsed_ms,
        is_first=is_first,
        is_proposal=outcome.outcome == "proposal",
        is_found=is_found,
        timings_ms={} if is_found else _mapping(record.timings_ms),
        forwards=0 if is_found else outcome.forwards,
        num_holes=0 if plan is None else len(plan.holes),
        num_tokens=len(outcome.token_confidence),
    )


def _mapping(values: Any) -> dict[str, float]:
    """The members of what the protocol made of a JSON object."""
    return dict(values._asdict() if hasattr(values, "_asdict") else vars(values))
