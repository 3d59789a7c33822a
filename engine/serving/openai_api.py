"""``/v1/completions``, ``/v1/fim/completions``, ``/v1/models``: what OpenAI's clients speak."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from engine.proposal import Outcome, Proposal
from engine.request import Request as InfillRequest
from engine.serving.errors import ServingError
from engine.serving.filling import Filled, Limits, filled, request_of
from engine.serving.front import EngineFront
from engine.serving.options import ServingOptions
from engine.serving.schemas import CompletionBody, limits_of
from engine.serving.streams import DONE, HEADERS, event, guarded


class OpenAIApi:
    """The endpoints over ``front``."""

    def __init__(self, front: EngineFront, options: ServingOptions) -> None:
        self._front, self._options = front, options
        self.router = APIRouter(prefix="/v1")
        for path in ("completions", "fim/completions"):
            self.router.add_api_route(f"/{path}", self.complete, methods=["POST"], name=path)
        for path in ("models", "completions/models", "fim/completions/models"):
            self.router.add_api_route(f"/{path}", self.models, methods=["GET"], name=path)

    async def complete(self, body: CompletionBody, connection: Request) -> Response:
        """Fill between ``prompt`` and ``suffix``."""
        check_model(self._front, body.model)
        limits = limits_of(body.max_tokens, body.stop, self._options.max_tokens)
        request = request_of(
            body.prompt,
            body.suffix or "",
            body.midfill.hints(),
            limits,
            self._options.budget_ms,
            body.n,
            body.seed or 0,
        )
        if body.stream:
            self._front.check_room()
            events = guarded(self._events(body, request, limits, connection))
            return StreamingResponse(events, 200, HEADERS, "text/event-stream")
        outcome = await self._front.infill(request, connection.is_disconnected)
        texts = filled(outcome, limits, body.n)
        return JSONResponse({**_written(self._front.model, texts), "usage": usage(outcome, texts)})

    async def _events(
        self, body: CompletionBody, request: InfillRequest, limits: Limits, connection: Request
    ) -> AsyncIterator[str]:
        """The whole text in one event: before that, any token of it may be masked again."""
        outcome = await self._front.infill(request, connection.is_disconnected)
        texts = filled(outcome, limits, body.n)
        written = _written(self._front.model, texts)
        yield event(written)
        if (body.stream_options or {}).get("include_usage"):
            yield event({**written, "choices": [], "usage": usage(outcome, texts)})
        yield DONE

    def models(self) -> dict[str, Any]:
        """The one model that is loaded."""
        model = {"id": self._front.model, "object": "model", "created": 0, "owned_by": "midfill"}
        return {"object": "list", "data": [model]}


def check_model(front: EngineFront, name: str | None) -> None:
    """Refuse another model than the one that is loaded; None and "default" stand for it."""
    if name not in (None, "", "default", front.model):
        raise ServingError(
            404, f"the model {name} is not loaded here: ask for {front.model}, or leave it out"
        )


def usage(outcome: Outcome, texts: Sequence[Filled]) -> dict[str, Any]:
    """How many tokens were read, taken from the cache, and written."""
    num_read = outcome.num_context_tokens if isinstance(outcome, Proposal) else 0
    num_cached = outcome.num_cached_tokens if isinstance(outcome, Proposal) else 0
    num_written = sum(one.num_tokens for one in texts)
    return {
        "prompt_tokens": num_read,
        "completion_tokens": num_written,
        "total_tokens": num_read + num_written,
        "prompt_tokens_details": {"cached_tokens": num_cached},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def own(one: Filled) -> dict[str, Any]:
    """What the protocols have no member for: how sure the text is, or why there is none."""
    if one.reason is not None:
        return {"reason": one.reason, "detail": one.detail}
    return {"confidence": one.confidence}


def new_id(kind: str) -> str:
    """A name for one answer."""
    return f"{kind}-{uuid.uuid4().hex}"


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())


def _written(model: str, texts: Sequence[Filled]) -> dict[str, Any]:
    return {
        "id": new_id("cmpl"),
        "object": "text_completion",
        "created": now(),
        "model": model,
        "warning": None,
        "choices": [
            {
                "index": index,
                "text": one.text,
                "logprobs": None,
                "finish_reason": one.finish_reason,
                "midfill": own(one),
            }
            for index, one in enumerate(texts)
        ],
    }
