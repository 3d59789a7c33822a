"""Edits whose text has holes in it: analysis writes what it knows, the model the rest."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.edits.applied import applied
from engine.job import OnStep
from engine.proposal import Edit, EditSet, Outcome, Proposal, Reason, Refusal
from engine.request import Request
from engine.spans import Span, span

if TYPE_CHECKING:
    from engine.infill import Infiller

HOLE = "\x00"
MAX_HOLES = 8


@dataclass(frozen=True, slots=True)
class FillTemplate:
    """Make ``edits`` of the request's text; each ``HOLE`` in their texts is written by the model.

    Those of other files, which have a path and no hole, are made as they are.

    At most eight holes, all of them within the request's own text. A text with ``closer`` in it
    would end what it is written in, and is refused.
    """

    request: Request
    edits: tuple[Edit, ...]
    is_single_line: bool = True
    closer: str = ""

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """Denoise all holes together in the text as it will be."""
        text, places = self._templated()
        request = replace(
            self.request,
            text=text,
            cursor=places[0].start,
            single_line=self.is_single_line or None,
            recent_edits=(),
        )
        outcome = infiller.fill_spans(request, places, cancel, on_step)
        if isinstance(outcome, Refusal):
            return outcome
        if self.closer and any(self.closer in edit.new_text for edit in outcome.edits):
            return Refusal(
                Reason.DOES_NOT_PARSE, f"a description with {self.closer} in it ends the comment"
            )
        return replace(outcome, edit_set=self._filled(places, outcome), alternatives=())

    def _templated(self) -> tuple[str, list[Span]]:
        """The text with all edits made, and the holes in it."""
        own = [edit for edit in self.edits if edit.path is None]
        data = applied(self.request.text.encode(), own)
        places: list[Span] = []
        while (at := data.find(HOLE.encode())) >= 0:
            data = data[:at] + data[at + 1 :]
            places.append(span(at, at))
        return data.decode(), places

    def _filled(self, places: Sequence[Span], outcome: Proposal) -> EditSet:
        written = {edit.span: edit.new_text for edit in outcome.edits}
        texts = iter([written.get(place, "") for place in places])
        edits = []
        for edit in sorted(self.edits, key=lambda each: (each.path or "", each.span)):
            pieces = edit.new_text.split(HOLE)
            text = pieces[0]
            for piece in pieces[1:]:
                written_here = next(texts)
                text += written_here.lstrip(" ") if text.endswith(" ") else written_here
                text += piece
            edits.append(Edit(edit.span, text, edit.path))
        return EditSet(tuple(edits))
