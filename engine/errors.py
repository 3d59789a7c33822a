"""Errors that a caller can do something about.

MidfillError
├── BadInput            what the user gave cannot be used (exit code 2)
│   ├── TooLarge        the text is over the size limit
│   └── UnknownModel    no model of that name or path
├── DamagedWeights      a weights file is missing, truncated, or fails its hash
├── RemoteFailed        a remote backend or a hub gave nothing usable (the local model goes on)
├── TrainingError       corpus line, checkpoint or disk: the run stops, nothing is lost
└── Cancelled           the request's cancel event was set (becomes Refusal CANCELLED)

Every message is one line that names the thing and the mend.
"""

from __future__ import annotations


class MidfillError(Exception):
    """Base of all errors that Midfill raises on purpose."""


class BadInput(MidfillError):
    """What the user gave cannot be used; the message says why and what to do."""


class TooLarge(BadInput):
    """The text is over the size limit."""


class UnknownModel(BadInput):
    """No model has that name or path."""


class DamagedWeights(MidfillError):
    """A weights file is missing, truncated or does not match its SHA-256."""


class RemoteFailed(MidfillError):
    """Another machine gave nothing usable; ``is_passing``: asking again may help.

    ``retry_after_s``: how long it wants to be left alone.
    """

    def __init__(
        self, message: str, is_passing: bool = False, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.is_passing, self.retry_after_s = is_passing, retry_after_s


class TrainingError(MidfillError):
    """A corpus, checkpoint or disk problem that stops a training run without losing it."""


class Cancelled(MidfillError):
    """The request was cancelled between two pieces of work."""
