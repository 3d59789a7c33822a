"""Asks one server over HTTP: time-outs, retries, and one error for people whatever goes wrong.

Runs on an event loop: cancelling the task closes the connection at once.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import httpx2

from engine.errors import RemoteFailed
from engine.remote.backend import Backend, Kind
from engine.remote.formats.completions import Completions, Midfill
from engine.remote.formats.edit_region import EditRegion
from engine.remote.formats.fill_in_middle import Inception, Mistral
from engine.remote.formats.format import Format
from engine.remote.formats.llama_cpp import LlamaCpp
from engine.remote.key import Key
from engine.remote.question import Question, RemoteText

FORMATS: Mapping[Kind, Format] = {
    Kind.OPENAI: Completions(),
    Kind.MIDFILL: Midfill(),
    Kind.MISTRAL: Mistral(),
    Kind.INCEPTION: Inception(),
    Kind.INCEPTION_EDIT: EditRegion(),
    Kind.LLAMA_CPP: LlamaCpp(),
}
NUM_RETRIES = 2
_FIRST_PAUSE_S = 0.05
_MAX_BODY_BYTES = 1 << 20
_MAX_SAID = 160
# Whoever asks stops waiting long before.
_MAX_SILENCE_S = 30.0
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_MENDS = {
    401: "the key is missing or wrong: set the backend's key=",
    403: "the key may not use this: check the account",
    404: "nothing is at this address, or the model is unknown: check the backend's URL and model=",
    413: "the text is too long for it: lower context_bytes=",
    429: "it wants fewer requests: wait, or raise your limit there",
}


class Client:
    """One backend's connections. ``draw`` gives the retries' jitter, from 0 to 1."""

    def __init__(
        self, backend: Backend, key: Key | None, draw: Callable[[], float] = random.random
    ) -> None:
        self._backend, self._key, self._draw = backend, key, draw
        self._format = FORMATS[backend.kind]
        headers = {"User-Agent": "midfill"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key.value}"
        # Redirects would carry key and code to a host that the user did not name.
        self._http = httpx2.AsyncClient(
            headers=headers,
            follow_redirects=False,
            timeout=httpx2.Timeout(_MAX_SILENCE_S, connect=backend.timeout_ms / 1000.0),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def ask(self, question: Question) -> RemoteText:
        """The answer to ``question``. Raises RemoteFailed; CancelledError passes through."""
        body = self._format.body(self._backend, question)
        text = await self._with_retries(lambda: self._fill(body, question))
        try:
            return self._format.finished(question, text)
        except ValueError as error:
            raise self._failed(f"its answer is of no use: {error}") from error

    async def post(self, endpoint: str, body: Mapping[str, Any]) -> Any:
        """The JSON that ``endpoint`` answers to ``body``. Raises RemoteFailed."""

        async def once() -> Any:
            async with self._http.stream("POST", self._url(endpoint), json=body) as response:
                return await self._json(response)

        return await self._with_retries(once)

    async def _with_retries(self, attempt: Callable[[], Any]) -> Any:
        for number in range(NUM_RETRIES + 1):
            try:
                return await self._translated(attempt)
            except RemoteFailed as error:
                is_last = number == NUM_RETRIES or not error.is_passing
                pause_s = _FIRST_PAUSE_S * 4.0**number * (0.5 + self._draw())
                asked_s = error.retry_after_s or 0.0
                if is_last or asked_s > self._backend.timeout_ms / 2000.0:
                    raise
            await asyncio.sleep(max(pause_s, asked_s))
        raise AssertionError("the last attempt returns or raises")

    async def _translated(self, attempt: Callable[[], Any]) -> Any:
        """One attempt, its errors in words for people and without the key."""
        try:
            return await attempt()
        except httpx2.TimeoutException as error:
            raise self._failed("did not answer in time", is_passing=True) from error
        except httpx2.RemoteProtocolError as error:
            raise self._failed("hung up in the middle of its answer", is_passing=True) from error
        except httpx2.ConnectError as error:
            raise self._failed(*_unconnected(str(error))) from error
        except httpx2.HTTPError as error:
            raise self._failed(f"{type(error).__name__}: {error}", is_passing=True) from error
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise self._failed(
                f"its JSON is not what {self._backend.kind.value} answers with "
                f"({type(error).__name__}: {error}): check the backend's kind"
            ) from error

    async def _fill(self, body: Mapping[str, Any], question: Question) -> RemoteText:
        url = self._url(self._format.endpoint)
        async with self._http.stream("POST", url, json=body) as response:
            if response.is_success and _type_of(response) == "text/event-stream":
                return await self._streamed(response, question)
            return self._format.read(await self._json(response))

    async def _streamed(self, response: httpx2.Response, question: Question) -> RemoteText:
        """The pieces joined, up to the end of the line if one line is wanted."""
        text = RemoteText("")
        async for event in httpx2.EventSource(response, max_event_size=_MAX_BODY_BYTES):
            if event.data == "[DONE]":
                return text
            record = json.loads(event.data)
            if isinstance(record, dict) and "error" in record:
                raise self._failed(f"said: {_said(record)}", is_passing=True)
            text = text.with_more(self._format.read(record))
            line = text.text.lstrip("\n")
            if text.is_ended or (question.single_line and "\n" in line and line.strip()):
                return text
            if len(text.text) > _MAX_BODY_BYTES:
                raise self._failed("its answer does not end")
        raise self._failed("its stream ended in the middle of the answer", is_passing=True)

    async def _json(self, response: httpx2.Response) -> Any:
        """The body of a response. Raises RemoteFailed for an error or what is no JSON."""
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > _MAX_BODY_BYTES:
                raise self._failed("its answer is over 1 MiB")
        if not response.is_success:
            raise self._refused(response, bytes(data))
        if _type_of(response) == "text/html":
            raise self._failed("answered with a web page, not JSON: check the backend's URL")
        try:
            return json.loads(data)
        except ValueError as error:
            raise self._failed(f"answered with no JSON ({error}): check the URL") from error

    def _refused(self, response: httpx2.Response, data: bytes) -> RemoteFailed:
        """What an error status means."""
        status = response.status_code
        if response.is_redirect:
            return self._failed(
                "wants to send us to another address, and no key or code goes where you did not "
                "say: write that address into the backend"
            )
        try:
            said = _said(json.loads(data))
        except ValueError:
            said = ""
        mend = _MENDS.get(status, "")
        detail = f"status {status}" + "".join(f": {each}" for each in (mend, said) if each)
        return self._failed(detail, status in _PASSING, _retry_after(response))

    def _failed(
        self, detail: str, is_passing: bool = False, retry_after_s: float | None = None
    ) -> RemoteFailed:
        message = f"{self._backend.host}: {detail}"
        if self._key is not None:
            message = self._key.hidden_in(message)
        return RemoteFailed(" ".join(message.split()), is_passing, retry_after_s)

    def _url(self, endpoint: str) -> str:
        """``/v1`` is what everybody but llama.cpp means by an address without a path."""
        base = self._backend.url
        is_short = base.count("/") == 2 and self._backend.kind is not Kind.LLAMA_CPP
        return f"{base}{'/v1' if is_short else ''}/{endpoint}"


def _unconnected(said: str) -> tuple[str, bool]:
    """What a failed connection means, and whether it may pass."""
    if "CERTIFICATE" in said.upper():
        return (
            f"its certificate is not trusted ({said[:_MAX_SAID]}): is it the right address?",
            False,
        )
    return f"cannot be reached ({said[:_MAX_SAID]}): is it running, and the address right?", True


def _type_of(response: httpx2.Response) -> str:
    kind: str = response.headers.get("content-type", "").partition(";")[0]
    return kind.strip().lower()


def _said(record: object) -> str:
    """The message of an error in any of the usual shapes, cut."""
    for name in ("error", "message", "detail"):
        if isinstance(record, Mapping) and name in record:
            return _said(record[name])
    return record[:_MAX_SAID] if isinstance(record, str) else ""


def _retry_after(response: httpx2.Response) -> float | None:
    """Seconds of ``Retry-After``; None for a date or nothing."""
    value = response.headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None
