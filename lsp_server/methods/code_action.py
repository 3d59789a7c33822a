"""``textDocument/codeAction``: what can be done here. Lists only; resolving does the work."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from lsp_server.actions.provider import ActionOffer, Provider, Site
from lsp_server.actions.registry import providers_for
from lsp_server.actions.site import findings_of, site_of
from lsp_server.documents import DocumentSnapshot
from lsp_server.late_methods import RUN_COMMAND
from lsp_server.positions import span_of
from lsp_server.session import Session


def code_action(
    session: Session, params: types.CodeActionParams
) -> list[types.CodeAction] | Coroutine[Any, Any, list[types.CodeAction]]:
    """List the offers of all providers whose kind is wanted, for the text as it is now."""
    uri = params.text_document.uri
    document = session.documents.get(uri)
    if document is None:
        raise JsonRpcInvalidParams(f"{uri} is not open")
    if session.refusal_for(document) is not None:
        return []
    selection = span_of(document.buffer, params.range, session.encoding)
    if not selection:  # editors ask wherever the cursor comes to rest
        session.reader.note(document, selection.start)
    is_asked = params.context.trigger_kind is not types.CodeActionTriggerKind.Automatic
    is_cell = len(session.notebooks.cells_with(document, session.documents)) > 1
    wanted = [
        provider
        for provider in providers_for(document.buffer.content(), is_asked=is_asked, is_cell=is_cell)
        if any(_is_wanted(kind, params.context.only) for kind in provider.kinds)
    ]
    if not wanted:
        return []
    findings = findings_of(session, document, params.context.diagnostics)
    snapshot = document.snapshot()
    site = site_of(session, document, snapshot, selection, findings)
    return _listed(session, params, snapshot, wanted, site)


async def _listed(
    session: Session,
    params: types.CodeActionParams,
    snapshot: DocumentSnapshot,
    wanted: Sequence[Provider],
    site: Site,
) -> list[types.CodeAction]:
    """Look for offers in a thread: some read all names, which takes a second in a long file."""

    def offers() -> list[tuple[Provider, ActionOffer]]:
        return [(provider, offer) for provider in wanted for offer in provider.offers(site)]

    return [
        _written(session, snapshot, params.range, provider, offer, params.context.diagnostics)
        for provider, offer in await asyncio.to_thread(offers)
        if _is_wanted(offer.kind, params.context.only)
    ]


def _is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Kinds are a tree: ``refactor`` asks for ``refactor.extract`` too."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") for each in only)


def _written(
    session: Session,
    snapshot: DocumentSnapshot,
    range_: types.Range,
    provider: Provider,
    offer: ActionOffer,
    diagnostics: Sequence[types.Diagnostic],
) -> types.CodeAction:
    """Write an offer; a client that cannot resolve it gets a command that does the same."""
    data = {
        "provider": provider.name,
        "uri": snapshot.uri,
        "version": snapshot.version,
        "range": session.server.protocol.converter.unstructure(range_),
        "title": offer.title,
        "arguments": dict(offer.arguments),
    }
    can_resolve = "edit" in _resolvable(session)
    mended = [diagnostics[index] for index in offer.mended]
    return types.CodeAction(
        title=offer.title,
        kind=offer.kind,
        diagnostics=mended or None,
        is_preferred=offer.is_preferred or None,
        data=data if can_resolve else None,
        command=None if can_resolve else _command(offer.title, data),
    )


def _command(title: str, data: Any) -> types.Command:
    return types.Command(title, RUN_COMMAND, arguments=[data])


def _resolvable(session: Session) -> Sequence[str]:
    """The members of an action that the client asks for later."""
    text_document = session.capabilities.text_document
    actions = None if text_document is None else text_document.code_action
    support = None if actions is None else actions.resolve_support
    return () if support is None else support.properties
