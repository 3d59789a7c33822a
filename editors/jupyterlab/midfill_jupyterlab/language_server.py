"""The language server's process: started with the first request, told of notebooks, asked."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from midfill_jupyterlab.notebook import CellState, NotebookState

VERSION = "0.1.0"
MAX_NOTEBOOKS = 16
_START_S = 60.0


class LanguageServerGone(RuntimeError):
    """The language server cannot be started, or ended; the next request starts it again."""


class LanguageServer:
    """One process for all notebooks of a Jupyter server."""

    def __init__(
        self, command: list[str], root: Path, settings: dict[str, Any], log: logging.Logger
    ) -> None:
        self._command, self._root, self._settings, self._log = command, root, settings, log
        self._client: LanguageClient | None = None
        self._starting = asyncio.Lock()
        self._notebooks: dict[str, _Notebook] = {}
        self._reading: asyncio.Task[None] | None = None
        self.mismatch = ""

    async def proposals(self, state: NotebookState) -> list[str]:
        """What may be inserted at the cursor, the best first.

        Raises LanguageServerGone when there is no server to ask. Cancelling this cancels the
        request.
        """
        # A start that is broken off would leave its process.
        client = await _apart(self._started())
        id_ = str(uuid.uuid4())
        try:
            cell = self._sync(client, state)
            params = types.InlineCompletionParams(
                types.InlineCompletionContext(
                    types.InlineCompletionTriggerKind(state.trigger_kind)
                ),
                types.TextDocumentIdentifier(cell),
                types.Position(state.line, state.character),
            )
            answer = await _apart(
                client.protocol.send_request_async(
                    types.TEXT_DOCUMENT_INLINE_COMPLETION, params, id_
                )
            )
        except asyncio.CancelledError:
            client.protocol.notify(types.CANCEL_REQUEST, types.CancelParams(id_))
            raise
        except (ConnectionError, RuntimeError) as error:
            self._client = None
            raise LanguageServerGone(f"the language server ended ({error})") from error
        items = answer.items if isinstance(answer, types.InlineCompletionList) else answer
        line = state.cells[state.active].text.split("\n")[state.line]
        texts = (_at_cursor(item, line, state) for item in items or ())
        return [text for text in texts if text]

    async def stop(self) -> None:
        """End the process as the protocol asks."""
        client, self._client = self._client, None
        if self._reading is not None:
            self._reading.cancel()
        if client is not None and not client.stopped:
            await client.shutdown_async(None)
            client.exit(None)
            await client.stop()

    async def _started(self) -> LanguageClient:
        async with self._starting:
            if self._client is None or self._client.stopped:
                self._notebooks.clear()
                self._client = await self._start()
            return self._client

    async def _start(self) -> LanguageClient:
        client = LanguageClient("midfill-jupyterlab", VERSION)
        try:
            await client.start_io(*self._command)
            answer = await asyncio.wait_for(client.initialize_async(self._introduction()), _START_S)
        except (OSError, asyncio.TimeoutError) as error:
            raise LanguageServerGone(
                f"{self._command[0]} cannot be started ({error}): install midfill where Jupyter "
                "runs, or set c.MidfillExtension.command"
            ) from error
        client.initialized(types.InitializedParams())
        self._check_version(answer)
        # Nobody else reads what the server logs; it would wait for ever once the pipe is full.
        process = client._server
        if process is not None and process.stderr is not None:
            self._reading = asyncio.ensure_future(self._pass_on(process.stderr))
        return client

    async def _pass_on(self, stream: asyncio.StreamReader) -> None:
        """Write what the language server logs into Jupyter's own log."""
        while line := await stream.readline():
            self._log.debug("midfill: %s", line.decode(errors="replace").rstrip())

    def _introduction(self) -> types.InitializeParams:
        uri = self._root.as_uri()
        return types.InitializeParams(
            capabilities=types.ClientCapabilities(
                text_document=types.TextDocumentClientCapabilities(
                    inline_completion=types.InlineCompletionClientCapabilities()
                ),
                notebook_document=types.NotebookDocumentClientCapabilities(
                    types.NotebookDocumentSyncClientCapabilities()
                ),
            ),
            client_info=types.ClientInfo("JupyterLab", VERSION),
            initialization_options=self._settings,
            root_uri=uri,
            workspace_folders=[types.WorkspaceFolder(uri, self._root.name)],
        )

    def _check_version(self, answer: types.InitializeResult) -> None:
        found = answer.server_info.version if answer.server_info else None
        self.mismatch = ""
        if (found or "").split(".")[:2] != VERSION.split(".")[:2]:
            self.mismatch = (
                f"midfill is {found}, midfill-jupyterlab {VERSION}: "
                "install the same version of both"
            )
            self._log.warning(self.mismatch)

    def _sync(self, client: LanguageClient, state: NotebookState) -> str:
        """Tell the server what changed; the URI of the cell that is typed in."""
        uri = (self._root / state.path).as_uri()
        known = self._notebooks.pop(uri, None)
        if known is None or not known.has_cells_of(state):
            if known is not None:
                known.close(client)
            known = _Notebook.opened(client, uri, state)
        else:
            known.change(client, state)
        self._notebooks[uri] = known
        while len(self._notebooks) > MAX_NOTEBOOKS:
            self._notebooks.pop(next(iter(self._notebooks))).close(client)
        return known.cell_uri(state.cells[state.active])


