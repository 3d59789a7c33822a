"""``workspace/configuration`` and ``workspace/didChangeConfiguration``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from lsp_server.session import Session
from lsp_server.settings import SECTION

logger = logging.getLogger(__name__)

# A client that declares workspace/configuration and never answers must not keep the engine off.
_PATIENCE_S = 5.0


async def pull(session: Session) -> None:
    """Ask for the user's settings, and those of each folder when there are several."""
    if not session.can("workspace.configuration"):
        return
    folders = session.folders.uris if len(session.folders.uris) > 1 else ()
    items = [types.ConfigurationItem(scope, SECTION) for scope in (None, *folders)]
    asked = session.server.workspace_configuration_async(types.ConfigurationParams(items))
    try:
        values, *others = await asyncio.wait_for(asked, _PATIENCE_S)
    except (JsonRpcException, asyncio.TimeoutError, ValueError) as error:
        logger.warning("the client did not give its configuration: %s", type(error).__name__)
        return
    base = session.initial_settings
    session.apply_settings(values, base)
    session.folders.set_settings([session.read_settings(other, base) for other in others])


async def watch(session: Session) -> None:
    """Ask to be told when the settings change."""
    if not session.can("workspace.did_change_configuration.dynamic_registration"):
        return
    registration = types.Registration(
        id="midfill.configuration",
        method=types.WORKSPACE_DID_CHANGE_CONFIGURATION,
        register_options={"section": SECTION},
    )
    try:
        await session.server.client_register_capability_async(
            types.RegistrationParams([registration])
        )
    except JsonRpcException as error:
        logger.warning("the client will not tell when settings change: %s", error.message)


async def did_change_configuration(
    session: Session, params: types.DidChangeConfigurationParams
) -> None:
    """Use the changed settings: pulled where the client can be asked, else those it sent."""
    if session.can("workspace.configuration"):
        await pull(session)
    elif isinstance(params.settings, Mapping) and SECTION in params.settings:
        session.apply_settings(params.settings[SECTION], session.initial_settings)
    await session.registrations.update()
    session.use_settings_model()
    session.set_index_roots()
