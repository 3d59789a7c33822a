"""The default model on ONNX Runtime: causal cached context, bidirectional canvases.

The graph is that of ``engine.training.onnx_graph``: keys and values are written in place into
buffers that handles share, and one number switches the canvas stream's adapters on.
"""

# B canvases of one length, T context tokens, N canvas tokens with starters, V vocabulary

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas, Ids
from engine.denoisers.context_cache import (
    Buffers,
    CachedContext,
    CausalTail,
    buffers_for,
    common_prefix,
)
from engine.denoisers.onnx_session import OnnxSession
from engine.denoisers.protocol import ContextHandle, Logits
from engine.errors import BadInput, Cancelled
from engine.layout import CanvasTokens, ContextTokens, SuffixFirst
from engine.models import Model
from engine.tokenizer import BPETokenizer

CHUNK_TOKENS = 64
# Slots cost time whether used or not: a context's buffers grow with it.
GROWTH = 256
# Slots behind a context for the canvas that the causal pass keeps there.
TAIL_ROOM = 40
HIDDEN_SCORE = -1e9
Feed = Mapping[str, NDArray[Any]]


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
        # What the last causal pass had got done, so that the next one computes what is new.
        self._tail: CausalTail | None = None

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

        Canvases of one length share a pass, others get their own, and so does each in the causal
        pass, which keeps keys and values from one to the next: so nobody's result depends on who
        else was asked for.
        """
        context = _own(handle)
        streams = [self.layout.canvases(canvas) for canvas in canvases]
        rows = [stream.rows[index] for stream, index in zip(streams, wanted, strict=True)]
        answers = [np.empty((0, self.tokenizer.vocab_size), np.float32)] * len(streams)
        groups: dict[int, list[int]] = {}
        for index, stream in enumerate(streams):
            if len(rows[index]):
                groups.setdefault(index if causal else len(stream.ids), []).append(index)
        with self._lock:
            for members in groups.values():
                if causal:
                    [index] = members
                    answers[index] = self._judge(context, streams[index].ids, rows[index], cancel)
                    continue
                group = [streams[index] for index in members]
                logits = self._predict(context, group, [rows[index] for index in members], cancel)
                for index, part in zip(members, logits, strict=True):
                    answers[index] = part
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
            return CachedContext(tokens, num_kept, source.buffers)
        num_slots = num_tokens + TAIL_ROOM
        buffers = buffers_for(source, num_kept, min(num_kept + GROWTH, num_slots), self._shape)
        if self._tail is not None and self._tail.is_in(buffers):
            self._tail = None
        for start in range(num_kept, num_tokens, CHUNK_TOKENS):
            if cancel is not None and cancel.is_set():
                # What a key interrupts is asked for again with the next one.
                self._unfinished = CachedContext(
                    ContextTokens(tokens.ids[:start], start), 0, buffers
                )
                raise Cancelled("cancelled before a piece of the context")
            end = min(start + CHUNK_TOKENS, num_tokens)
            if end > buffers.num_slots:
                buffers = buffers.grown(start, min(start + GROWTH, num_slots))
            # A single row takes other paths through the runtime, with other rounding: the one
            # before it is computed again, to the same bits.
            first = max(min(start, end - 2), 0)
            feed = stored_feed(tokens.ids[first:end], first, self._shape.num_kv_heads)
            # Not ended by ``cancel``: the next request needs the same piece.
            self._run(buffers, feed, None)
        if source is self._unfinished:
            self._unfinished = None
        return CachedContext(tokens, num_kept, buffers)

    def _longest(self, ids: Ids, reuse: ContextHandle | None) -> tuple[CachedContext | None, int]:
        """The known context that has most in common with ``ids``, and how much."""
        known = [None if reuse is None else _own(reuse), self._unfinished]
        lengths = [0 if item is None else common_prefix(item.ids, ids) for item in known]
        best = int(np.argmax(lengths))
        return known[best], lengths[best]

    def _predict(
        self,
        context: CachedContext,
        streams: Sequence[CanvasTokens],
        rows: Sequence[Ids],
        cancel: threading.Event | None,
    ) -> list[Logits]:
        length = len(streams[0].ids)
        self._check_length(context.num_tokens + length)
        flat = np.concatenate([index * length + wanted for index, wanted in enumerate(rows)])
        feed = canvas_feed(
            np.stack([stream.ids for stream in streams]),
            context.num_tokens,
            np.ones((len(streams), length, length), bool),
            flat,
            self._shape.num_kv_heads,
        )
        logits = self._run(context.buffers, feed, cancel)
        return np.split(logits, np.cumsum([len(wanted) for wanted in rows])[:-1])

    def _judge(
        self, context: CachedContext, ids: Ids, rows: Ids, cancel: threading.Event | None
    ) -> Logits:
        """Logits of ``rows`` (M,) of canvas ids (N,), each of which sees those before it.

        What the last pass began with too is not computed again, nor what no wanted row sees. Two
        rows at least, for the reason given at ``_encode``.
        """
        end = max(int(rows.max()) + 1, 2)
        num_slots = context.num_tokens + end
        self._check_length(num_slots)
        if self._tail is None or not self._tail.follows(context, num_slots):
            self._tail = CausalTail(context, num_slots)
        tail = self._tail
        first = min(common_prefix(tail.ids, ids), int(rows.min()), end - 2)
        tail.ids = ids[:first]
        feed = stored_feed(ids[first:end], tail.start + first, self._shape.num_kv_heads)
        feed |= {"scale": np.ones(1, np.float32), "rows": rows - first}
        logits = self._run(tail.buffers, feed, cancel)
        tail.ids = ids[:end].copy()
        return logits

    def _run(self, buffers: Buffers, feed: Feed, cancel: threading.Event | None) -> Logits:
        return self.session.run(feed, buffers.arrays, "logits", cancel)

    def _check_length(self, num_tokens: int) -> None:
        limit = self._shape.max_positions
        if num_tokens > limit:
            raise BadInput(f"{num_tokens} tokens are over the model's {limit}: show it less text")


def _own(handle: ContextHandle) -> CachedContext:
    if not isinstance(handle, CachedContext):
        raise TypeError(f"a handle of another denoiser: {type(handle).__name__}")
    return handle


def stored_feed(ids: Ids, start: int, num_kv_heads: int) -> dict[str, NDArray[Any]]:
    """A piece of a context (N,): each token sees the slots up to its own, which it fills."""
    positions = np.arange(start, start + len(ids))
    heads, slots = np.meshgrid(np.arange(num_kv_heads), positions, indexing="ij")
    return {
        "ids": ids[None],
        "positions": positions[None],
        "limits": positions[None] + 1,
        # Its own keys are in the slots already; seen twice they would count twice.
        "canvas_bias": np.full((1, len(ids), len(ids)), HIDDEN_SCORE, np.float32),
        "scale": np.zeros(1, np.float32),
        "store": np.arange(len(ids)),
        "slots": np.stack([heads, slots], axis=-1),
        "rows": np.empty(0, np.int64),
    }


def canvas_feed(
    ids: NDArray[np.int64],
    num_context: int,
    visible: NDArray[np.bool_],
    rows: Ids,
    num_kv_heads: int,
) -> Feed:
    """Canvases (B, N) behind ``num_context`` tokens, which all of them see; nothing is kept."""
    positions = np.arange(num_context, num_context + ids.shape[1])
    return {
        "ids": ids,
        "positions": np.broadcast_to(positions, ids.shape),
        "limits": np.full(ids.shape, num_context, np.int64),
        "canvas_bias": np.where(visible, np.float32(0), np.float32(HIDDEN_SCORE)),
        "scale": np.ones(1, np.float32),
        "store": np.empty(0, np.int64),
        "slots": np.empty((num_kv_heads, 0, 2), np.int64),
        "rows": rows,
    }
