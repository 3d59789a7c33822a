"""What crosses the pipe between the server and its engine process. Plain frozen values only."""

from __future__ import annotations

from dataclasses import dataclass

from engine.job import Job
from engine.proposal import Outcome, Reason
from engine.step import Step


@dataclass(frozen=True, slots=True)
class Run:
    """Do ``job`` under the number ``ticket``."""

    ticket: int
    job: Job


@dataclass(frozen=True, slots=True)
class Cancel:
    """Set the cancel flag of ``ticket``."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Loading:
    """The model is being loaded."""

    detail: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded."""

    model: str
    load_ms: float


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """No model: every request will be refused with this."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer to ``ticket``."""

    ticket: int
    outcome: Outcome
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The engine raised; ``detail`` says what and where, for the log."""

    ticket: int
    detail: str


ToEngine = Run | Cancel
FromEngine = Loading | Ready | LoadFailed | Finished | Failed
