"""Starts a server: the engine's process first, which loads while this one reads its own modules.

So who starts it waits for the slower of the two, not for both.
"""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lsp_server.channel import ProcessChannel, ThreadChannel
from lsp_server.logs import start_logging
from lsp_server.threads import leave
from lsp_server.worker import Worker


@dataclass(frozen=True, slots=True)
class LaunchOptions:
    """How to serve. ``tcp`` is a loopback host and a port; None means stdin and stdout."""

    tcp: tuple[str, int] | None = None
    model: str | None = None
    is_in_process: bool = False
    log_file: Path | None = None
    log_level: int = logging.INFO


def launch(options: LaunchOptions) -> int:
    """Serve until the client is done (stdio) or for ever (TCP); returns the exit code.

    Where the client leaves in the middle of an analysis the process ends with that code at once.
    Raises BadInput for an address that others could reach.
    """
    start_logging(options.log_level, options.log_file)
    worker = started_worker(options.model, options.is_in_process, options.log_file)
    try:
        with made_to_stay():
            from lsp_server.server import serve
        code = serve(worker, options.model, options.tcp)
    finally:
        worker.close()
    return leave(code)


def started_worker(model: str | None, is_in_process: bool, log_file: Path | None) -> Worker:
    """Start loading ``model``; settings that want another one start the engine anew."""
    in_process = partial(ProcessChannel, log_file=log_file)
    worker = Worker(model, ThreadChannel if is_in_process else in_process)
    worker.start()
    return worker


@contextlib.contextmanager
def made_to_stay() -> Iterator[None]:
    """Import in here what is kept for good: the garbage collector never looks at it.

    The protocol alone has 550 classes. To look through them again and again costs a sixth of the
    start, and a pause now and then as long as the server runs.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
