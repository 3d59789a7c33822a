"""A server on loopback that misbehaves as it is told, and keeps what it was sent."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Exchange:
    """One request under way. ``hung_up`` is set when the client closed the connection."""

    handler: BaseHTTPRequestHandler
    path: str
    body: dict[str, Any]
    headers: Mapping[str, str]
    hung_up: threading.Event = field(default_factory=threading.Event)

    def answer(
        self, body: object, status: int = 200, kind: str = "application/json", **headers: str
    ) -> None:
        """Send a whole answer; what is no string as JSON."""
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.begin(kind, status, **{"Content-Length": str(len(data)), **headers})
        self.handler.wfile.write(data)

    def begin(self, kind: str = "text/event-stream", status: int = 200, **headers: str) -> None:
        """Send the head alone."""
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.end_headers()

    def event(self, record: object) -> None:
        """Send one event of a stream."""
        data = record if isinstance(record, str) else json.dumps(record)
        self.handler.wfile.write(f"data: {data}\n\n".encode())
        self.handler.wfile.flush()

    def hang(self) -> None:
        """Say nothing until the client hangs up."""
        while self.handler.connection.recv(1):
            pass
        self.hung_up.set()


@dataclass
class Loopback:
    """The server's address and what it was asked."""

    url: str
    asked: list[Exchange] = field(default_factory=list)


@contextmanager
def loopback(
    behave: Callable[[Exchange], None], context: ssl.SSLContext | None = None
) -> Iterator[Loopback]:
    """Serve until the block ends; ``context`` for TLS."""
    here = Loopback("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            self.behave(json.loads(self.rfile.read(size)) if size else {})

        def do_GET(self) -> None:
            self.behave({})

        do_HEAD = do_GET  # noqa: N815

        def behave(self, body: dict[str, Any]) -> None:
            exchange = Exchange(self, self.path, body, self.headers)
            here.asked.append(exchange)
            behave(exchange)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    scheme = "http" if context is None else "https"
    here.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
