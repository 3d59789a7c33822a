"""Rows of examples packed into sequences of one length. Imports numpy alone.

A row becomes a segment of context, a segment for what stands behind each group's cursor, and for
every group one clean pass under the causal mask (autoregressive loss) and noisy copies under the
bidirectional mask. Passes see their own group's part of the context and themselves, never each
other. Everything random comes from the pack's number, so that a run can be resumed anywhere and
workers may build packs in any order.
"""

# L tokens of a sequence

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.training.corruption import NUM_COPIES, corrupt
from engine.training.examples import ExampleHole, ExampleRow, Examples

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
BUCKETS = (8, 16, 32)
NUM_SPECIAL = 17  # the vocabulary's special tokens are its first rows
CONTEXT, CLEAN, NOISY = 0, 1, 2
_NOBODY = -1
NUM_OPEN = 32  # packs that are filled at a time


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """Ids that the passes need."""

    mask: int
    eom: int


@dataclass(frozen=True, slots=True)
class LossWeights:
    """What a token of the context, of a clean pass and of a noisy copy counts."""

    context: float = 0.3
    clean: float = 1.0
    noisy: float = 1.0

    def of(self, kind: int) -> float:
        """By ``CONTEXT``, ``CLEAN`` or ``NOISY``."""
        return (self.context, self.clean, self.noisy)[kind]


@dataclass(frozen=True, slots=True)
class Pack:
    """Arrays (L,): token ids, positions, targets, weights (0: no target), kinds, and who sees whom.

    ``fields`` as ``engine.training.visibility`` names them.
    """

    ids: Ints
    positions: Ints
    targets: Ints
    weights: Floats
    kinds: Ints
    fields: dict[str, Ints]


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A hole's target padded with <eom> to a bucket: ids (C,), weights (C,), true length."""

    ids: Ints
    weights: Floats
    num_clean: int
    starter: int


@dataclass(slots=True)
class _Columns:
    """A pack while it is gathered."""

    weights: LossWeights
    columns: dict[str, list[NDArray[np.generic]]] = field(default_factory=dict)
    num_tokens: int = 0
    num_segments: int = 0

    def add(
        self,
        ids: Ints,
        start: int,
        targets: Ints,
        weights: Floats,
        kind: int,
        **fields: int,
    ) -> int:
        """Append one segment at positions from ``start`` on; its number."""
        number, size = self.num_segments, len(ids)
        values = {
            "ids": ids,
            "positions": np.arange(start, start + size),
            "targets": targets,
            "weights": (weights * self.weights.of(kind)).astype(np.float32),
            "kinds": np.full(size, kind),
            "segment": np.full(size, number),
        }
        defaults = {"main": _NOBODY, "stop": 0, "rest": _NOBODY, "free": 0}
        values |= {name: np.full(size, value) for name, value in (defaults | fields).items()}
        for name, column in values.items():
            self.columns.setdefault(name, []).append(column)
        self.num_tokens, self.num_segments = self.num_tokens + size, number + 1
        return number

    def pack(self, length: int) -> Pack:
        """The columns, filled up to ``length``."""
        left = length - self.num_tokens
        nothing = np.zeros(left, np.int64)
        self.add(nothing, 0, nothing, np.zeros(left, np.float32), CONTEXT)
        joined = {name: np.concatenate(parts) for name, parts in self.columns.items()}
        names = ("segment", "main", "stop", "rest", "free")
        fields = {name: joined.pop(name) for name in names}
        return Pack(**joined, fields=fields)


@dataclass(frozen=True, slots=True)
class PackingConfig:
    """``length`` of a pack in tokens; ``roomy_share`` of the canvases are a bucket larger."""

    length: int = 4096
    weights: LossWeights = LossWeights()
    roomy_share: float = 0.35
    seed: int = 0


