"""The HTTP application: who may ask, how much, and which protocol is where."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.serving.backend import Backend
from engine.serving.chat_api import ChatApi
from engine.serving.errors import ClientGone, ServingError
from engine.serving.front import EngineFront
from engine.serving.llama_cpp import LlamaCppApi
from engine.serving.metrics import Metrics
from engine.serving.openai_api import OpenAIApi
from engine.serving.options import ServingOptions

# Answered without a token: they say nothing but that the server is there.
_OPEN_PATHS = frozenset({"/health", "/ready"})
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# What nginx and others log for a client that hung up; nobody receives it.
_CLIENT_CLOSED = 499


def create_app(backend: Backend, options: ServingOptions, version: str) -> FastAPI:
    """The application over one backend, which it closes in the end."""
    metrics = Metrics()
    front = EngineFront(backend, options.max_waiting, metrics)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        front.close()

    app = FastAPI(title="Midfill", version=version, lifespan=lifespan)
    app.add_middleware(_Guard, options=options)
    for api in (OpenAIApi(front, options), ChatApi(front, options), LlamaCppApi(front, options)):
        app.include_router(api.router)
    _add_health(app, front, metrics)
    app.add_exception_handler(ServingError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_body)
    app.add_exception_handler(HTTPException, _refuse_plainly)
    app.add_exception_handler(ClientGone, _hung_up)
    return app


def _add_health(app: FastAPI, front: EngineFront, metrics: Metrics) -> None:
    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/ready")
    def ready() -> dict[str, str]:
        return {"status": "ready", "model": front.model, "place": front.place}

    @app.get("/metrics")
    def exposition() -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4")


async def _refuse(_: Request, error: Exception) -> Response:
    assert isinstance(error, ServingError)
    headers = {"Retry-After": str(error.retry_s)} if error.retry_s else None
    return JSONResponse(error.body(), error.status, headers)


async def _refuse_body(_: Request, error: Exception) -> Response:
    """Name the member that is wrong; what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    problems = [
        f"{'.'.join(str(part) for part in one['loc'][1:]) or 'the body'}: {one['msg']}"
        for one in error.errors()
    ]
    return JSONResponse(ServingError(422, "; ".join(problems)).body(), 422)


async def _refuse_plainly(_: Request, error: Exception) -> Response:
    """What the framework refuses by itself, as a wrong path, in the same shape."""
    assert isinstance(error, HTTPException)
    body = ServingError(error.status_code, error.detail).body()
    return JSONResponse(body, error.status_code, error.headers)


async def _hung_up(_: Request, __: Exception) -> Response:
    return Response(status_code=_CLIENT_CLOSED)


class _Guard:
    """Before anything is read: the host that was asked for, the token, the size of the body."""

    def __init__(self, app: ASGIApp, options: ServingOptions) -> None:
        self._app, self._options = app, options

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        refusal = self._refusal(scope["path"], headers)
        if refusal is not None:
            await _answer(refusal, scope, receive, send)
            return
        limited = _Limited(receive, self._options.max_body_bytes, self._too_large())
        await self._app(scope, limited, send)

    def _refusal(self, path: str, headers: dict[str, Any]) -> ServingError | None:
        host = headers.get("host", b"").decode("latin-1")
        if self._options.is_loopback and _name_of(host) not in _LOCAL_NAMES:
            # A page on the web can point a name of its own at this machine.
            return ServingError(403, f"this server does not answer for the host {host[:80]}")
        token = self._options.token
        if token and path not in _OPEN_PATHS:
            sent = headers.get("authorization", b"")
            if not hmac.compare_digest(sent, f"Bearer {token}".encode()):
                return ServingError(401, "send the server's token as bearer token", "unauthorized")
        length = headers.get("content-length", b"0")
        if length.isdigit() and int(length) > self._options.max_body_bytes:
            return self._too_large()
        return None

    def _too_large(self) -> ServingError:
        limit = self._options.max_body_bytes
        return ServingError(413, f"the body is over {limit} bytes: send less text")


class _Limited:
    """A body that ends in an error when more comes than was announced or is allowed."""

    def __init__(self, receive: Receive, limit: int, error: ServingError) -> None:
        self._receive, self._limit, self._error = receive, limit, error
        self._num_bytes = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._num_bytes += len(message.get("body", b""))
        if self._num_bytes > self._limit:
            # Of all errors, FastAPI lets this one through while it reads a body.
            raise HTTPException(self._error.status, str(self._error))
        return message


async def _answer(error: ServingError, scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None
    await JSONResponse(error.body(), error.status, headers)(scope, receive, send)


def _name_of(host: str) -> str:
    """A Host header without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
