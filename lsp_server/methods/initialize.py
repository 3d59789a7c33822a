"""``initialize`` and ``initialized``: agree on positions, read settings, start the engine."""

from __future__ import annotations

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from lsp_server.methods.configuration import pull, watch
from lsp_server.positions import Encoding
from lsp_server.session import Session


def initialize(session: Session, params: types.InitializeParams) -> None:
    """Note what the client can do and wants. Nothing is loaded."""
    session.capabilities = params.capabilities
    chosen = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    session.encoding = Encoding(chosen)
    folders = [folder.uri for folder in params.workspace_folders or ()]
    session.folders.change(folders or [uri for uri in (params.root_uri,) if uri], ())
    session.initial_settings = session.apply_settings(
        params.initialization_options, session.settings
    )
    session.status.is_wanted = session.settings.status_notifications
    session.server.protocol.withheld = session.registrations.withheld()


async def initialized(session: Session, _params: types.InitializedParams) -> None:
    """Ask for the user's settings, then start the engine, which loads its model on its own."""
    await pull(session)
    session.start_engine()
    session.set_index_roots()
    await session.registrations.update()
    await watch(session)
