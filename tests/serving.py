"""A real HTTP server on loopback, for tests."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import httpx
import uvicorn

from engine.infill import Infiller
from engine.serving.app import create_app
from engine.serving.backend import Backend, LocalBackend
from engine.serving.options import ServingOptions

PATIENCE_S = 30.0


@dataclass(frozen=True)
class Serving:
    """A server that runs."""

    url: str

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        """POST a JSON body."""
        return httpx.post(self.url + path, json=body, headers=headers, timeout=PATIENCE_S)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET a path."""
        return httpx.get(self.url + path, headers=headers, timeout=PATIENCE_S)


def serving(options: ServingOptions, infiller: Infiller) -> AbstractContextManager[Serving]:
    """Serve an engine of this process until the block ends."""
    return serving_backend(options, LocalBackend(infiller, options.num_streams))


@contextmanager
def serving_backend(options: ServingOptions, backend: Backend) -> Iterator[Serving]:
    """Serve until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(backend, options, "0")
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    deadline = time.monotonic() + PATIENCE_S
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield Serving(f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
