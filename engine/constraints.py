"""What looks at the committed frontier at every step and may object to it.

The one hook of the parser and of the project's rules inside the loop: an objection names a byte,
the sampler bans the token there and masks it again. Knows text; knows no tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.proposal import Reason


@dataclass(frozen=True, slots=True)
class Frontier:
    """What stands in one hole from the cursor (or the hole's start) to its first masked position.

    ``is_finished``: nothing follows; otherwise the last word may still grow. ``others``: the same
    text of every hole, this one's own included.
    """

    hole: int
    text: str
    is_finished: bool
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """An objection to the byte at ``offset`` of the frontier's text, and why.

    ``offset`` may equal the length: then something is missing there.
    """

    offset: int
    reason: Reason
    detail: str


class Constraint(Protocol):
    """Objects to a frontier, or does not."""

    def fault(self, frontier: Frontier) -> Fault | None:
        """The first fault in ``frontier``, None when it may stand."""
        ...


def first_fault(constraints: Sequence[Constraint], frontier: Frontier) -> Fault | None:
    """The first fault that any of ``constraints`` finds, in their order."""
    for constraint in constraints:
        fault = constraint.fault(frontier)
        if fault is not None:
            return fault
    return None
