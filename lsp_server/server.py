"""Builds the server: which method is answered by which handler, and over what it listens.

No behaviour here: start reading at ``methods/inline_completion.py``.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import sys
from functools import partial
from typing import Any

from lsprotocol import types
from pygls.io_ import StdoutWriter

from engine.errors import BadInput
from lsp_server.convert import ACCEPT_COMMAND
from lsp_server.language_server import MidfillServer, ThreadedReader
from lsp_server.late_methods import (
    CODE_ACTION_OPTIONS,
    FILE_OPERATION_OPTIONS,
    INLINE_EDIT_METHOD,
    RUN_COMMAND,
    code_action,
    code_action_resolve,
    inline_edit,
    prepare_rename,
    rename,
    run_command,
    will_rename_files,
)
from lsp_server.logs import quieten_pygls
from lsp_server.methods.completion import completion
from lsp_server.methods.configuration import did_change_configuration
from lsp_server.methods.did_change import did_change, lose_changed
from lsp_server.methods.did_change_workspace_folders import did_change_workspace_folders
from lsp_server.methods.did_close import did_close
from lsp_server.methods.did_focus import METHOD as FOCUS_METHOD
from lsp_server.methods.did_focus import did_focus
from lsp_server.methods.did_open import did_open
from lsp_server.methods.did_partially_accept_completion import METHOD as PARTIAL_METHOD
from lsp_server.methods.did_partially_accept_completion import did_partially_accept_completion
from lsp_server.methods.did_reject import METHOD as REJECT_METHOD
from lsp_server.methods.did_reject import did_reject
from lsp_server.methods.did_rename_files import did_rename_files
from lsp_server.methods.did_save import did_save
from lsp_server.methods.did_show_completion import INLINE_EDIT_METHOD as SHOW_EDIT_METHOD
from lsp_server.methods.did_show_completion import METHOD as SHOW_METHOD
from lsp_server.methods.did_show_completion import did_show_completion
from lsp_server.methods.execute_command import accept
from lsp_server.methods.initialize import initialize, initialized
from lsp_server.methods.inline_completion import inline_completion
from lsp_server.methods.notebook_document import (
    did_change_notebook,
    did_close_notebook,
    did_open_notebook,
)
from lsp_server.methods.shutdown import shutdown
from lsp_server.methods.trace import METHOD as TRACE_METHOD
from lsp_server.methods.trace import trace
from lsp_server.registrations import completion_options
from lsp_server.session import Session
from lsp_server.stores import Stores
from lsp_server.threads import run
from lsp_server.worker import Worker

logger = logging.getLogger(__name__)

_HANDLERS: tuple[tuple[str, Any, Any], ...] = (
    (types.INITIALIZE, initialize, None),
    (types.INITIALIZED, initialized, None),
    (types.TEXT_DOCUMENT_DID_OPEN, did_open, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, did_change, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, did_close, None),
    (types.TEXT_DOCUMENT_DID_SAVE, did_save, types.SaveOptions()),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, did_change_configuration, None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, did_change_workspace_folders, None),
    # Without options the capability would not be advertised.
    (types.TEXT_DOCUMENT_INLINE_COMPLETION, inline_completion, types.InlineCompletionOptions()),
    (types.TEXT_DOCUMENT_CODE_ACTION, code_action, CODE_ACTION_OPTIONS),
    (types.CODE_ACTION_RESOLVE, code_action_resolve, None),
    (types.TEXT_DOCUMENT_COMPLETION, completion, completion_options()),
    (types.NOTEBOOK_DOCUMENT_DID_OPEN, did_open_notebook, None),
    (types.NOTEBOOK_DOCUMENT_DID_CHANGE, did_change_notebook, None),
    (types.NOTEBOOK_DOCUMENT_DID_CLOSE, did_close_notebook, None),
    (SHOW_METHOD, did_show_completion, None),
    (SHOW_EDIT_METHOD, did_show_completion, None),
    (PARTIAL_METHOD, did_partially_accept_completion, None),
    (REJECT_METHOD, did_reject, None),
    (FOCUS_METHOD, did_focus, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, rename, types.RenameOptions(prepare_provider=True)),
    (types.WORKSPACE_WILL_RENAME_FILES, will_rename_files, FILE_OPERATION_OPTIONS),
    (types.WORKSPACE_DID_RENAME_FILES, did_rename_files, FILE_OPERATION_OPTIONS),
    (INLINE_EDIT_METHOD, inline_edit, None),
    (TRACE_METHOD, trace, None),
    (types.SHUTDOWN, shutdown, None),
)


def serve(worker: Worker, model: str | None, tcp: tuple[str, int] | None) -> int:
    """Serve on stdin and stdout, or at ``tcp``; returns the exit code. See ``launch``.

    Raises BadInput for an address that others could reach.
    """
    quieten_pygls()
    try:
        return run(_serve(worker, model, tcp))
    except KeyboardInterrupt:
        return 130


def build(
    worker: Worker, model: str | None, stores: Stores | None = None
) -> tuple[MidfillServer, Session]:
    """Build one connection's server and its session; without ``stores`` no feedback is kept."""
    server = MidfillServer()
    session = Session(server, worker, model, stores)
    server.protocol.on_unread_change = partial(lose_changed, session)
    for method, handler, options in _HANDLERS:
        server.feature(method, options)(partial(handler, session))
    server.command(ACCEPT_COMMAND)(_accept_command(session))
    server.command(RUN_COMMAND)(_run_command(session))
    return server, session


def _accept_command(session: Session) -> Any:
    # pygls reads the arguments' types from the signature, which a partial does not have.
    def accept_command(item_id: str) -> Any:
        return accept(session, item_id)

    return accept_command


def _run_command(session: Session) -> Any:
    # A bare class: of ``dict[...]`` pygls cannot ask what it is a subclass of on Python 3.14.
    def run(data: dict) -> Any:  # type: ignore[type-arg]
        return run_command(session, data)

    return run


async def _serve(worker: Worker, model: str | None, tcp: tuple[str, int] | None) -> int:
    stores = Stores.of_user()
    try:
        if tcp is None:
            return await _serve_stdio(worker, model, stores)
        return await _serve_tcp(worker, model, stores, *tcp)
    finally:
        stores.close()


async def _serve_stdio(worker: Worker, model: str | None, stores: Stores) -> int:
    server, session = build(worker, model, stores)
    reader, writer = ThreadedReader(sys.stdin.fileno()), StdoutWriter(sys.stdout.buffer)
    # Whatever is printed by accident must not land between two messages.
    sys.stdout = sys.stderr
    try:
        await server.run(reader, writer)
    finally:
        session.close()
    # LSP: success only when shutdown came before exit.
    return 0 if server.protocol.has_shut_down else 1


async def _serve_tcp(
    worker: Worker, model: str | None, stores: Stores, host: str, port: int
) -> int:
    if not _is_loopback(host):
        raise BadInput(
            f"{host} can be reached by others, and the server asks nobody who they are: "
            f"use 127.0.0.1 (from another machine through an SSH tunnel)"
        )

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # One server object each: pygls would send one client's answers to another.
        server, session = build(worker, model, stores)
        try:
            await server.run(reader, writer)
        finally:
            session.close()
            writer.close()

    listener = await asyncio.start_server(connect, host, port)
    for socket in listener.sockets:
        logger.info("listening on %s:%s", *socket.getsockname()[:2])
    async with listener:
        await listener.serve_forever()
    return 0


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
