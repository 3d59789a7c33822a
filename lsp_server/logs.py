"""Where the server and its engine process log to."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start_logging(level: int, log_file: Path | None) -> None:
    """Log to the end of ``log_file``, or to stderr, where editors look."""
    handler: logging.Handler
    if log_file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        handler = logging.FileHandler(log_file, encoding="utf-8")
    logging.basicConfig(level=level, format=_FORMAT, handlers=[handler], force=True)


def log_file() -> Path | None:
    """Return the file that is logged to; None for stderr."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler):
            return Path(handler.baseFilename)
    return None


def quieten_pygls() -> None:
    """Keep bodies of messages, which are users' source code, out of the log.

    pygls writes each body it sends at INFO, and whole messages when something is wrong with them;
    the latter are logged without their bodies by ``protocol`` and ``language_server``.
    """
    logging.getLogger("pygls").setLevel(logging.WARNING)
    logging.getLogger("pygls.protocol.json_rpc").setLevel(logging.CRITICAL)
    logging.getLogger("pygls.server").setLevel(logging.CRITICAL)


def described(error: BaseException) -> str:
    """Say where an unexpected error came from, without its message: that may quote users' code."""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__name__} from\n{frames}".rstrip()
