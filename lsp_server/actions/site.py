"""From what the editor sends to the site of its actions."""

from __future__ import annotations

from collections.abc import Sequence

from lsprotocol import types

from engine.edits.finding import Finding
from engine.languages import language_of
from engine.request import Request
from engine.spans import Span
from lsp_server.actions.other_files import OtherFiles
from lsp_server.actions.provider import Site
from lsp_server.documents import Document, DocumentSnapshot
from lsp_server.positions import span_of
from lsp_server.session import Session


def site_of(
    session: Session,
    document: Document,
    snapshot: DocumentSnapshot,
    selection: Span,
    findings: Sequence[Finding] = (),
    others: OtherFiles | None = None,
) -> Site:
    """The site of ``selection`` in ``document``, whose frozen copy is ``snapshot``.

    The tree holds the text as it is, so that analysis moves secrets unharmed; the request's text
    hides them.
    """
    request = request_of(session, snapshot, selection)
    language = language_of(snapshot.path, snapshot.language)
    tree = session.trees.parse(snapshot.uri, document.buffer.content(), language)
    if others is None:
        return Site(request, tree, selection, tuple(findings))
    return Site(request, tree, selection, tuple(findings), others.read)


def request_of(session: Session, snapshot: DocumentSnapshot, selection: Span) -> Request:
    """What the engine is asked, with the selection's start as the cursor."""
    return session.request(snapshot, selection.start)


def findings_of(
    session: Session, document: Document, diagnostics: Sequence[types.Diagnostic]
) -> list[Finding]:
    """The editor's diagnostics in bytes."""
    return [
        Finding(span_of(document.buffer, one.range, session.encoding), one.message)
        for one in diagnostics
    ]
