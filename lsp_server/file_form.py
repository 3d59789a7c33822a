r"""How a file is written, and its text as the engine reads it.

The engine knows one line end (``\n``) and no byte order mark. What it says of a place counts in
that text; the form brings it back to the file.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.holes import MaskPlan
from engine.proposal import EditSet, Outcome, Proposal, Refusal, TokenConfidence
from engine.spans import ByteOffset, Span, span

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class FileForm:
    r"""A file's text as it is written; ``line_end`` is ``\n`` where the kinds are mixed, too.

    ``text``: the same without its byte order mark and, where all line ends are of one kind, with
    ``\n`` for each.
    """

    text: str
    line_end: str
    has_mark: bool

    @classmethod
    def of(cls, written: str) -> FileForm:
        """Take ``written`` apart."""
        text = written.removeprefix(_MARK)
        line_end = _line_end(text)
        return cls(text.replace(line_end, "\n"), line_end, text != written)

    def in_file(self, outcome: Outcome) -> Outcome:
        """Return ``outcome`` with the offsets and the line ends of the file."""
        if self.line_end == "\n" and not self.has_mark:
            return outcome
        places = _Places(self)
        if isinstance(outcome, Refusal):
            plan = None if outcome.plan is None else places.plan(outcome.plan)
            return replace(outcome, plan=plan)
        return self._proposal(outcome, places)

    def _proposal(self, proposal: Proposal, places: _Places) -> Proposal:
        edits = tuple(
            replace(edit, span=places.span(edit.span), new_text=self._written(edit.new_text))
            if edit.path is None
            else edit
            for edit in proposal.edits
        )
        return replace(
            proposal,
            text=self._written(proposal.text),
            tokens=self._tokens(proposal),
            edit_set=EditSet(edits, proposal.kind),
            plan=places.plan(proposal.plan),
            alternatives=tuple(self._proposal(one, places) for one in proposal.alternatives),
        )

    def _written(self, text: str) -> str:
        return text.replace("\n", self.line_end)

    def _tokens(self, proposal: Proposal) -> tuple[TokenConfidence, ...]:
        """The tokens' lengths in the text as it is written."""
        data, at, found = proposal.text.encode(), 0, []
        for token in proposal.tokens:
            num_ends = data.count(b"\n", at, at + token.length)
            at += token.length
            longer = token.length + num_ends * (len(self.line_end) - 1)
            found.append(TokenConfidence(longer, token.p))
        return tuple(found)


class _Places:
    """From the offsets of the engine's text to those of the file."""

    def __init__(self, form: FileForm) -> None:
        self._data = form.text.encode()
        self._first = len(_MARK.encode()) if form.has_mark else 0
        self._longer = len(form.line_end) - 1

    def offset(self, offset: int) -> ByteOffset:
        num_ends = self._data.count(b"\n", 0, offset)
        return ByteOffset(self._first + offset + num_ends * self._longer)

    def span(self, place: Span) -> Span:
        return span(self.offset(place.start), self.offset(place.end))

    def plan(self, plan: MaskPlan) -> MaskPlan:
        return replace(
            plan,
            holes=tuple(replace(hole, span=self.span(hole.span)) for hole in plan.holes),
            cursor=self.offset(plan.cursor),
            rest=self.span(plan.rest),
        )


def _line_end(text: str) -> str:
    r"""The line end of all lines; ``\n`` where there are several kinds, or none."""
    num_pairs, num_feeds, num_returns = (text.count(end) for end in ("\r\n", "\n", "\r"))
    if num_pairs and num_pairs == num_feeds == num_returns:
        return "\r\n"
    return "\r" if num_returns and not num_feeds else "\n"
