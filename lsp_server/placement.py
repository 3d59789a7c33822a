"""What is put around or into a document's text before the engine sees it, and taken out again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from engine.proposal import Outcome, Proposal
from engine.request import Request


class Placement(Protocol):
    """A change of what the engine sees that the user never sees."""

    def put_in(self, request: Request) -> Request:
        """Return ``request`` for the changed text."""
        ...

    def taken_out(self, proposal: Proposal) -> Outcome:
        """Return ``proposal`` as one for the user's text, or why it cannot be made there."""
        ...


@dataclass(frozen=True, slots=True)
class Placements:
    """Several, the first one put in first."""

    each: tuple[Placement, ...]

    def put_in(self, request: Request) -> Request:
        """Put in all of them."""
        for placement in self.each:
            request = placement.put_in(request)
        return request

    def taken_out(self, proposal: Proposal) -> Outcome:
        """Take out all of them, the last one first."""
        outcome: Outcome = proposal
        for placement in reversed(self.each):
            if not isinstance(outcome, Proposal):
                break
            outcome = placement.taken_out(outcome)
        return outcome
