"""The threads beside the messages: at the end nobody waits for what they still work out.

They read files and analyse texts; none of them writes any. What is written (counts, the index) has
a keeper of its own that is closed before, or a process that a transaction protects.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Threads(ThreadPoolExecutor):
    """Where ``asyncio.to_thread`` runs things; nothing waits for them to end."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        """Begin nothing more. Whatever ``wait`` says: a loop that is closed would else wait."""
        super().shutdown(wait=False, cancel_futures=True)


def run(main: Coroutine[Any, Any, T]) -> T:
    """``asyncio.run`` that waits for no thread: ``leave`` follows it."""

    async def with_threads() -> T:
        threads = Threads(thread_name_prefix="beside")
        asyncio.get_running_loop().set_default_executor(threads)
        return await main

    return asyncio.run(with_threads())


def leave(code: int) -> int:
    """Return ``code``; where a thread still works, end the process with it at once.

    The interpreter would wait for the thread. Files and connections must be closed by now.
    """
    is_working = any(
        not one.daemon and one is not threading.current_thread() for one in threading.enumerate()
    )
    if is_working:
        logging.shutdown()
        for stream in (sys.stdout, sys.__stdout__, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):
                stream.flush()  # type: ignore[union-attr]
        os._exit(code)
    return code
