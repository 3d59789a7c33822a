"""One server for all editor windows of a user: one model in memory, a session per connection.

Started on demand by ``connect``, gone some seconds after its last client.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

from lsp_server.endpoint import Endpoint
from lsp_server.launch import made_to_stay, started_worker
from lsp_server.logs import quieten_pygls, start_logging
from lsp_server.stores import Stores
from lsp_server.threads import leave, run
from lsp_server.worker import Worker

logger = logging.getLogger(__name__)

GRACE_S = 30.0
_MAX_LOG_BYTES = 1_000_000


class Daemon:
    """Serves connections on one worker until none is left for ``grace_s``."""

    def __init__(self, worker: Worker, model: str | None, stores: Stores | None) -> None:
        """Serve with ``worker``, whose model is ``model``."""
        self._worker, self._model, self._stores = worker, model, stores
        self._num_clients = 0
        self._change = asyncio.Event()

    async def run(self, endpoint: Endpoint, grace_s: float = GRACE_S) -> None:
        """Listen at ``endpoint``, whose lock is held."""
        listener = await endpoint.listen(self._serve)
        logger.info("listening at %s in %s", endpoint.name, endpoint.folder)
        logger.info("serving in process %d", os.getpid())
        async with listener:
            # Who started it may be slow to come; from then on the grace time counts.
            await self._is_wanted(max(grace_s, GRACE_S))
            while await self._is_wanted(grace_s):
                self._change.clear()
                await self._change.wait()
            endpoint.forget()
        logger.info("the last client has gone")

    async def _is_wanted(self, grace_s: float) -> bool:
        """Tell whether there is a client, now or within the grace time."""
        if self._num_clients == 0:
            self._change.clear()
            try:
                await asyncio.wait_for(self._change.wait(), grace_s)
            except asyncio.TimeoutError:
                return self._num_clients > 0
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._num_clients += 1
        self._change.set()
        from lsp_server.server import build

        # One server object each: pygls would send one client's answers to another.
        server, session = build(self._worker, self._model, self._stores)
        try:
            await server.run(reader, writer)
        finally:
            session.close()
            writer.close()
            self._num_clients -= 1
            self._change.set()


def main() -> None:
    """Serve in a process of its own; ends at once when another one does so already."""
    options = json.loads(sys.argv[1])
    log_file = Path(options["log_file"])
    if log_file.exists() and log_file.stat().st_size > _MAX_LOG_BYTES:
        log_file.replace(log_file.with_suffix(".old.log"))
    start_logging(options["log_level"], log_file)
    quieten_pygls()
    endpoint = Endpoint.of(options["model"])
    with endpoint.lock() as is_held:
        if not is_held:
            logger.info("another server listens already")
            return
        run(_run(endpoint, options, log_file))
    leave(0)


async def _run(endpoint: Endpoint, options: dict[str, object], log_file: Path) -> None:
    model = options["model"]
    named = model if isinstance(model, str) else None
    worker = started_worker(named, bool(options["is_in_process"]), log_file)
    with made_to_stay():
        import lsp_server.server  # noqa: F401
    stores = Stores.of_user()
    grace_s = options["grace_s"]
    try:
        wanted_s = float(grace_s) if isinstance(grace_s, (int, float)) else GRACE_S
        await Daemon(worker, named, stores).run(endpoint, wanted_s)
    finally:
        worker.close()
        stores.close()
