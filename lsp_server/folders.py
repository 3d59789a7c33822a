"""Where Midfill keeps what is its own on this machine, by the platform's rules."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from platformdirs import user_cache_path, user_state_path

_STATE_VARIABLE = "MIDFILL_STATE_DIR"
_CACHE_VARIABLE = "MIDFILL_CACHE_DIR"
_RUNTIME_VARIABLE = "MIDFILL_RUNTIME_DIR"


def state_folder() -> Path:
    """Return the folder of ``midfill stats``; ``MIDFILL_STATE_DIR`` names another one."""
    chosen = os.environ.get(_STATE_VARIABLE)
    return Path(chosen) if chosen else user_state_path("midfill", appauthor=False)


def cache_folder() -> Path:
    """Return the folder of what can be made again; ``MIDFILL_CACHE_DIR`` names another one."""
    chosen = os.environ.get(_CACHE_VARIABLE)
    return Path(chosen) if chosen else user_cache_path("midfill", appauthor=False)


def runtime_folder() -> Path:
    """Return the folder of the shared server's address; ``MIDFILL_RUNTIME_DIR`` names another.

    On Unix the session's runtime folder, else one of the user's own in the folder for temporary
    files: a socket's path must be short, and may lie on no network drive.
    """
    chosen = os.environ.get(_RUNTIME_VARIABLE)
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        return state_folder() / "run"
    session = os.environ.get("XDG_RUNTIME_DIR")
    if session:
        return Path(session) / "midfill"
    return Path(tempfile.gettempdir()) / f"midfill-{os.getuid()}"