async def _apart(work: Awaitable[Any]) -> Any:
    """Wait for ``work``, which goes on when the waiting is cancelled."""
    future = asyncio.ensure_future(work)
    future.add_done_callback(_look_at)
    return await asyncio.shield(future)


def _look_at(future: asyncio.Future[Any]) -> None:
    """Take note of an error that nobody waits for any more: it is no news."""
    if not future.cancelled():
        future.exception()


class _Notebook:
    """What the server knows of one notebook."""

    def __init__(self, uri: str, state: NotebookState) -> None:
        self._uri, self._cells, self._version = uri, state.cells, 0

    @staticmethod
    def opened(client: LanguageClient, uri: str, state: NotebookState) -> _Notebook:
        """Open it at the server."""
        notebook = _Notebook(uri, state)
        kinds = {"code": types.NotebookCellKind.Code, "markup": types.NotebookCellKind.Markup}
        client.notebook_document_did_open(
            types.DidOpenNotebookDocumentParams(
                types.NotebookDocument(
                    uri,
                    "jupyter-notebook",
                    0,
                    [
                        types.NotebookCell(kinds[cell.kind], notebook.cell_uri(cell))
                        for cell in state.cells
                    ],
                ),
                [
                    types.TextDocumentItem(
                        notebook.cell_uri(cell),
                        state.language if cell.kind == "code" else "markdown",
                        0,
                        cell.text,
                    )
                    for cell in state.cells
                ],
            )
        )
        return notebook

    def cell_uri(self, cell: CellState) -> str:
        """The name of a cell."""
        return f"vscode-notebook-cell:{self._uri.removeprefix('file:')}#{cell.id}"

    def has_cells_of(self, state: NotebookState) -> bool:
        """Whether the same cells stand there in the same order."""
        return [(one.id, one.kind) for one in self._cells] == [
            (one.id, one.kind) for one in state.cells
        ]

    def change(self, client: LanguageClient, state: NotebookState) -> None:
        """Send the text of the cells that changed."""
        changed = [
            new for old, new in zip(self._cells, state.cells, strict=True) if old.text != new.text
        ]
        self._cells = state.cells
        if not changed:
            return
        self._version += 1
        client.notebook_document_did_change(
            types.DidChangeNotebookDocumentParams(
                types.VersionedNotebookDocumentIdentifier(self._version, self._uri),
                types.NotebookDocumentChangeEvent(
                    cells=types.NotebookDocumentCellChanges(
                        text_content=[
                            types.NotebookDocumentCellContentChanges(
                                types.VersionedTextDocumentIdentifier(
                                    self._version, self.cell_uri(cell)
                                ),
                                [types.TextDocumentContentChangeWholeDocument(cell.text)],
                            )
                            for cell in changed
                        ]
                    )
                ),
            )
        )

    def close(self, client: LanguageClient) -> None:
        """Close it at the server."""
        client.notebook_document_did_close(
            types.DidCloseNotebookDocumentParams(
                types.NotebookDocumentIdentifier(self._uri),
                [types.TextDocumentIdentifier(self.cell_uri(cell)) for cell in self._cells],
            )
        )


def _at_cursor(item: types.InlineCompletionItem, line: str, state: NotebookState) -> str:
    """What an item adds at the cursor; empty when it would change what stands there.

    JupyterLab inserts and never replaces: closers that stand behind the cursor already are cut.
    """
    text = item.insert_text if isinstance(item.insert_text, str) else item.insert_text.value
    if item.range is None:
        return text
    units = line.encode("utf-16-le")
    start, end = item.range.start.character, item.range.end.character
    before = units[2 * start : 2 * state.character].decode("utf-16-le")
    behind = units[2 * state.character : 2 * end].decode("utf-16-le")
    if not text.startswith(before) or not text.endswith(behind):
        return ""
    return text[len(before) : len(text) - len(behind)]
