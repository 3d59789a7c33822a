"""Work that is handed to the engine as one plain value and ends in one outcome.

A job crosses a process boundary before it runs: a frozen dataclass of plain values whose module
imports nothing heavy.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.proposal import Outcome
from engine.request import Request
from engine.spans import Span
from engine.step import Step

if TYPE_CHECKING:
    from engine.infill import Infiller

OnStep = Callable[[Step], None]


class Job(Protocol):
    """What an engine can be asked to do. Its module is listed in ``lsp_server.pipe``."""

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """Do it. Raises BadInput for what the caller should have known."""
        ...


@dataclass(frozen=True, slots=True)
class Infill:
    """Fill at the request's cursor."""

    request: Request

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """See ``Infiller.infill``."""
        return infiller.infill(self.request, cancel, on_step)


@dataclass(frozen=True, slots=True)
class ReadAhead:
    """Encode the context of a request to come, so that it starts warm."""

    request: Request

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """See ``Infiller.read_ahead``: a Refusal, for nothing was asked."""
        del on_step
        return infiller.read_ahead(self.request, cancel)


@dataclass(frozen=True, slots=True)
class FillSpans:
    """Replace ``spans`` of the request's text together."""

    request: Request
    spans: tuple[Span, ...]

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """See ``Infiller.fill_spans``."""
        return infiller.fill_spans(self.request, self.spans, cancel, on_step)
