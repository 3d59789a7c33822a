"""``/infill`` as llama.cpp's server has it: its clients need another URL, no more."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from engine.proposal import Outcome
from engine.request import OpenDocument
from engine.request import Request as InfillRequest
from engine.serving.filling import Filled, Limits, filled, request_of
from engine.serving.front import EngineFront
from engine.serving.openai_api import usage
from engine.serving.options import ServingOptions
from engine.serving.schemas import InfillBody, limits_of
from engine.serving.streams import HEADERS, event, guarded

# llama.vim warms a cache up with one-millisecond budgets: nobody reads those answers.
_LEAST_BUDGET_MS = 5.0


class LlamaCppApi:
    """The endpoint over ``front``."""

    def __init__(self, front: EngineFront, options: ServingOptions) -> None:
        self._front, self._options = front, options
        self.router = APIRouter()
        self.router.add_api_route("/infill", self.infill, methods=["POST"], name="infill")

    async def infill(self, body: InfillBody, connection: Request) -> Response:
        """Fill between ``input_prefix + prompt`` and ``input_suffix``."""
        if _is_warm_up(body):
            return JSONResponse(_fields(body, _empty(self._front.model)))
        limits = limits_of(max(body.n_predict, 1), body.stop, self._options.max_tokens)
        request = self._request(body, limits)
        if body.stream:
            self._front.check_room()
            events = guarded(self._events(body, request, limits, connection))
            return StreamingResponse(events, 200, HEADERS, "text/event-stream")
        outcome = await self._front.infill(request, connection.is_disconnected)
        texts = filled(outcome, limits, body.n_cmpl)
        answers = [_fields(body, _written(self._front.model, outcome, one)) for one in texts]
        return JSONResponse(answers if body.n_cmpl > 1 else answers[0])

    def _request(self, body: InfillBody, limits: Limits) -> InfillRequest:
        others = [
            OpenDocument(extra.filename or "extra", None, extra.text) for extra in body.input_extra
        ]
        return request_of(
            body.input_prefix + body.prompt,
            body.input_suffix,
            body.midfill.hints(),
            limits,
            body.t_max_predict_ms or self._options.budget_ms,
            body.n_cmpl,
            max(body.seed or 0, 0),
            others,
        )

    async def _events(
        self, body: InfillBody, request: InfillRequest, limits: Limits, connection: Request
    ) -> AsyncIterator[str]:
        outcome = await self._front.infill(request, connection.is_disconnected)
        one = filled(outcome, limits)[0]
        yield event(_fields(body, {**_written(self._front.model, outcome, one), "stop": True}))


def _is_warm_up(body: InfillBody) -> bool:
    budget_ms = body.t_max_predict_ms
    return body.n_predict == 0 or (budget_ms is not None and budget_ms < _LEAST_BUDGET_MS)


def _empty(model: str) -> dict[str, Any]:
    nothing = Filled("", 0, "stop")
    return {"content": "", "model": model, **_counts({}, 0, 0, nothing)}


def _written(model: str, outcome: Outcome, one: Filled) -> dict[str, Any]:
    used = usage(outcome, [one])
    num_cached = used["prompt_tokens_details"]["cached_tokens"]
    counts = _counts(outcome.timings_ms, used["prompt_tokens"], num_cached, one)
    why = {} if one.reason is None else {"midfill": {"reason": one.reason, "detail": one.detail}}
    return {"content": one.text, "model": model, **counts, **why}


def _counts(timings_ms: Any, num_read: int, num_cached: int, one: Filled) -> dict[str, Any]:
    prompt_ms = float(timings_ms.get("prefill", 0.0))
    predicted_ms = float(timings_ms.get("denoise", 0.0))
    return {
        "tokens_cached": num_cached,
        "tokens_evaluated": num_read,
        "tokens_predicted": one.num_tokens,
        "truncated": one.finish_reason == "length",
        "stop_type": "limit" if one.finish_reason == "length" else "eos",
        "generation_settings": {},
        "timings": {
            "prompt_n": num_read - num_cached,
            "prompt_ms": prompt_ms,
            "prompt_per_second": _rate(num_read - num_cached, prompt_ms),
            "predicted_n": one.num_tokens,
            "predicted_ms": predicted_ms,
            "predicted_per_second": _rate(one.num_tokens, predicted_ms),
        },
    }


def _rate(count: int, took_ms: float) -> float:
    return 1000.0 * count / took_ms if took_ms > 0 else 0.0


def _fields(body: InfillBody, answer: dict[str, Any]) -> dict[str, Any]:
    """Only ``response_fields``, if any are named: ``timings/prompt_n`` becomes a flat member."""
    if not body.response_fields:
        return answer
    chosen = {}
    for name in body.response_fields:
        value: Any = answer
        for key in name.split("/"):
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None:
            chosen[name] = value
    return chosen
