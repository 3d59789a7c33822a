"""Where the server and its engine process log to."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class LogFile(logging.FileHandler):
    """A file that may stop taking lines (a full disk): told once on stderr, and work goes on.

    ``is_told`` is False in a process whose parent writes to the same file and tells it.
    """

    def __init__(self, path: Path, is_told: bool = True) -> None:
        super().__init__(path, encoding="utf-8")
        self._is_told = is_told

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Say what keeps the file from being written, instead of a traceback for every line."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
        elif self._is_told:
            self._is_told = False
            _tell_unwritable(self.baseFilename, error)


def start_logging(level: int, log_file: Path | None, is_child: bool = False) -> None:
    """Log to the end of ``log_file``, or to stderr, where editors look.

    Raises OSError when the file cannot be opened; in a child (``is_child``) of the process that
    opened it first that ends nothing: what the child has to say is lost.
    """
    handler: logging.Handler
    if log_file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        try:
            handler = LogFile(log_file, is_told=not is_child)
        except OSError as error:
            if not is_child:
                raise
            handler = logging.NullHandler()
            _tell_unwritable(str(log_file), error)
    logging.basicConfig(level=level, format=_FORMAT, handlers=[handler], force=True)


def _tell_unwritable(path: str, error: OSError) -> None:
    # Where stderr is gone as well, nobody is left to be told.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        reason = error.strerror or type(error).__name__
        sys.stderr.write(f"midfill: {path}: {reason}: nothing is logged until it can be written\n")
        sys.stderr.flush()


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
