"""``codeAction/resolve``: do the work of the action that the user chose, as one versioned edit."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any

from attrs import evolve
from cattrs import ClassValidationError
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified, JsonRpcException, JsonRpcInvalidParams

from engine.edits.applied import parses_no_worse
from engine.errors import BadInput
from engine.proposal import EditSet, Proposal, Reason, Refusal
from lsp_server.actions.other_files import OtherFiles
from lsp_server.actions.provider import Arguments, Change, Site
from lsp_server.actions.registry import provider_named
from lsp_server.actions.site import site_of
from lsp_server.documents import Document, DocumentSnapshot
from lsp_server.positions import span_of
from lsp_server.session import Session
from lsp_server.workspace_edit import Note, workspace_edit

_STALE = "The text has changed since the action was offered: ask for it again."


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an action's data says, checked against the open document."""

    document: Document
    snapshot: DocumentSnapshot
    title: str
    change: Change
    site: Site
    others: OtherFiles


def code_action_resolve(
    session: Session, action: types.CodeAction
) -> Coroutine[Any, Any, types.CodeAction]:
    """Find out now what is to be done; the engine's part follows."""
    return _resolved(session, action, chosen_of(session, action.data))


async def _resolved(session: Session, action: types.CodeAction, chosen: Chosen) -> types.CodeAction:
    return evolve(action, edit=await edit_of(session, chosen))


async def run_action(session: Session, chosen: Chosen) -> None:
    """The same for a client that cannot resolve: make the edit right away."""
    edit = await edit_of(session, chosen)
    params = types.ApplyWorkspaceEditParams(edit, label=chosen.title)
    result = await session.server.workspace_apply_edit_async(params)
    if not result.applied:
        session.show(types.MessageType.Warning, f"{chosen.title}: the editor did not apply it.")


def chosen_of(session: Session, data: object) -> Chosen:
    """Read an action's data. ContentModified when its document is not the same any more."""
    if not isinstance(data, Mapping):
        raise JsonRpcInvalidParams("data is not that of an action of this server")
    provider = provider_named(data.get("provider"))
    arguments = data.get("arguments")
    if provider is None or not isinstance(arguments, Mapping):
        raise JsonRpcInvalidParams("data names no action of this server")
    document = session.documents.get(str(data.get("uri")))
    if document is None or document.version != data.get("version"):
        raise JsonRpcContentModified(_STALE)
    snapshot = document.snapshot()
    selection = span_of(document.buffer, _range(session, data.get("range")), session.encoding)
    others = OtherFiles(session, document)
    site = site_of(session, document, snapshot, selection, others=others)
    try:
        change = provider.change(site, _checked(arguments, document.num_bytes))
    except BadInput as error:
        raise _failed(str(error)) from error
    except (KeyError, ValueError) as error:
        raise JsonRpcInvalidParams("data.arguments are not those of this action") from error
    _check_parses(site, change)
    title = str(data.get("title", "Midfill"))
    return Chosen(document, snapshot, title, change, site, others)


def _check_parses(site: Site, change: Change) -> None:
    if change.edits is not None and not _parses(site, change.edits):
        raise _failed("the text would parse worse than before: do it by hand")


def _parses(site: Site, edit_set: EditSet) -> bool:
    """Whether the site's text is no more broken with the edits; other files are not seen."""
    return parses_no_worse(site.tree, [edit for edit in edit_set.edits if edit.path is None])


def _range(session: Session, value: object) -> types.Range:
    try:
        found: types.Range = session.server.protocol.converter.structure(value, types.Range)
    except (ClassValidationError, TypeError) as error:
        raise JsonRpcInvalidParams("data.range is no range") from error
    return found


def _checked(arguments: Mapping[Any, Any], num_bytes: int) -> Arguments:
    """The arguments, of which no number lies outside of a text of ``num_bytes``."""
    if not all(isinstance(value, (int, str)) for value in arguments.values()):
        raise JsonRpcInvalidParams("data.arguments must be numbers and strings")
    numbers = [value for value in arguments.values() if isinstance(value, int)]
    if not all(0 <= value <= num_bytes for value in numbers):
        raise JsonRpcInvalidParams("data.arguments name a place outside of the text")
    return {str(name): value for name, value in arguments.items()}


async def edit_of(session: Session, chosen: Chosen) -> types.WorkspaceEdit:
    """The edit of an action: by the engine where it is needed, else by analysis alone."""
    if chosen.change.later is not None:
        try:
            change = await chosen.change.later()
        except BadInput as error:
            raise _failed(str(error)) from error
        _check_parses(chosen.site, change)
        chosen = replace(chosen, change=change)
    edits, description = await _edits(session, chosen)
    document = session.documents.get(chosen.snapshot.uri)
    if document is None or document.revision != chosen.snapshot.revision:
        raise JsonRpcContentModified(_STALE)
    note = Note(chosen.title, description, chosen.change.is_previewed)
    try:
        return workspace_edit(session, document, edits.edits, note, chosen.others)
    except BadInput as error:
        raise _failed(str(error)) from error


async def _edits(session: Session, chosen: Chosen) -> tuple[EditSet, str]:
    """The edits, and what a preview says of them."""
    change, snapshot = chosen.change, chosen.snapshot
    outcome: Proposal | Refusal = Refusal(Reason.EMPTY, "there is nothing to do")
    # What analysis copies may hold a secret, which no job may see.
    has_secret = snapshot.text != chosen.document.text
    if change.job is not None and not (has_secret and change.edits is not None):
        id_ = session.new_request_id()
        answer = await session.schedule.answer(snapshot, change.job)
        outcome = answer.outcome
        session.record(id_, snapshot.uri, outcome, answer.steps)
    if isinstance(outcome, Proposal) and has_secret and _is_hidden(outcome):
        raise _failed("the change would have to know a secret that is hidden from the model")
    if isinstance(outcome, Proposal) and change.is_name:
        return outcome.edit_set, f"'{outcome.text}', {outcome.confidence:.0%} likely"
    if isinstance(outcome, Proposal):
        return outcome.edit_set, "by Midfill"
    if change.edits is not None and outcome.reason is not Reason.STALE:
        return change.edits, "by Midfill"
    why = f"{outcome.reason.value}: {outcome.detail}".removesuffix(": ")
    raise _failed(f"{change.asked_for} is not known here: {why}" if change.asked_for else why)


def _is_hidden(outcome: Proposal) -> bool:
    """Whether it would write what stands for a secret in the texts that jobs get."""
    return any("xxxxxxxx" in edit.new_text for edit in outcome.edits)


def _failed(message: str) -> JsonRpcException:
    return JsonRpcException(message, code=types.LSPErrorCodes.RequestFailed)
