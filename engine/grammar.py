"""The parser in the loop."""

from __future__ import annotations

from engine.check import frontier_fault
from engine.constraints import Fault, Frontier
from engine.holes import MaskPlan
from engine.proposal import Reason
from engine.syntax import SyntaxTree


class Grammar:
    """The parser in the loop: a frontier that no continuation can mend is refused."""

    def __init__(self, tree: SyntaxTree, plan: MaskPlan) -> None:
        self._tree, self._plan = tree, plan

    def fault(self, frontier: Frontier) -> Fault | None:
        """Where the frontier stops being the beginning of valid code."""
        offset = frontier_fault(
            self._tree, self._plan, frontier.hole, frontier.text, frontier.others
        )
        if offset is None:
            return None
        return Fault(offset, Reason.DOES_NOT_PARSE, f"nothing valid begins so (byte {offset})")
