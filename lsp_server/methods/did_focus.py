"""``textDocument/didFocus``: the user looks at another document, or at none."""

from __future__ import annotations

from typing import Any

from lsp_server.session import Session

METHOD = "textDocument/didFocus"


def did_focus(session: Session, params: Any) -> None:
    """Make the document the one viewed last; what is under way for the others ends."""
    uri = getattr(getattr(params, "textDocument", None), "uri", None)
    if isinstance(uri, str):
        session.documents.touch(uri)
    for document in session.documents:
        if document.uri != uri:
            session.schedule.supersede(document.uri)
