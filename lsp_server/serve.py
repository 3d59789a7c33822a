"""``midfill serve``: the HTTP server, with an engine of its own or with some on a Ray cluster."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from engine.errors import BadInput
from lsp_server import __version__

if TYPE_CHECKING:
    from engine.serving.backend import Backend


def serve(arguments: argparse.Namespace) -> int:
    """Serve until interrupted. Raises BadInput when a library for it is missing."""
    from engine.serving.options import ServingOptions

    host, port = arguments.listen
    options = ServingOptions(
        host,
        port,
        os.environ.get("MIDFILL_TOKEN") or None,
        max_waiting=arguments.max_waiting,
        num_streams=arguments.streams,
        num_contexts=arguments.contexts,
    )
    try:
        from engine.serving import server
    except ModuleNotFoundError as error:
        raise BadInput(
            f"{error.name} is not installed: run pip install 'midfill[serve]' first"
        ) from error
    sys.stderr.write(f"midfill: serving on http://{host}:{port}\n")
    if arguments.ray:
        server.serve(_ray_backend(arguments), options, __version__)
    else:
        server.run(options, arguments.model, __version__)
    return 0


def _ray_backend(arguments: argparse.Namespace) -> Backend:
    try:
        from engine.serving.ray_backend import RayBackend, RayOptions
    except ModuleNotFoundError as error:
        raise BadInput(
            f"{error.name} is not installed: run pip install 'midfill[ray]' first"
        ) from error
    least, most = arguments.replicas
    options = RayOptions(
        least,
        most,
        arguments.replica_cpus,
        arguments.replica_gpus,
        num_streams=arguments.streams,
        num_contexts=arguments.contexts,
    )
    return RayBackend(arguments.model, options)