class Epoch:
    """All rows once: which rows stand in which pack, and how large each hole's canvas is."""

    def __init__(
        self, examples: Examples, special: SpecialIds, config: PackingConfig, number: int
    ) -> None:
        self.examples, self.special, self.config, self.number = examples, special, config, number
        random = np.random.default_rng((config.seed, number))
        self.canvas_lengths = _canvas_lengths(examples, config.roomy_share, random)
        clean = examples.hole_lengths + examples.complete_holes
        hole_sizes = np.minimum(clean, self.canvas_lengths) + 1
        hole_sizes = hole_sizes + NUM_COPIES * (self.canvas_lengths + 1)
        self.packs = _fitted(examples.row_sizes(hole_sizes), config.length, random)

    def __len__(self) -> int:
        return len(self.packs)

    def build(self, index: int, warmth: float) -> Pack:
        """The pack of that index, corrupted as far as the warm-up has come."""
        random = np.random.default_rng((self.config.seed, self.number, index))
        columns = _Columns(self.config.weights)
        for number in self.packs[index].tolist():
            lengths = iter(self.canvas_lengths[self.examples.first_hole(number) :].tolist())
            self._add_row(columns, self.examples[number], lengths, warmth, random)
        return columns.pack(self.config.length)

    def _add_row(
        self,
        columns: _Columns,
        row: ExampleRow,
        lengths: Iterator[int],
        warmth: float,
        random: np.random.Generator,
    ) -> None:
        start = columns.num_tokens
        main = columns.add(row.main, 0, *_next_tokens(row.main), CONTEXT)
        for group in row.groups:
            seen = {"main": main, "stop": start + group.num_visible}
            rest = _NOBODY
            at = group.num_visible
            if len(group.rest):
                rest = columns.add(group.rest, at, *_next_tokens(group.rest), CONTEXT, **seen)
            canvases = [self._canvas(hole, next(lengths)) for hole in group.holes]
            place = {**seen, "rest": rest}
            self._add_passes(columns, canvases, at + len(group.rest), place, warmth, random)

    def _add_passes(
        self,
        columns: _Columns,
        canvases: Sequence[_Canvas],
        start: int,
        place: dict[str, int],
        warmth: float,
        random: np.random.Generator,
    ) -> None:
        clean = [_inputs(canvas, None, self.special.mask) for canvas in canvases]
        columns.add(*_joined(clean, start), CLEAN, **place)
        lengths = [len(canvas.ids) for canvas in canvases]
        for mask in corrupt(lengths, warmth, random):
            parts = np.split(mask, np.cumsum(lengths)[:-1])
            noisy = [
                _inputs(canvas, part, self.special.mask)
                for canvas, part in zip(canvases, parts, strict=True)
            ]
            columns.add(*_joined(noisy, start), NOISY, **place, free=1)

    def _canvas(self, hole: ExampleHole, length: int) -> _Canvas:
        if not hole.is_complete or len(hole.ids) >= length:
            return _Canvas(hole.ids[:length], np.ones(length, np.float32), length, hole.starter)
        num_tail = length - len(hole.ids) - 1
        ids = np.concatenate([hole.ids, np.full(num_tail + 1, self.special.eom, np.int64)])
        weights = np.ones(length, np.float32)
        weights[len(hole.ids) + 1 :] = 1.0 / max(num_tail, 1)
        return _Canvas(ids, weights, len(hole.ids) + 1, hole.starter)


def _canvas_lengths(examples: Examples, roomy_share: float, random: np.random.Generator) -> Ints:
    """A bucket for each hole (holes,): the smallest with room for <eom>, or the next one."""
    buckets = np.array(BUCKETS)
    lengths = examples.hole_lengths
    smallest = np.searchsorted(buckets, lengths, side="right")
    is_roomy = random.random(len(lengths)) < roomy_share
    chosen = buckets[np.minimum(smallest + is_roomy, len(buckets) - 1)]
    # What goes on behind the canvas fills it: it is cut there.
    cut = np.where(random.random(len(lengths)) < 0.5, buckets[-1], buckets[-2])
    return np.where(examples.complete_holes, chosen, np.minimum(cut, lengths)).astype(np.int64)


def _fitted(sizes: Ints, length: int, random: np.random.Generator) -> list[Ints]:
    """Row numbers of each pack, best fit among a few open packs; longer rows are left out."""
    done: list[Ints] = []
    is_open: list[tuple[int, list[int]]] = []
    for number in random.permutation(np.flatnonzero(sizes <= length)).tolist():
        size = int(sizes[number])
        fitting = [pack for pack in is_open if pack[0] + size <= length]
        best = max(fitting, key=_fill) if fitting else (0, [])
        if fitting:
            is_open.remove(best)
        is_open.append((best[0] + size, [*best[1], number]))
        if len(is_open) > NUM_OPEN:
            fullest = max(is_open, key=_fill)
            is_open.remove(fullest)
            done.append(np.array(fullest[1]))
    return done + [np.array(pack[1]) for pack in is_open]


def _fill(pack: tuple[int, list[int]]) -> int:
    return pack[0]


def _next_tokens(ids: Ints) -> tuple[Ints, Floats]:
    """Each token's next one as its target; marks of the layout are not to be predicted."""
    targets = np.append(ids[1:], 0)
    return targets, (targets >= NUM_SPECIAL).astype(np.float32)


def _inputs(
    canvas: _Canvas, mask: NDArray[np.bool_] | None, mask_id: int
) -> tuple[Ints, Ints, Floats]:
    """Starter and canvas; row i-1 predicts canvas token i. Without a mask the clean pass."""
    size = canvas.num_clean if mask is None else len(canvas.ids)
    targets, weights = canvas.ids[:size], canvas.weights[:size]
    inputs = targets if mask is None else np.where(mask, mask_id, targets)
    weights = weights if mask is None else weights * mask
    return np.insert(inputs, 0, canvas.starter), np.append(targets, 0), np.append(weights, 0)


def _joined(
    parts: Sequence[tuple[Ints, Ints, Floats]], start: int
) -> tuple[Ints, int, Ints, Floats]:
    ids, targets, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    return ids, start, targets, weights
