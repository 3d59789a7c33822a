"""Edits that bring in a new name: analysis makes them, the model may find a better name."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engine.edits.applied import applied
from engine.edits.local_names import is_name, unused_name
from engine.job import OnStep
from engine.languages import language_of
from engine.proposal import Edit, EditSet, Outcome, Proposal, Reason, Refusal
from engine.request import Request
from engine.spans import Span, span
from engine.syntax import SyntaxTree, parse

if TYPE_CHECKING:
    from engine.infill import Infiller

_MAX_SITES = 8


@dataclass(frozen=True, slots=True)
class NamedEdits:
    """Make ``edits`` with another name for ``name``, which only they bring into the text."""

    request: Request
    edits: tuple[Edit, ...]
    name: str

    def run(self, infiller: Infiller, cancel: threading.Event, on_step: OnStep) -> Outcome:
        """Denoise the name at all of its places; what most of them agree on is the name."""
        data = applied(self.request.text.encode(), self.edits)
        tree = parse(data, language_of(self.request.path, self.request.language))
        places = self._places(data)[:_MAX_SITES]
        request = replace(
            self.request,
            text=data.decode(),
            cursor=places[0].start,
            single_line=True,
            recent_edits=(),
        )
        outcome = infiller.fill_spans(request, places, cancel, on_step)
        if isinstance(outcome, Refusal):
            return outcome
        found = self._chosen(tree, outcome)
        if found is None:
            return Refusal(Reason.LOW_CONFIDENCE, "no name that the places agree on")
        edits = tuple(
            replace(edit, new_text=self._renamed(edit.new_text, found)) for edit in self.edits
        )
        return replace(outcome, edit_set=EditSet(edits), alternatives=())

    def _chosen(self, tree: SyntaxTree, outcome: Proposal) -> str | None:
        """The name that more than half of the places ask for and nothing else has."""
        texts = [edit.new_text.strip() for edit in outcome.edits]
        ((name, count),) = Counter(texts).most_common(1)
        is_agreed = 2 * count > len(texts)
        is_free = is_name(name, tree) and unused_name(tree, name) == name
        return name if is_agreed and is_free else None

    def _places(self, data: bytes) -> list[Span]:
        found = re.finditer(rb"(?<![\w$])%s(?![\w$])" % re.escape(self.name.encode()), data)
        return [span(match.start(), match.end()) for match in found]

    def _renamed(self, text: str, name: str) -> str:
        return re.sub(rf"(?<![\w$]){re.escape(self.name)}(?![\w$])", name, text)
