"""The parser in the loop: a draft that no continuation can mend is objected to."""

from __future__ import annotations

from engine.constraints import Draft, Fault
from engine.decoding.frontier import Frontier, Heads
from engine.holes import MaskPlan
from engine.planning.neutral import baseline
from engine.proposal import Reason
from engine.syntax import SyntaxTree

_Before = tuple[bytes | None, ...]


class Grammar:
    """Judges drafts of one plan. What stands before a hole is parsed once and kept."""

    def __init__(self, tree: SyntaxTree, plan: MaskPlan, heads: Heads | None = None) -> None:
        self._tree, self._plan, self._heads = tree, plan, heads
        self._base = baseline(tree, plan)
        self._frontiers: dict[tuple[int, _Before], Frontier] = {}

    def fault(self, draft: Draft) -> Fault | None:
        """The first token with which no valid text goes on."""
        offset = self._frontier(draft).fault(draft.text.encode())
        if offset is None:
            return None
        return Fault(offset, Reason.DOES_NOT_PARSE, f"hole {draft.hole + 1} stops parsing")

    def _frontier(self, draft: Draft) -> Frontier:
        """Only the holes before this one stand before its frontier."""
        before = tuple(
            None if text is None else text.encode() for text in draft.others[: draft.hole]
        )
        key = (draft.hole, before)
        if key not in self._frontiers:
            behind = (None,) * (len(draft.others) - len(before))
            self._frontiers[key] = Frontier(
                self._tree, self._plan, draft.hole, (*before, *behind), self._base, self._heads
            )
        return self._frontiers[key]
