"""A text that the user has just edited: the old text is between ``⟦`` and ``⟧``, then the new."""

from __future__ import annotations

import re

from engine.request import OpenDocument, RecentEdit, Request
from engine.spans import span

_MARK = re.compile(r"⟦(?P<old>.*?)⟧(?P<new>.*?)⟦⟧", re.DOTALL)


def typed(marked: str, path: str = "a.py", documents: tuple[OpenDocument, ...] = ()) -> Request:
    """The request after the edits that ``⟦old⟧new⟦⟧`` mark, in text order."""
    text, edits, at = "", [], 0
    for match in _MARK.finditer(marked):
        text += marked[at : match.start()]
        start = len(text.encode())
        text += match["new"]
        edits.append(RecentEdit(span(start, len(text.encode())), match["old"], 1.0))
        at = match.end()
    text += marked[at:]
    last = edits[-1].span.end
    return Request(text, last, None, path, recent_edits=tuple(edits), open_documents=documents)
