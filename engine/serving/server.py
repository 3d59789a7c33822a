"""Runs the application on a port."""

from __future__ import annotations

import uvicorn

from engine import load
from engine.serving.app import create_app
from engine.serving.backend import LocalBackend
from engine.serving.options import ServingOptions


def run(options: ServingOptions, model: str | None, version: str) -> None:
    """Load ``model`` and serve until interrupted. Raises what ``engine.load`` raises."""
    app = create_app(LocalBackend(load(model), options.num_streams), options, version)
    uvicorn.run(
        app, host=options.host, port=options.port, log_level="warning", timeout_graceful_shutdown=5
    )
