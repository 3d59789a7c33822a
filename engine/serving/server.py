"""Runs the application on a port."""

from __future__ import annotations

import uvicorn

from engine import load
from engine.serving.app import create_app
from engine.serving.backend import Backend, LocalBackend
from engine.serving.options import ServingOptions


def run(options: ServingOptions, model: str | None, version: str) -> None:
    """Load ``model`` and serve until interrupted. Raises what ``engine.load`` raises."""
    backend = LocalBackend(load(model), options.num_streams, options.num_contexts)
    serve(backend, options, version)


def serve(backend: Backend, options: ServingOptions, version: str) -> None:
    """Serve ``backend`` until interrupted."""
    app = create_app(backend, options, version)
    uvicorn.run(
        app, host=options.host, port=options.port, log_level="warning", timeout_graceful_shutdown=5
    )
