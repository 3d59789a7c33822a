"""Which files are worked on at all: an untrusted folder's own files must not steer Midfill."""

from __future__ import annotations

from pathlib import Path

from lsp_server.settings import Settings


def distrust(settings: Settings, path: str | None) -> str | None:
    """Say why the file ``path`` is not trusted, and how to mend it; None when it is.

    A buffer without a file was written by the user and is trusted.
    """
    if path is None:
        return None
    if not settings.workspace_trusted:
        return "the editor does not trust this workspace: trust it there, then ask again"
    folders = [Path(folder).expanduser() for folder in settings.trusted_folders]
    if folders and not any(Path(path).is_relative_to(folder) for folder in folders):
        return "no folder of midfill.trustedFolders holds this file: add its folder there"
    return None
