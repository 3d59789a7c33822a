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
class Draft:
    """What stands in one hole from the cursor (or the hole's start) to its first masked position.

    ``is_finished``: nothing follows; otherwise the last word may still grow. ``others``: by hole
    the text of those that are finished, None for the others.
    """

    hole: int
    text: str
    is_finished: bool
    others: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """An objection to the byte at ``offset`` of the draft's text, and why.

    ``offset`` may equal the length: then something is missing there.
    """

    offset: int
    reason: Reason
    detail: str


class Constraint(Protocol):
    """Objects to a draft, or does not."""

    def fault(self, draft: Draft) -> Fault | None:
        """The first fault in ``draft``, None when it may stand."""
        ...


def first_fault(constraints: Sequence[Constraint], draft: Draft) -> Fault | None:
    """The first fault that any of ``constraints`` finds, in their order."""
    for constraint in constraints:
        fault = constraint.fault(draft)
        if fault is not None:
            return fault
    return None
