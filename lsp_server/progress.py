"""Model loading as work-done progress, for clients that can show it."""

from __future__ import annotations

import asyncio
import logging
import uuid

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_server.language_server import MidfillServer
from lsp_server.messages import LoadFailed, Loading, Ready
from lsp_server.worker import WorkerEvent

logger = logging.getLogger(__name__)

_TITLE = "Midfill"


class LoadProgress:
    """Shows one load after the other; events wait while the client creates its token."""

    def __init__(self, server: MidfillServer) -> None:
        """Show on ``server``'s client."""
        self._server = server
        self._events: asyncio.Queue[WorkerEvent] = asyncio.Queue()
        self._token: str | None = None

    def add(self, event: WorkerEvent) -> None:
        """Show ``event`` after those before it."""
        self._events.put_nowait(event)

    async def run(self) -> None:
        """Show events until cancelled. The client must support work-done progress."""
        while True:
            await self._show(await self._events.get())

    async def _show(self, event: WorkerEvent) -> None:
        if isinstance(event, Loading):
            await self._begin_or_report(event.detail)
        elif isinstance(event, Ready):
            self._finish(f"{event.model} is ready after {event.load_ms / 1000:.1f} s")
        elif isinstance(event, LoadFailed):
            self._finish(f"no model: {event.detail}")
        else:
            self._finish(event.detail)

    async def _begin_or_report(self, detail: str) -> None:
        progress = self._server.work_done_progress
        if self._token is not None:
            progress.report(self._token, types.WorkDoneProgressReport(message=detail))
            return
        token = str(uuid.uuid4())
        try:
            await progress.create_async(token)
        except JsonRpcException as error:
            logger.info("the client refused a progress token: %s", error.message)
            return
        self._token = token
        progress.begin(token, types.WorkDoneProgressBegin(title=_TITLE, message=detail))

    def _finish(self, message: str) -> None:
        if self._token is not None:
            end = types.WorkDoneProgressEnd(message=message)
            self._server.work_done_progress.end(self._token, end)
            self._token = None
