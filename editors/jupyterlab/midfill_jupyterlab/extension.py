"""The Jupyter server's side: settings, and the address that the page asks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, ClassVar

from jupyter_server.base.handlers import APIHandler
from jupyter_server.extension.application import ExtensionApp
from tornado import web
from traitlets import Dict, List, Unicode

from midfill_jupyterlab.language_server import LanguageServer, LanguageServerGone
from midfill_jupyterlab.notebook import BadNotebook, NotebookState


class MidfillExtension(ExtensionApp):
    """``c.MidfillExtension.…`` in jupyter_server_config.py."""

    name = "midfill_jupyterlab"
    extension_url = "/midfill"

    command = List(Unicode(), ["midfill", "lsp"], help="How the language server is started.").tag(
        config=True
    )
    server_settings = Dict(
        help="The language server's own settings, as docs/protocol.md names them."
    ).tag(config=True)
    disabled_languages = List(Unicode(), help="Languages in which nothing is proposed.").tag(
        config=True
    )
    disabled_folders = List(
        Unicode(), help="Folders, below Jupyter's root, without proposals."
    ).tag(config=True)

    def initialize_handlers(self) -> None:
        """Add the one address there is."""
        root = Path(self.serverapp.root_dir).expanduser().resolve()
        self.language_server = LanguageServer(
            list(self.command), root, dict(self.server_settings), self.log
        )
        options = {"language_server": self.language_server, "extension": self}
        self.handlers.append((r"/midfill/proposals", ProposalsHandler, options))

    async def stop_extension(self) -> None:
        """End the language server with Jupyter."""
        await self.language_server.stop()

    def why_silent(self, state: NotebookState) -> str | None:
        """Why nothing is proposed in a notebook at all, or None."""
        if state.language in self.disabled_languages:
            return f"disabled_languages holds {state.language}"
        parents = {str(parent) for parent in Path(state.path).parents}
        off = next((one for one in self.disabled_folders if one.strip("/") in parents), None)
        return None if off is None else f"disabled_folders holds {off}"


class ProposalsHandler(APIHandler):
    """``POST /midfill/proposals``: the notebook as it is now, and where the cursor is."""

    auth_resource: ClassVar[str] = "contents"

    def initialize(self, language_server: LanguageServer, extension: MidfillExtension) -> None:
        """Take what all requests share."""
        super().initialize()
        self._language_server, self._extension = language_server, extension
        self._asking: asyncio.Task[list[str]] | None = None

    @web.authenticated
    async def post(self) -> None:
        """Answer JupyterLab's ``{items: [{insertText}]}``."""
        try:
            state = NotebookState.read(self.get_json_body())
        except BadNotebook as error:
            raise web.HTTPError(400, str(error)) from error
        silent = self._extension.why_silent(state)
        if silent is not None:
            self._answer([], silent)
            return
        self._asking = asyncio.ensure_future(self._language_server.proposals(state))
        try:
            await asyncio.wait([self._asking])
            if not self._asking.cancelled():
                self._answer(self._asking.result(), "")
        except LanguageServerGone as error:
            raise web.HTTPError(503, str(error)) from error

    def on_connection_close(self) -> None:
        """The page no longer waits: the language server need not go on."""
        super().on_connection_close()
        if self._asking is not None:
            self._asking.cancel()

    def _answer(self, texts: list[str], why: str) -> None:
        """``detail``: why there are no items; ``warning``: what the user should mend."""
        body: dict[str, Any] = {"items": [{"insertText": text} for text in texts]}
        warning = self._language_server.mismatch
        self.finish({**body, "midfill": {"detail": why, "warning": warning}})
