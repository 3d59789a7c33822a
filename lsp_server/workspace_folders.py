"""The folders of a workspace, each with the settings that the editor keeps for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsp_server.settings import Settings


class WorkspaceFolders:
    """Which folder a document belongs to, and what was set for that folder."""

    def __init__(self) -> None:
        self._settings: dict[str, Settings | None] = {}

    @property
    def uris(self) -> tuple[str, ...]:
        """The folders' URIs in the client's order."""
        return tuple(self._settings)

    def change(self, added: Iterable[str], removed: Iterable[str]) -> None:
        """Add and remove folders by URI."""
        for uri in removed:
            self._settings.pop(uri, None)
        for uri in added:
            self._settings.setdefault(uri, None)

    def set_settings(self, settings: Sequence[Settings]) -> None:
        """Keep ``settings``, one for each folder in order; none to forget them."""
        kept: list[Settings | None] = list(settings)
        kept += [None] * (len(self._settings) - len(kept))
        self._settings = dict(zip(self._settings, kept, strict=False))

    def settings_for(self, uri: str) -> Settings | None:
        """Return what was set for the innermost folder of the document ``uri``, if anything."""
        inside = [folder for folder in self._settings if uri.startswith(folder.rstrip("/") + "/")]
        return self._settings[max(inside, key=len)] if inside else None
