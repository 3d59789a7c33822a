"""The entry selected in the editor's completion list, to which a proposal has to add.

The engine sees the text as if the entry had been accepted; the proposal is then turned back into
an edit of the text as it is, whose item has the entry's range and begins with its text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.proposal import Edit, EditSet, Proposal, TokenConfidence
from engine.request import Request
from engine.spans import ByteOffset, Span
from lsp_server.edit_history import Change, shifted


@dataclass(frozen=True, slots=True)
class Selection:
    """``text`` would replace ``span`` of the document."""

    span: Span
    text: str

    def put_in(self, request: Request) -> Request:
        """Return ``request`` for the text with the entry accepted, the cursor behind it."""
        data = request.text.encode()
        new = self.text.encode()
        change = Change(self.span, self.text, 0)
        recent = tuple(
            replace(edit, span=shifted(edit.span, change)) for edit in request.recent_edits
        )
        return replace(
            request,
            text=(data[: self.span.start] + new + data[self.span.end :]).decode(),
            cursor=self._end,
            recent_edits=recent,
        )

    def taken_out(self, proposal: Proposal) -> Proposal:
        """Return ``proposal`` as one for the text without the entry."""
        num_bytes = len(self.text.encode())
        return replace(
            proposal,
            text=self.text + proposal.text,
            edit_set=EditSet(tuple(map(self._edit, proposal.edits)), proposal.kind),
            plan=replace(proposal.plan, cursor=self.span.start),
            tokens=(TokenConfidence(num_bytes, 1.0), *proposal.tokens),
            alternatives=tuple(map(self.taken_out, proposal.alternatives)),
        )

    @property
    def _end(self) -> ByteOffset:
        """Where the entry ends in the text that has it."""
        return ByteOffset(self.span.start + len(self.text.encode()))

    def _edit(self, edit: Edit) -> Edit:
        if edit.path is not None or edit.end < self._end:
            return edit
        delta = len(self.span) - len(self.text.encode())
        end = ByteOffset(edit.end + delta)
        if edit.start == self._end:
            return Edit(Span(self.span.start, end), self.text + edit.new_text)
        return Edit(Span(ByteOffset(edit.start + delta), end), edit.new_text)
