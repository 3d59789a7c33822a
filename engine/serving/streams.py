"""Server-sent events: what is sent while and after the engine works."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from engine.proposal import Outcome
from engine.serving.errors import ClientGone, ServingError
from engine.step import State, Step

DONE = "data: [DONE]\n\n"
MASK = "░"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def event(body: Mapping[str, Any]) -> str:
    """One event."""
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"


def canvas_text(step: Step, hole: int) -> str:
    """A hole as it is after a step: committed text, and a block for each masked position."""
    states = zip(step.texts[hole], step.states[hole], strict=True)
    return "".join(MASK if state is State.MASKED else text for text, state in states)


class Steps:
    """Denoising steps on their way from the engine's thread to a stream."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Step | None] = asyncio.Queue()

    def add(self, step: Step) -> None:
        """Called on the engine's thread."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, step)

    async def until(self, answer: asyncio.Future[Outcome]) -> AsyncIterator[Step]:
        """All steps until ``answer`` is there."""
        answer.add_done_callback(lambda _: self._queue.put_nowait(None))
        while (step := await self._queue.get()) is not None:
            yield step


async def guarded(events: AsyncIterator[str]) -> AsyncIterator[str]:
    """The events; an error on the way becomes the last one, as the status was sent already."""
    try:
        async for one in events:
            yield one
    except ServingError as error:
        yield event(error.body())
    except ClientGone:
        return
