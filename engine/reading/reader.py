"""Chooses what of the text the model reads, and has it encoded: the window, or what time allows.

Who waits is answered sooner with a short window, which says little less than a long one; the whole
one is read in the next pause, and what was read of it is gone on with later.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.budget import Budget, Clock
from engine.canvas import Canvas
from engine.context import Context, ContextLimits, select_context
from engine.denoisers.protocol import Blending, ContextHandle, Denoiser
from engine.holes import MaskPlan
from engine.reading.handles import HandleKey, Handles
from engine.request import Effort, Request
from engine.stopwatch import Stopwatch
from engine.syntax import SyntaxTree

# Windows to choose from, and how many ms who waits gives for a longer one: of 100 lines one more is
# right with the whole than with half, and three more than with a quarter (docs/log.md).
SIZES = (1.0, 0.5, 0.25)
SHORTER_MS: Mapping[float, float] = {1.0: 0.0, 0.5: 60.0, 0.25: 200.0}
# The same for a window that is put together from what was read at other places: of 100 lines one
# less is right than with half a window, and that takes 20 ms beside reading the rest.
BLENDED_MS = 110.0
# The largest that an effort reads; what the others lose is in docs/log.md.
LARGEST: Mapping[Effort, float] = {Effort.INSTANT: 0.25, Effort.LOW: 0.5}
# Of a request's time, for reading; the rest is for writing.
READING_SHARE = 0.4
# What is assumed before anything was read; a laptop without vector instructions for bytes.
FIRST_S_PER_TOKEN = 0.004
# Fewer tokens than these say little about speed.
MIN_MEASURED = 32


@dataclass(frozen=True, slots=True)
class Reading:
    """A context that was chosen, its canvas, and what the denoiser keeps of it."""

    context: Context
    canvas: Canvas
    handle: ContextHandle


@dataclass(frozen=True, slots=True)
class _Choice:
    """Something to read, and what it costs who waits."""

    cost_ms: float
    key: HandleKey
    context: Context
    canvas: Canvas


class Reader:
    """Reads for requests, and learns from each how fast the model reads.

    Without a deadline it is always the whole window, so that the text depends on no clock.
    """

    def __init__(
        self, denoiser: Denoiser, handles: Handles, limits: ContextLimits, clock: Clock
    ) -> None:
        self._denoiser, self._handles, self._limits = denoiser, handles, limits
        self._clock, self._s_per_token = clock, FIRST_S_PER_TOKEN

    def read(
        self,
        request: Request,
        tree: SyntaxTree,
        plan: MaskPlan,
        budget: Budget,
        watch: Stopwatch,
        is_further: bool = False,
    ) -> Reading:
        """A window that can be read in time, encoded as far as it was not known.

        The largest, unless the request's patience is better served by a shorter one, or by one that
        is blended from what was read at other places.
        ``is_further``: for another hole of a change than the cursor's. It gets half a window at
        most, and is kept beside the cursor's: the next key is typed there.
        Raises Cancelled when the request is, or when its time was too short all the same.
        """
        best: _Choice | None = None
        for key in self._keys(request, budget, is_further):
            if best is not None and best.cost_ms <= _lack_ms(key):
                continue
            with watch.measure("context"):
                limits = scaled(self._limits, key.size)
                context = select_context(tree, plan, request, limits)
            with watch.measure("tokenize"):
                canvas = Canvas.from_plan(plan, context, tree.data, self._denoiser.tokenizer)
            with watch.measure("context"):
                cost_ms = self._cost_ms(key, canvas, request.patience_ms, budget)
            if best is None or cost_ms <= best.cost_ms:
                best = _Choice(cost_ms, key, context, canvas)
        assert best is not None
        with watch.measure("prefill"):
            began = self._clock()
            handle = self._handles.prefill(best.key, best.canvas, budget.interruption)
            if not best.key.is_blended:
                self.learn(handle, self._clock() - began)
        return Reading(best.context, best.canvas, handle)

    def _keys(self, request: Request, budget: Budget, is_further: bool) -> Iterator[HandleKey]:
        """What may be read for a request, the best first."""
        largest = min(LARGEST.get(request.effort, 1.0), 0.5 if is_further else 1.0)
        sizes = [size for size in SIZES if size <= largest]
        yield HandleKey(request.path, largest, is_further)
        if budget.deadline is None:
            return
        if request.patience_ms is not None and isinstance(self._denoiser, Blending):
            yield HandleKey(request.path, largest, is_further, is_blended=True)
        for size in sizes[1:]:
            yield HandleKey(request.path, size, is_further)

    def seconds(self, num_tokens: int) -> float:
        """What reading so many tokens takes, as far as is known."""
        return num_tokens * self._s_per_token

    def _cost_ms(
        self, key: HandleKey, canvas: Canvas, patience_ms: float | None, budget: Budget
    ) -> float:
        """What reading the rest of a canvas's window costs who waits, and what it lacks.

        Infinite where it takes too long or leaves too little of the time; nothing for a request
        that has all patience.
        """
        seconds = self.seconds(self._handles.num_new(key, canvas))
        if not budget.lasts(seconds / READING_SHARE):
            return math.inf
        if patience_ms is None:
            return 0.0
        wait_ms = 1000.0 * seconds
        return wait_ms + _lack_ms(key) if wait_ms <= patience_ms else math.inf

    def learn(self, handle: ContextHandle, seconds: float) -> None:
        """Half of what is known of the speed is this reading, if it was long enough."""
        num_new = handle.num_tokens - handle.num_reused
        if num_new >= MIN_MEASURED:
            self._s_per_token = (self._s_per_token + seconds / num_new) / 2


def _lack_ms(key: HandleKey) -> float:
    """How long who waits would wait for what this reading lacks."""
    return SHORTER_MS[key.size] + (BLENDED_MS if key.is_blended else 0.0)


def scaled(limits: ContextLimits, size: float) -> ContextLimits:
    """Limits for a window of ``size`` times the whole."""
    if size == 1.0:
        return limits
    return replace(limits, total=round(limits.total * size), snippets=round(limits.snippets * size))
