"""Rows of examples as padded arrays for the two-stream model. Imports numpy alone.

Every group becomes passes on the canvas stream: one clean under the causal mask (autoregressive
loss) and, in the diffusion stage, two noisy ones under the bidirectional mask. Passes see their own
group's part of the context and themselves, never each other.
"""

# B rows, T context tokens, N canvas tokens

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.training.corruption import CorruptionConfig, corrupt
from engine.training.examples import ExampleGroup, ExampleHole, ExampleRow

Ints = NDArray[np.int64]
BUCKETS = (8, 16, 32)


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """Ids that the passes need."""

    mask: int
    eom: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded arrays. ``is_causal`` tells the clean passes; weight 0 means no target.

    context_ids, context_positions (B, T); context_visible (B, T, T) or None (plain causal);
    ids, positions, targets, weights (B, N); visible (B, N, T + N).
    """

    context_ids: Ints
    context_positions: Ints
    context_visible: NDArray[np.bool_] | None
    ids: Ints
    positions: Ints
    visible: NDArray[np.bool_]
    targets: Ints
    weights: NDArray[np.float32]
    is_causal: NDArray[np.bool_]
    num_holes: int


@dataclass(slots=True)
class _Stream:
    """One row's canvas tokens while they are gathered; ``fields`` per token, see ``_Pass``."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    passes: list[int] = field(default_factory=list)
    bounds: list[tuple[int, int, int, bool]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A hole's target padded with <eom> to a bucket: ids (C,), weights (C,), true length."""

    ids: Ints
    weights: NDArray[np.float32]
    num_clean: int
    starter: int


def collate(
    rows: Sequence[ExampleRow],
    special: SpecialIds,
    corruption: CorruptionConfig | None,
    warmth: float,
    random: np.random.Generator,
) -> Batch:
    """Build the batch; ``corruption`` None leaves out the noisy passes (autoregressive stage)."""
    contexts = [_context(row) for row in rows]
    streams = []
    for row, (_, _, tails, _) in zip(rows, contexts, strict=True):
        stream = _Stream()
        for group, tail in zip(row.groups, tails, strict=True):
            _add_group(stream, group, tail, special, corruption, warmth, random)
        streams.append(stream)
    width = _round_up(max(len(context[0]) for context in contexts))
    length = _round_up(max(len(stream.ids) for stream in streams))
    shape = (len(rows), length)
    ids, positions, targets = (np.zeros(shape, np.int64) for _ in range(3))
    weights, is_causal = np.zeros(shape, np.float32), np.zeros(shape, bool)
    visible = np.zeros((len(rows), length, width + length), bool)
    for number, stream in enumerate(streams):
        size = len(stream.ids)
        ids[number, :size], positions[number, :size] = stream.ids, stream.positions
        targets[number, :size], weights[number, :size] = stream.targets, stream.weights
        is_causal[number, :size] = [stream.bounds[index][3] for index in stream.passes]
        _see(visible[number], stream, width)
    context_ids, context_positions = np.zeros((2, len(rows), width), np.int64)
    for number, (main_and_tails, context_positions_of, _, _) in enumerate(contexts):
        context_ids[number, : len(main_and_tails)] = main_and_tails
        context_positions[number, : len(main_and_tails)] = context_positions_of
    num_holes = sum(len(group.holes) for row in rows for group in row.groups)
    return Batch(
        context_ids, context_positions, _context_visible(contexts, width),
        ids, positions, visible, targets, weights, is_causal, num_holes,
    )  # fmt: skip


_Context = tuple[list[int], list[int], list[tuple[int, int]], list[int]]


def _context(row: ExampleRow) -> _Context:
    """Main ids and every group's rest behind them; positions; (start, end) of the rests; limits."""
    ids, positions = list(row.main), list(range(len(row.main)))
    tails, limits = [], []
    for group in row.groups:
        start = len(ids)
        ids += list(group.rest)
        positions += range(group.num_visible, group.num_visible + len(group.rest))
        tails.append((start, len(ids)))
        limits.append(group.num_visible)
    return ids, positions, tails, limits


def _context_visible(contexts: Sequence[_Context], width: int) -> NDArray[np.bool_] | None:
    if not any(end > start for context in contexts for start, end in context[2]):
        return None
    causal = np.tril(np.ones((width, width), bool))
    visible = np.repeat(causal[None], len(contexts), axis=0)
    for number, (_, _, tails, limits) in enumerate(contexts):
        main = tails[0][0]
        visible[number, main:, main:] = False
        for (start, end), limit in zip(tails, limits, strict=True):
            visible[number, start:end, limit:main] = False
            visible[number, start:end, start:end] = causal[: end - start, : end - start]
        rest = np.arange(tails[-1][1], width)
        visible[number, rest, rest] = True
    return visible


def _add_group(
    stream: _Stream,
    group: ExampleGroup,
    tail: tuple[int, int],
    special: SpecialIds,
    corruption: CorruptionConfig | None,
    warmth: float,
    random: np.random.Generator,
) -> None:
    canvases = [_canvas(hole, special, random) for hole in group.holes]
    start = group.num_visible + len(group.rest)
    bound = (group.num_visible, *tail)
    masks: list[NDArray[np.bool_] | None] = [None]
    if corruption is not None:
        masks += list(corrupt(sum(len(c.ids) for c in canvases), corruption, warmth, random))
    for mask in masks:
        index = len(stream.bounds)
        stream.bounds.append((*bound, mask is None))
        first, at = 0, start
        for canvas in canvases:
            hidden = None if mask is None else mask[first : first + len(canvas.ids)]
            first += len(canvas.ids)
            at = _add_canvas(stream, canvas, hidden, index, at, special)


def _add_canvas(
    stream: _Stream,
    canvas: _Canvas,
    hidden: NDArray[np.bool_] | None,
    index: int,
    at: int,
    special: SpecialIds,
) -> int:
    """Append starter and canvas; row i-1 predicts canvas token i. Returns the next position."""
    size = canvas.num_clean if hidden is None else len(canvas.ids)
    targets, weights = canvas.ids[:size], canvas.weights[:size]
    inputs = targets if hidden is None else np.where(hidden, special.mask, targets)
    if hidden is not None:
        weights = weights * hidden
    stream.ids += [canvas.starter, *inputs.tolist()]
    stream.targets += [*targets.tolist(), 0]
    stream.weights += [*weights.tolist(), 0.0]
    stream.positions += range(at, at + size + 1)
    stream.passes += [index] * (size + 1)
    return at + size + 1


def _canvas(hole: ExampleHole, special: SpecialIds, random: np.random.Generator) -> _Canvas:
    if not hole.is_complete:
        size = 32 if random.random() < 0.5 else 16
        ids = hole.ids[:size]
        return _Canvas(ids, np.ones(len(ids), np.float32), len(ids), hole.starter)
    fitting = [bucket for bucket in BUCKETS if bucket > len(hole.ids)]
    size = fitting[0] if random.random() < 0.65 else fitting[min(1, len(fitting) - 1)]
    num_tail = size - len(hole.ids) - 1
    ids = np.concatenate([hole.ids, np.full(num_tail + 1, special.eom, np.int64)])
    weights = np.ones(size, np.float32)
    weights[len(hole.ids) + 1 :] = 1.0 / max(num_tail, 1)
    return _Canvas(ids, weights, len(hole.ids) + 1, hole.starter)


def _see(visible: NDArray[np.bool_], stream: _Stream, width: int) -> None:
    """Fill one row's visibility (N, T + N)."""
    passes = np.full(visible.shape[0], -1)
    passes[: len(stream.passes)] = stream.passes
    order = np.arange(visible.shape[0])
    keys = np.arange(width)
    bounds = np.array(stream.bounds)[np.array(stream.passes)]
    limit, start, end, causal = (bounds[:, column, None] for column in range(4))
    size = len(stream.passes)
    visible[:size, :width] = (keys < limit) | ((keys >= start) & (keys < end))
    own = passes[:size, None] == passes[None, :]
    visible[:size, width:] = own & ((causal == 0) | (order[None, :] <= order[:size, None]))
    visible[order, width + order] = True


def _round_up(length: int, multiple: int = 32) -> int:
    return (length + multiple - 1) // multiple * multiple
