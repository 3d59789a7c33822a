"""Continuous batching: forwards of many requests, run together, the oldest first.

Every request is a loop of forwards on a thread of its own. Here their forwards meet: those of one
bucket share a pass through the model, so that requests join and leave at every denoising step, and
nobody waits for more than the passes that were asked for earlier.
"""

# N tokens, M wanted rows, V vocabulary

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Ids
from engine.denoisers.protocol import Logits
from engine.errors import Cancelled

if TYPE_CHECKING:
    from engine.denoisers.key_values import Cache

# Below four rows the CPU's matrix product takes other paths, with other rounding.
TOKEN_BUCKETS = (8, 16, 32, 64)
TOKEN_STRIDE = 64
# Fine where a CPU would pay for what nobody sees; coarse behind, so that fewer kinds of passes are
# recorded and more requests fit together.
CACHE_STRIDE, COARSE_STRIDE = 256, 1024
# Share of a pass that the next one waits for the requests which the last one served.
PATIENCE = 0.25
_NONE: Ids = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Sizes that a sequence is padded to: its tokens and the cached ones before them."""

    num_tokens: int
    num_cached: int


@dataclass(frozen=True, slots=True)
class Pass:
    """One sequence's share of a forward.

    ids (N,) stand behind the tokens of ``cache``; visible (N, cached + N): which tokens each sees;
    wanted (M,): the rows whose logits are asked for. ``keeps``: the new keys and values are, too.
    ``cache`` may hold more than stands before them.
    """

    ids: Ids
    visible: Ids
    wanted: Ids
    cache: Cache | None = None
    keeps: bool = False

    @property
    def num_cached(self) -> int:
        """Tokens before the first one; its position."""
        return int(self.visible.shape[1]) - len(self.ids)

    @property
    def seen(self) -> Ids:
        """Slots (cached,) of the tokens before the first one."""
        return _NONE if self.cache is None else self.cache.slots[: self.num_cached]

    @property
    def bucket(self) -> Bucket:
        """By its own sizes alone, so that its result does not depend on its company."""
        num_tokens = next((size for size in TOKEN_BUCKETS if size >= len(self.ids)), 0)
        stride = CACHE_STRIDE if self.num_cached <= COARSE_STRIDE else COARSE_STRIDE
        return Bucket(
            num_tokens or _rounded_up(len(self.ids), TOKEN_STRIDE),
            _rounded_up(self.num_cached, stride),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """Logits (M, V) of the wanted rows; keys and values of all tokens where they are kept."""

    logits: Logits
    cache: Cache | None = None


@dataclass(frozen=True, slots=True)
class _Ticket:
    """A pass in line, and who waits for it."""

    asked: Pass
    cancel: threading.Event | None
    thread: int
    answer: Future[Answer] = field(default_factory=Future)


class PassQueue:
    """Runs the passes of many threads with ``run``, which takes passes of one bucket.

    ``max_rows``: the most that share a forward. The forwards themselves run on one thread, which
    ends with the queue.
    """

    def __init__(self, run: Callable[[Sequence[Pass]], list[Answer]], max_rows: int) -> None:
        self.max_rows = max_rows
        self.num_forwards = self.num_passes = 0
        self._run, self._waiting = run, list[_Ticket]()
        self._changed = threading.Condition()
        self._served = frozenset[int]()
        self._took_s = 0.0
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="midfill-passes")

    def ask(self, passes: Sequence[Pass], cancel: threading.Event | None) -> list[Answer]:
        """The answers, once all are there. Raises Cancelled, and what ``run`` raises."""
        tickets = [_Ticket(one, cancel, threading.get_ident()) for one in passes]
        with self._changed:
            self._waiting += tickets
            self._changed.notify()
        for _ in tickets:
            self._executor.submit(self._forward)
        return [ticket.answer.result() for ticket in tickets]

    def _forward(self) -> None:
        """One forward for the oldest pass and those that fit to it; nothing when none waits."""
        with self._changed:
            self._await_the_served()
            group = self._next_group()
        if not group:
            return
        began = time.perf_counter()
        try:
            answers = self._run([ticket.asked for ticket in group])
        except BaseException as error:
            for ticket in group:
                ticket.answer.set_exception(error)
            raise
        self._took_s = time.perf_counter() - began
        self._served = frozenset(ticket.thread for ticket in group)
        self.num_forwards += 1
        self.num_passes += len(group)
        for ticket, answer in zip(group, answers, strict=True):
            ticket.answer.set_result(answer)

    def _await_the_served(self) -> None:
        """Let the requests of the last forward come back: else two groups alternate for ever."""
        deadline = time.perf_counter() + PATIENCE * self._took_s
        while self._waiting and self._served - {ticket.thread for ticket in self._waiting}:
            left_s = deadline - time.perf_counter()
            if left_s <= 0 or len(self._waiting) >= self.max_rows:
                return
            self._changed.wait(left_s)

    def _next_group(self) -> list[_Ticket]:
        """The oldest pass and others of its bucket, in the order they came."""
        for ticket in self._waiting:
            if ticket.cancel is not None and ticket.cancel.is_set():
                ticket.answer.set_exception(Cancelled("cancelled before a pass through the model"))
        waiting = [ticket for ticket in self._waiting if not ticket.answer.done()]
        fitting = [each for each in waiting if each.asked.bucket == waiting[0].asked.bucket]
        group = fitting[: self.max_rows]
        chosen = set(map(id, group))
        self._waiting = [ticket for ticket in waiting if id(ticket) not in chosen]
        return group


def _rounded_up(number: int, stride: int) -> int:
    return -(-number // stride) * stride


def padded(passes: Sequence[Pass], num_rows: int) -> tuple[Ids, NDArray[np.bool_], Ids]:
    """Passes of one bucket as ids (R, N), visible (R, 1, N, cached + N), positions (R, N).

    Padding sees itself alone: a row that sees nothing would be no number.
    """
    bucket = passes[0].bucket
    num_tokens, num_cached = bucket.num_tokens, bucket.num_cached
    ids = np.zeros((num_rows, num_tokens), np.int64)
    visible = np.zeros((num_rows, 1, num_tokens, num_cached + num_tokens), np.bool_)
    visible[:, 0, :, num_cached:] = np.eye(num_tokens, dtype=np.bool_)
    starts = np.zeros((num_rows, 1), np.int64)
    for row, one in enumerate(passes):
        num_own, start = len(one.ids), one.num_cached
        ids[row, :num_own] = one.ids
        visible[row, 0, :num_own, :start] = one.visible[:, :start]
        visible[row, 0, :num_own, num_cached : num_cached + num_own] = one.visible[:, start:]
        starts[row] = start
    positions: Ids = starts + np.arange(num_tokens)
    return ids, visible, positions
