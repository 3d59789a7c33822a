"""When a proposal that the engine stands by is not shown all the same.

The engine judges the text; this judges the moment: what the user did with the same text before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.proposal import Outcome, Proposal, Reason
from engine.request import RecentEdit
from lsp_server.convert import suggestion
from lsp_server.documents import Document
from lsp_server.rejections import Rejections, fingerprint

# Fewer deleted characters at the start of a proposal say nothing about the rest of it.
_MIN_DELETED = 3


@dataclass(frozen=True, slots=True)
class Moment:
    """What an unasked proposal is held against.

    ``typed`` is what the user has typed of it: it belongs to its length, and whoever types along
    with a proposal does not lose it for its confidence.
    """

    document: Document
    recent_edits: Sequence[RecentEdit]
    rejections: Rejections
    min_chars: int
    min_confidence: float
    typed: str

    def judged(self, outcome: Outcome) -> Outcome:
        """Leave out the candidates that must not be shown; a refusal when none is left."""
        if not isinstance(outcome, Proposal):
            return outcome
        kept: list[Proposal] = []
        refused: list[tuple[Reason, str]] = []
        for candidate in (outcome, *outcome.alternatives):
            reason = self._objection(candidate)
            if reason is None:
                kept.append(replace(candidate, alternatives=()))
            else:
                refused.append(reason)
        if not kept:
            return outcome.refused(*refused[0])
        return replace(kept[0], alternatives=tuple(kept[1:]))

    def _objection(self, candidate: Proposal) -> tuple[Reason, str] | None:
        written = candidate.text.strip()
        whole = (self.typed + candidate.text).strip()
        if len(candidate.edits) == 1 and len(whole) < self.min_chars:
            return Reason.TOO_SHORT, f"shorter than {self.min_chars} characters (midfill.minChars)"
        if not self.typed and candidate.confidence < self.min_confidence:
            least = f"{candidate.confidence:.2f} is below {self.min_confidence:.2f} (midfill.mode)"
            return Reason.LOW_CONFIDENCE, f"confidence {least}"
        if mark_of(candidate, self.document) in self.rejections:
            return Reason.REJECTED_BEFORE, "the same proposal was turned down here"
        if self._brings_back(candidate, written):
            return Reason.REVERTS_USER, "it begins with what was deleted here a moment ago"
        return None

    def _brings_back(self, candidate: Proposal, written: str) -> bool:
        cursor = candidate.plan.cursor
        for edit in self.recent_edits:
            deleted = edit.old_text.strip()
            is_here = edit.span.start <= cursor <= edit.span.end
            is_pure = not edit.span
            is_back = written == deleted or (
                len(deleted) >= _MIN_DELETED and written.startswith(deleted)
            )
            if deleted and is_here and is_pure and is_back:
                return True
        return False


def mark_of(candidate: Proposal, document: Document) -> bytes:
    """Name ``candidate`` as ``Rejections`` does."""
    main = suggestion("", candidate, document).main
    line_start = document.buffer.line_start(document.buffer.line_at(main.start))
    line_before = document.buffer.slice(line_start, main.start).decode()
    return fingerprint(document.uri, line_before, main.new_text)
