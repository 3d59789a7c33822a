"""The default model on ONNX Runtime: causal cached context, bidirectional canvases.

The graph is that of ``engine.training.onnx_graph``: one set of weights for both, keys and values
written in place into buffers that handles share.
"""

# T context tokens, N canvas tokens with starters, M wanted rows, V vocabulary

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas, Ids
from engine.denoisers.blending import NUM_BEFORE, NUM_BEHIND, Blend, blend_of
from engine.denoisers.context_cache import (
    Buffers,
    CachedContext,
    Tail,
    buffers_for,
    common_prefix,
)
from engine.denoisers.onnx_session import OnnxSession
from engine.denoisers.protocol import ContextHandle, Logits
from engine.errors import BadInput, Cancelled
from engine.models import Model
from engine.reading.layout import ContextTokens, SuffixFirst
from engine.tokenizer import BPETokenizer

CHUNK_TOKENS = 128
# Slots behind a context for the canvas.
TAIL_ROOM = 40
# What a pass that is made for its keys and values alone asks for: older runtimes want a row.
ANY_ROW: Ids = np.zeros(1, np.int64)
Feed = Mapping[str, NDArray[np.int64]]


class OnnxDenoiser:
    """Predicts with a model's graph on the CPU. The session starts with the first use.

    ``num_threads`` None takes the physical cores, up to four. One call at a time: others wait.
    Every method raises DamagedWeights when the runtime cannot read the graph.
    """

    def __init__(self, model: Model, num_threads: int | None = None) -> None:
        self.name = model.name
        self.tokenizer = BPETokenizer(model.tokenizer)
        self.layout = SuffixFirst.of(self.tokenizer)
        self.session = OnnxSession(model.graph, num_threads)
        self._shape = model.manifest.shape
        self._lock = threading.RLock()
        # What a cancelled prefill had got done, so that fast typing does not start over each time.
        self._unfinished: CachedContext | None = None
        # What the last pass over a canvas left, so that the next causal one computes what is new.
        self._tail: Tail | None = None

    def wake(self) -> None:
        """Start the session now, for someone who will ask soon."""
        self.session.start()

    @property
    def providers(self) -> list[str]:
        """What the session really runs on (starts it)."""
        return self.session.providers

    def prefill(
        self,
        canvas: Canvas,
        reuse: ContextHandle | None = None,
        cancel: threading.Event | None = None,
    ) -> CachedContext:
        """Encode the canvas's context, keeping the longest common token prefix of ``reuse``.

        Raises BadInput when the context is longer than the model's positions.
        """
        with self._lock:
            return self._encode(self.layout.context(canvas), reuse, cancel)

    def num_known(self, canvas: Canvas, reuse: ContextHandle | None) -> int:
        """How many tokens of the canvas's context ``prefill`` would not encode."""
        return self._longest(self.layout.context(canvas).ids, reuse)[1]

    def num_unblended(self, canvas: Canvas, source: ContextHandle) -> int:
        """How many tokens ``blend`` would encode."""
        return len(self._blend(canvas, _own(source)).read)

    def blend(
        self,
        canvas: Canvas,
        source: ContextHandle,
        cancel: threading.Event | None = None,
    ) -> CachedContext:
        """A context of rows that ``source`` has, where its tokens stand now, and of what is new.

        New lines at the window's ends are left out. Raises BadInput when the context is longer than
        the model's positions.
        """
        known = _own(source)
        blend = self._blend(canvas, known)
        ids = blend.tokens.ids
        self._check_length(len(ids))
        with self._lock:
            if blend.is_behind:
                return self._encode(blend.tokens, known, cancel)
            buffers = buffers_for(None, 0, len(ids) + TAIL_ROOM, self._shape)
            for run in blend.taken:
                buffers.take(known.buffers, run.start, run.end, run.source)
            new = blend.read
            # Each sees what stands before it, wherever that came from, its own piece included.
            for at in range(0, len(new), CHUNK_TOKENS):
                if cancel is not None and cancel.is_set():
                    raise Cancelled("cancelled before a piece of the context")
                positions = new[at : at + CHUNK_TOKENS]
                self.run(buffers, scattered_feed(ids[positions], positions))
            return CachedContext(blend.tokens, len(ids) - len(new), buffers, is_blended=True)

    def _blend(self, canvas: Canvas, source: CachedContext) -> Blend:
        """How a canvas's context is had from ``source``, of whose blends none is made again."""
        tokens = self.layout.context(canvas)
        nearness = self.layout.nearness(tokens, NUM_BEFORE, NUM_BEHIND)
        can_move = self._shape.rope_theta is not None and not source.is_blended
        return blend_of(tokens, source.ids, nearness, can_move)

    def extend(self, handle: ContextHandle, ids: Ids) -> CachedContext:
        """Append committed ids of the cursor's hole to the context (block extension)."""
        with self._lock:
            return self._encode(_own(handle).tokens.extended(ids), handle, None)

    def predict(
        self,
        handle: ContextHandle,
        canvases: Sequence[Canvas],
        wanted: Sequence[Ids],
        causal: bool = False,
        cancel: threading.Event | None = None,
    ) -> list[Logits]:
        """Logits (M, V) for the wanted positions of each canvas.

        Each has a pass of its own, so nobody's result depends on who else was asked for.
        """
        context = _own(handle)
        answers = []
        with self._lock:
            for canvas, places in zip(canvases, wanted, strict=True):
                stream = self.layout.canvases(canvas)
                rows = stream.rows[places]
                if not len(rows):
                    answers.append(np.empty((0, self.tokenizer.vocab_size), np.float32))
                elif causal:
                    answers.append(self._judge(context, stream.ids, rows, cancel))
                else:
                    answers.append(self._predict(context, stream.ids, rows, cancel))
        return answers

    def _encode(
        self,
        tokens: ContextTokens,
        reuse: ContextHandle | None,
        cancel: threading.Event | None,
    ) -> CachedContext:
        num_tokens = len(tokens.ids)
        self._check_length(num_tokens)
        source, num_kept = self._longest(tokens.ids, reuse)
        if source is not None and num_kept == num_tokens:
            return CachedContext(tokens, num_kept, source.buffers, source.is_blended)
        buffers = buffers_for(source, num_kept, num_tokens + TAIL_ROOM, self._shape)
        if self._tail is not None and self._tail.is_in(buffers):
            self._tail = None
        is_blended = source is not None and source.is_blended
        reached = self._read(buffers, tokens.ids, num_kept, cancel)
        if reached < num_tokens:
            if not is_blended:
                # What a key interrupts is asked for again with the next one.
                known = ContextTokens(tokens.ids[:reached], reached)
                self._unfinished = CachedContext(known, 0, buffers)
            raise Cancelled("cancelled before a piece of the context")
        if source is self._unfinished:
            self._unfinished = None
        return CachedContext(tokens, num_kept, buffers, is_blended)

    def _read(self, buffers: Buffers, ids: Ids, start: int, cancel: threading.Event | None) -> int:
        """Encode ids (T,) from ``start`` on, behind rows that are there; how many are then."""
        for at in range(start, len(ids), CHUNK_TOKENS):
            if cancel is not None and cancel.is_set():
                return at
            # Not ended by ``cancel``: the next request needs the same piece.
            self.run(buffers, causal_feed(ids[at : at + CHUNK_TOKENS], at))
        return len(ids)

    def _longest(self, ids: Ids, reuse: ContextHandle | None) -> tuple[CachedContext | None, int]:
        """The known context that has most in common with ``ids``, and how much."""
        known = [None if reuse is None else _own(reuse), self._unfinished]
        lengths = [0 if item is None else common_prefix(item.ids, ids) for item in known]
        best = int(np.argmax(lengths))
        return known[best], lengths[best]

    def _predict(
        self, context: CachedContext, ids: Ids, rows: Ids, cancel: threading.Event | None
    ) -> Logits:
        """Logits of ``rows`` (M,) of canvas ids (N,), all of which see each other."""
        tail = self._tail_of(context, len(ids))
        tail.ids = ids[:0]
        return self.run(tail.buffers, canvas_feed(ids, tail.start, rows), cancel)

    def _judge(
        self, context: CachedContext, ids: Ids, rows: Ids, cancel: threading.Event | None
    ) -> Logits:
        """Logits of ``rows`` (M,) of canvas ids (N,), each of which sees those before it.

        What the last pass began with too is not computed again, nor what no wanted row sees.
        """
        end = int(rows.max()) + 1
        tail = self._tail_of(context, end)
        first = min(common_prefix(tail.ids, ids), int(rows.min()))
        tail.ids = ids[:first]
        feed = causal_feed(ids[first:end], tail.start + first, rows - first)
        logits = self.run(tail.buffers, feed, cancel)
        tail.ids = ids[:end].copy()
        return logits

    def _tail_of(self, context: CachedContext, num_tokens: int) -> Tail:
        """Where a canvas's keys and values go: the last one's place, if that fits."""
        num_slots = context.num_tokens + num_tokens
        self._check_length(num_slots)
        if self._tail is None or not self._tail.follows(context, num_slots):
            self._tail = Tail(context, num_slots)
        return self._tail

    def run(self, buffers: Buffers, feed: Feed, cancel: threading.Event | None = None) -> Logits:
        """One pass through the graph, over no more of the buffers than it needs."""
        binding = buffers.bound(int(feed["limits"].max()), self.session.bind)
        return self.session.run(feed, binding, "logits", cancel)

    def _check_length(self, num_tokens: int) -> None:
        limit = self._shape.max_positions
        if num_tokens > limit:
            raise BadInput(f"{num_tokens} tokens are over the model's {limit}: show it less text")


def _own(handle: ContextHandle) -> CachedContext:
    if not isinstance(handle, CachedContext):
        raise TypeError(f"a handle of another denoiser: {type(handle).__name__}")
    return handle


def causal_feed(ids: Ids, start: int, rows: Ids = ANY_ROW) -> dict[str, NDArray[np.int64]]:
    """Tokens (N,) from position ``start`` on, each of which sees those up to itself."""
    return scattered_feed(ids, np.arange(start, start + len(ids)), rows)


def scattered_feed(ids: Ids, positions: Ids, rows: Ids = ANY_ROW) -> dict[str, NDArray[np.int64]]:
    """Tokens (N,) at ``positions`` (N,), each of which sees those up to itself."""
    return {"ids": ids, "positions": positions, "limits": positions + 1, "rows": rows}


def canvas_feed(ids: Ids, start: int, rows: Ids) -> dict[str, NDArray[np.int64]]:
    """Tokens (N,) from position ``start`` on, all of which see each other and what is before."""
    end = np.full(len(ids), start + len(ids))
    return causal_feed(ids, start, rows) | {"limits": end}
