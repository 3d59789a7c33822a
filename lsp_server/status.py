"""``didChangeStatus`` notifications, for clients that asked for them.

The shape is the one that clients of other completion servers already show in their status lines.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

METHOD = "didChangeStatus"

Notify = Callable[[str, Any], None]


class StatusKind(str, Enum):
    """How the server is."""

    NORMAL = "Normal"
    ERROR = "Error"
    WARNING = "Warning"
    INACTIVE = "Inactive"


class StatusReporter:
    """Sends a status whenever it differs from the last one."""

    def __init__(self, notify: Notify) -> None:
        """Send through ``notify`` once ``is_wanted`` is set.

        ``notice`` is put behind every message, whatever the server does.
        """
        self._notify = notify
        self._last: dict[str, Any] | None = None
        self.notice = ""
        self.is_wanted = False

    def report(self, kind: StatusKind, message: str = "", is_busy: bool = False) -> None:
        """Tell the client, if it asked."""
        said = "; ".join(each for each in (message, self.notice) if each)
        status = {"busy": is_busy, "message": said, "kind": kind.value}
        if self.is_wanted and status != self._last:
            self._last = status
            self._notify(METHOD, status)
