"""Midfill in JupyterLab: the Jupyter server owns the language server, the page asks through it."""

from __future__ import annotations

from midfill_jupyterlab.extension import MidfillExtension

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "midfill-jupyterlab"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    return [{"module": "midfill_jupyterlab", "app": MidfillExtension}]
