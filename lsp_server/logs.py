"""Where the server and its engine process log to."""

from __future__ import annotations

import logging
import sys
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
