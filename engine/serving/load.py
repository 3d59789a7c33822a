"""Many clients at once against a server on this machine: how fast, and each with its own answer.

Every request is asked alone first; what it is answered then is what it must be answered under load.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from engine.errors import BadInput, MidfillError

PATH = "/v1/completions"
# Nothing may be cut by the clock: answers are compared.
BUDGET_MS = 600_000.0
PATIENCE_S = 600.0
_READY_S = 120.0
_LISTENS_S = 3.0
_PROBE_S = 2.0
_POLL_S = 0.1
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """One request: its status, its text with the reason for silence, tokens, and the time."""

    status: int
    text: str
    num_tokens: int
    ms: float


@dataclass(slots=True)
class LoadResult:
    """``alone_ms`` and ``ms``: of each request that was answered; ``took_s``: of the whole load.

    ``num_lost``: without an answer; ``num_wrong``: with another one than alone.
    """

    alone_ms: list[float] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    num_tokens: int = 0
    num_lost: int = 0
    num_wrong: int = 0
    num_distinct: int = 0
    took_s: float = 0.0


class Server:
    """A server on this machine, by its URL. Raises BadInput for any other address."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or not _is_loopback(parts.hostname):
            raise BadInput(f"{url} is not http on this machine: give http://127.0.0.1:PORT")
        self.url = url
        try:
            self.host, self.port = parts.hostname, parts.port or 80
        except ValueError as error:
            raise BadInput(f"{url}: {error}: give http://127.0.0.1:PORT") from None
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def ready(self, is_starting: Callable[[], bool] | None = None) -> tuple[str, str]:
        """Its model and what that runs on, once it answers.

        ``is_starting`` tells of a server that may not listen yet whether it still runs; without it
        somebody must listen within seconds. Raises BadInput when nobody does, or another program;
        MidfillError when the server ended or is not ready in time.
        """
        patience_s = _LISTENS_S if is_starting is None else _READY_S
        began = time.monotonic()
        while time.monotonic() - began < patience_s:
            status, content = self._probe()
            if status == 200:
                return self._described(content)
            if status == 503:
                patience_s = _READY_S  # somebody is there, and says: not yet
            elif status:
                raise BadInput(
                    f"{self.url} answers {status} to /ready: it is no midfill serve, name another"
                )
            if is_starting is not None and not is_starting():
                raise MidfillError(
                    "midfill serve ended before it was ready: start it by hand to see why"
                )
            time.sleep(_POLL_S)
        if is_starting is None:
            raise BadInput(
                f"nothing answers at {self.url}: start midfill serve there, or leave --url out"
            )
        raise MidfillError(f"{self.url} is not ready after {_READY_S:.0f} s")

    def _probe(self) -> tuple[int, bytes]:
        """Ask whether it is ready: status and body; status 0 when there was no answer."""
        try:
            with closing(self.connect(_PROBE_S)) as connection:
                connection.request("GET", "/ready", headers=self._headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""

    def _described(self, content: bytes) -> tuple[str, str]:
        try:
            said = json.loads(content)
            return str(said["model"]), str(said["place"])
        except (ValueError, KeyError, TypeError):
            raise BadInput(
                f"{self.url} names no model at /ready: that is not midfill serve, name another"
            ) from None

    def connect(self, timeout_s: float = PATIENCE_S) -> http.client.HTTPConnection:
        """A connection of one client."""
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout_s)

    def ask(self, connection: http.client.HTTPConnection, body: Body) -> Answered:
        """One request; status 0 for a connection that broke."""
        began = time.perf_counter()
        try:
            connection.request("POST", PATH, json.dumps(body), self._headers)
            answer = connection.getresponse()
            content = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            connection.close()
            return Answered(0, str(error), 0, 1000 * (time.perf_counter() - began))
        ms = 1000 * (time.perf_counter() - began)
        if answer.status != 200:
            return Answered(answer.status, str(content), 0, ms)
        [choice] = content["choices"]
        text = f"{choice['text']}\0{choice['midfill'].get('reason')}"
        return Answered(200, text, int(content["usage"]["completion_tokens"]), ms)


def body_of(prefix: str, suffix: str, path: str) -> dict[str, Any]:
    """A request to fill between the two, however unsure the model is."""
    own = {"path": path, "min_confidence": 0.0, "budget_ms": BUDGET_MS}
    return {"prompt": prefix, "suffix": suffix, "midfill": own}


def load(server: Server, bodies: Sequence[Body], num_streams: int, num_rounds: int) -> LoadResult:
    """Ask each body alone, then all of them ``num_rounds`` times by ``num_streams`` clients.

    Raises MidfillError when one is not answered alone.
    """
    result = LoadResult()
    with closing(server.connect()) as connection:
        alone = [server.ask(connection, body) for body in bodies]
    for answer in alone:
        if answer.status != 200:
            raise MidfillError(f"the server answered {answer.status}: {answer.text[:200]}")
    result.alone_ms = [answer.ms for answer in alone]
    result.num_distinct = len({answer.text for answer in alone})
    jobs = iter([index for _ in range(num_rounds) for index in range(len(bodies))])
    lock = threading.Lock()

    def client() -> None:
        with closing(server.connect()) as own:
            while True:
                with lock:
                    index = next(jobs, None)
                if index is None:
                    return
                answer = server.ask(own, bodies[index])
                with lock:
                    _count(result, answer, alone[index])

    began = time.perf_counter()
    with ThreadPoolExecutor(num_streams) as pool:
        for done in [pool.submit(client) for _ in range(num_streams)]:
            done.result()
    result.took_s = time.perf_counter() - began
    return result


def _count(result: LoadResult, answer: Answered, alone: Answered) -> None:
    if answer.status != 200:
        result.num_lost += 1
        return
    result.ms.append(answer.ms)
    result.num_tokens += answer.num_tokens
    result.num_wrong += answer.text != alone.text


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
