"""``textDocument/didFocus``: the user looks at another document, or at none.

Clients that tell the cursor's ``position``, too, get their first proposal there sooner.
"""

from __future__ import annotations

from typing import Any, TypeGuard

from lsp_server.positions import offset_of
from lsp_server.session import Session

METHOD = "textDocument/didFocus"


def did_focus(session: Session, params: Any) -> None:
    """Make the document the one viewed last; what is under way for the others ends."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    focused = session.documents.touch(uri) if isinstance(uri, str) else None
    position = getattr(params, "position", None)
    line, units = (getattr(position, name, None) for name in ("line", "character"))
    if focused is not None and _is_count(line) and _is_count(units):
        session.reader.note(focused, offset_of(focused.buffer, line, units, session.encoding))
    for document in session.documents:
        if document.uri != uri:
            session.schedule.supersede(document.uri)


def _is_count(value: object) -> TypeGuard[int]:
    """Tell whether ``value`` may be a line or a column."""
    return isinstance(value, int) and value >= 0
