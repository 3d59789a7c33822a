"""Keeps the folders' indexes up to date while the user works, and shows the first long run."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_server.language_server import MidfillServer
from lsp_server.workspace.index_process import run_indexer
from lsp_server.workspace.workspace import Workspace

logger = logging.getLogger(__name__)

# A save is followed by others; between two runs the index may be this old.
MIN_INTERVAL_S = 20.0
# A run that reads fewer files is over before anybody has seen it.
_SHOWN_FROM = 50


class BackgroundIndex:
    """Runs the indexer over one root after the other, whenever something may have changed."""

    def __init__(
        self, server: MidfillServer, workspace: Workspace, can_show: Callable[[], bool]
    ) -> None:
        """Index ``workspace``; progress is shown when ``can_show`` tells that the client can."""
        self._server = server
        self._workspace = workspace
        self._can_show = can_show
        self._news, self._hurry = asyncio.Event(), asyncio.Event()
        self._is_running = self._is_stopped = False
        self.num_runs = 0
        self.has_failed = False
        """Whether the last run could not read a root."""

    def note_change(self) -> None:
        """Look at the files again soon."""
        self._news.set()

    def refresh(self) -> int:
        """Look at the files again now; the ``num_runs`` at which all that stands there is known.

        Files change without a word to the server: by a checkout, by other programs.
        """
        if self._is_stopped:
            return 0
        self._news.set()
        self._hurry.set()
        return self.num_runs + 1 + self._is_running

    async def run(self) -> None:
        """Index until cancelled, or until the user stops it."""
        while not self._is_stopped:
            await self._news.wait()
            self._news.clear()
            self._hurry.clear()
            self._is_running, self.has_failed = True, False
            for root in self._workspace.roots:
                await self._update(root)
            self._is_running = False
            self.num_runs += 1
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), MIN_INTERVAL_S)

    async def _update(self, root: Path) -> None:
        bar: _Bar | None = None
        try:
            async with aclosing(run_indexer(root, self._workspace.database_of(root))) as steps:
                async for num_done, num_changed in steps:
                    if bar is None and num_changed >= _SHOWN_FROM and self._can_show():
                        bar = await _Bar.begin(self._server, root.name)
                    if bar is not None:
                        if bar.is_cancelled:
                            self._is_stopped = True
                            logger.info("the user stopped the indexing of %s", root)
                            return
                        bar.report(num_done, num_changed)
        except OSError as error:
            self.has_failed = True
            logger.warning("%s cannot be indexed: %s", root, error)
        finally:
            if bar is not None:
                bar.end()


class _Bar:
    """One progress bar that the user can cancel."""

    def __init__(self, server: MidfillServer, token: str) -> None:
        self._progress = server.work_done_progress
        self._token = token

    @classmethod
    async def begin(cls, server: MidfillServer, name: str) -> _Bar | None:
        """Show a bar, unless the client refuses."""
        bar = cls(server, str(uuid.uuid4()))
        try:
            await bar._progress.create_async(bar._token)
        except JsonRpcException as error:
            logger.info("the client refused a progress token: %s", error.message)
            return None
        title = f"Midfill: indexing {name}"
        bar._progress.begin(
            bar._token, types.WorkDoneProgressBegin(title=title, cancellable=True, percentage=0)
        )
        return bar

    @property
    def is_cancelled(self) -> bool:
        """Whether the user cancelled it."""
        return self._progress.tokens[self._token].cancelled()

    def report(self, num_done: int, num_all: int) -> None:
        """Show how far it is."""
        percentage = 100 * num_done // max(num_all, 1)
        message = f"{num_done} of {num_all} files"
        self._progress.report(
            self._token, types.WorkDoneProgressReport(message=message, percentage=percentage)
        )

    def end(self) -> None:
        """Take it away."""
        self._progress.end(self._token, types.WorkDoneProgressEnd())
