"""Where Midfill keeps what is its own on this machine, by the platform's rules."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path, user_state_path

_STATE_VARIABLE = "MIDFILL_STATE_DIR"
_CACHE_VARIABLE = "MIDFILL_CACHE_DIR"


def state_folder() -> Path:
    """Return the folder of ``midfill stats``; ``MIDFILL_STATE_DIR`` names another one."""
    chosen = os.environ.get(_STATE_VARIABLE)
    return Path(chosen) if chosen else user_state_path("midfill", appauthor=False)


def cache_folder() -> Path:
    """Return the folder of what can be made again; ``MIDFILL_CACHE_DIR`` names another one."""
    chosen = os.environ.get(_CACHE_VARIABLE)
    return Path(chosen) if chosen else user_cache_path("midfill", appauthor=False)
