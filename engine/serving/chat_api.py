"""``/v1/edit/completions`` and ``/v1/chat/completions``: an infiller behind the chat's shape.

An edit answers the whole region with its hole filled, in a fence; ``None`` for nothing to propose.
A chat is limited to what an infiller can do: its last message holds code with ``<|cursor|>``; the
answer is what belongs there. With ``diffusing`` its stream shows every denoising step.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from engine.request import Effort
from engine.request import Request as InfillRequest
from engine.serving.edit_prompt import CURSOR, read_edit_prompt
from engine.serving.errors import ServingError
from engine.serving.filling import Filled, Limits, filled, request_of
from engine.serving.front import EngineFront
from engine.serving.openai_api import check_model, new_id, now, own, usage
from engine.serving.options import ServingOptions
from engine.serving.schemas import ChatBody, limits_of
from engine.serving.streams import DONE, HEADERS, Steps, canvas_text, event, guarded


class ChatApi:
    """The endpoints over ``front``."""

    def __init__(self, front: EngineFront, options: ServingOptions) -> None:
        self._front, self._options = front, options
        self.router = APIRouter(prefix="/v1")
        self.router.add_api_route("/edit/completions", self.edit, methods=["POST"], name="edit")
        self.router.add_api_route("/chat/completions", self.chat, methods=["POST"], name="chat")

    async def edit(self, body: ChatBody, connection: Request) -> Response:
        """Answer the whole region with its hole filled."""
        check_model(self._front, body.model)
        if body.stream:
            raise ServingError(422, "edits are not streamed: leave out stream")
        prompt = read_edit_prompt(_last_text(body))
        limits = limits_of(body.max_tokens, None, self._options.max_tokens)
        hints = body.midfill.hints()
        request = request_of(
            prompt.before + prompt.left,
            prompt.right + prompt.after,
            replace(hints, path=hints.path or prompt.path),
            limits,
            self._options.budget_ms,
            seed=body.seed or 0,
            others=prompt.snippets,
        )
        outcome = await self._front.infill(request, connection.is_disconnected)
        texts = filled(outcome, limits)
        region = f"{prompt.left}{texts[0].text}{prompt.right}".rstrip("\n")
        content = "None" if texts[0].reason else f"```\n{region}\n```"
        answer = _answer("edit.completion", self._front.model, content, texts[0])
        return JSONResponse({**answer, "usage": usage(outcome, texts), "warning": None})

    async def chat(self, body: ChatBody, connection: Request) -> Response:
        """Answer what belongs at the cursor in the last message."""
        check_model(self._front, body.model)
        limits = limits_of(body.max_tokens, None, self._options.max_tokens)
        request = _chat_request(body, limits, self._options)
        if body.stream:
            self._front.check_room()
            events = guarded(_chat_events(self._front, body, request, limits, connection))
            return StreamingResponse(events, 200, HEADERS, "text/event-stream")
        outcome = await self._front.infill(request, connection.is_disconnected)
        texts = filled(outcome, limits)
        answer = _answer("chat.completion", self._front.model, texts[0].text, texts[0])
        return JSONResponse({**answer, "usage": usage(outcome, texts)})


def _last_text(body: ChatBody) -> str:
    users = [message.text() for message in body.messages if message.role == "user"]
    if not users:
        raise ServingError(422, "no message of the user: send one with the code in it")
    return users[-1]


def _chat_request(body: ChatBody, limits: Limits, options: ServingOptions) -> InfillRequest:
    text = _last_text(body)
    if text.count(CURSOR) != 1:
        raise ServingError(
            422,
            f"this model fills a hole and does not chat: the last message must hold code with one "
            f"{CURSOR}, where the hole is",
        )
    hints = body.midfill.hints()
    if body.reasoning_effort is not None:
        hints = replace(hints, effort=Effort(body.reasoning_effort))
    prefix, _, suffix = text.partition(CURSOR)
    return request_of(prefix, suffix, hints, limits, options.budget_ms, seed=body.seed or 0)


async def _chat_events(
    front: EngineFront,
    body: ChatBody,
    request: InfillRequest,
    limits: Limits,
    connection: Request,
) -> AsyncIterator[str]:
    """Every denoising state where that is asked for, the text, the end."""
    id_, steps = new_id("chatcmpl"), Steps()
    on_step = steps.add if body.diffusing else None
    answer = asyncio.ensure_future(front.infill(request, connection.is_disconnected, on_step))
    try:
        async for step in steps.until(answer):
            # A state replaces the one before it: clients that know `diffusing` draw it in place.
            state = {"content": canvas_text(step, 0), "diffusing": True}
            yield event(_chunk(id_, front.model, state, None))
        outcome = await answer
    finally:
        answer.cancel()
    texts = filled(outcome, limits)
    yield event(_chunk(id_, front.model, {"role": "assistant", "content": texts[0].text}, None))
    yield event(_chunk(id_, front.model, {}, texts[0].finish_reason))
    if (body.stream_options or {}).get("include_usage"):
        last = _chunk(id_, front.model, {}, None)
        yield event({**last, "choices": [], "usage": usage(outcome, texts)})
    yield DONE


def _chunk(
    id_: str, model: str, delta: dict[str, Any], finish_reason: str | None
) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return {
        "id": id_,
        "object": "chat.completion.chunk",
        "created": now(),
        "model": model,
        "choices": [choice],
    }


def _answer(kind: str, model: str, content: str, one: Filled) -> dict[str, Any]:
    return {
        "id": new_id("cmpl"),
        "object": kind,
        "created": now(),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content},
                "finish_reason": one.finish_reason,
                "midfill": own(one),
            }
        ],
    }
