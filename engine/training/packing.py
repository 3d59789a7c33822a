"""Rows of examples packed into sequences of one length. Imports numpy alone.

A row becomes a segment of context, a segment for what stands behind each group's cursor, and for
every group one clean pass under the causal mask (autoregressive loss) and noisy copies under the
bidirectional mask. Passes see their own group's part of the context and themselves, never each
other. Everything random comes from the pack's number, so that a run can be resumed anywhere and
workers may build packs in any order.
"""

# L tokens of a pack, S of a segment, C of a canvas

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
FIELDS = ("segment", "main", "stop", "rest", "free")  # see engine.training.visibility
_NOBODY = -1
NUM_OPEN = 32  # packs that are filled at a time


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """Ids that the passes need."""

    mask: int
    eom: int


@dataclass(frozen=True, slots=True)
class LossWeights:
    """What a token of the context, of a clean pass and of a noisy copy counts.

    Copies that count nothing are not made.
    """

    context: float = 0.3
    clean: float = 2.0
    noisy: float = 1.0

    def of(self, kind: int) -> float:
        """By ``CONTEXT``, ``CLEAN`` or ``NOISY``."""
        return (self.context, self.clean, self.noisy)[kind]


@dataclass(frozen=True, slots=True)
class PackingConfig:
    """``length`` of a pack in tokens; ``roomy_share`` of the canvases are a bucket larger."""

    length: int = 4096
    weights: LossWeights = field(default_factory=LossWeights)
    roomy_share: float = 0.35
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Pack:
    """Arrays (L,): token ids, positions, targets, weights (0: no target), kinds, and who sees whom.

    ``fields`` by the names of ``FIELDS``.
    """

    ids: Ints
    positions: Ints
    targets: Ints
    weights: Floats
    kinds: Ints
    fields: dict[str, Ints]


@dataclass(frozen=True, slots=True)
class _Tokens:
    """Some tokens (S,), what each is to predict, and what that weighs."""

    ids: Ints
    targets: Ints
    weights: Floats

    @staticmethod
    def text(ids: Ints) -> _Tokens:
        """Each token predicts the next one, unless that is a mark of the layout."""
        targets = np.append(ids[1:], 0)[: len(ids)]
        return _Tokens(ids, targets, (targets >= NUM_SPECIAL).astype(np.float32))

    @staticmethod
    def joined(parts: Sequence[_Tokens]) -> _Tokens:
        """One after the other."""
        return _Tokens(
            np.concatenate([part.ids for part in parts]),
            np.concatenate([part.targets for part in parts]),
            np.concatenate([part.weights for part in parts]),
        )


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A hole's target padded with <eom> to a bucket: ids (C,), weights (C,), true length."""

    ids: Ints
    weights: Floats
    num_clean: int
    starter: int

    @staticmethod
    def of(hole: ExampleHole, length: int, eom: int) -> _Canvas:
        """What does not fit ``length`` with an <eom> is cut; it goes on behind the canvas."""
        if not hole.is_complete or len(hole.ids) >= length:
            ids = hole.ids[:length]
            return _Canvas(ids, np.ones(len(ids), np.float32), len(ids), hole.starter)
        num_tail = length - len(hole.ids) - 1
        ids = np.concatenate([hole.ids, np.full(num_tail + 1, eom, np.int64)])
        weights = np.ones(length, np.float32)
        weights[len(hole.ids) + 1 :] = 1.0 / max(num_tail, 1)
        return _Canvas(ids, weights, len(hole.ids) + 1, hole.starter)

    def clean(self) -> _Tokens:
        """Starter and text up to its end; token i-1 predicts token i of the canvas."""
        size = self.num_clean
        return self._tokens(self.ids[:size], self.ids[:size], self.weights[:size])

    def noisy(self, mask: NDArray[np.bool_], mask_id: int) -> _Tokens:
        """Starter and canvas; what is masked is to be predicted."""
        return self._tokens(
            np.where(mask, mask_id, self.ids), self.ids, (self.weights * mask).astype(np.float32)
        )

    def _tokens(self, inputs: Ints, targets: Ints, weights: Floats) -> _Tokens:
        none = np.zeros(1, np.float32)
        ids = np.insert(inputs, 0, self.starter)
        return _Tokens(ids, np.append(targets, 0), np.concatenate([weights, none]))


@dataclass(frozen=True, slots=True)
class _Place:
    """What a segment sees beside itself: ``main`` up to ``stop``, and ``rest``; see ``FIELDS``."""

    main: int = _NOBODY
    stop: int = 0
    rest: int = _NOBODY


@dataclass(slots=True)
class _Draft:
    """A pack while its segments are gathered."""

    loss_weights: LossWeights
    ids: list[Ints] = field(default_factory=list)
    positions: list[Ints] = field(default_factory=list)
    targets: list[Ints] = field(default_factory=list)
    weights: list[Floats] = field(default_factory=list)
    kinds: list[Ints] = field(default_factory=list)
    fields: list[Ints] = field(default_factory=list)
    num_tokens: int = 0

    def add(self, tokens: _Tokens, start: int, kind: int, place: _Place) -> int:
        """Append one segment at positions from ``start`` on; its number."""
        number, size = len(self.ids), len(tokens.ids)
        sees = (number, place.main, place.stop, place.rest, int(kind == NOISY))
        self.ids.append(tokens.ids)
        self.positions.append(np.arange(start, start + size))
        self.targets.append(tokens.targets)
        self.weights.append(tokens.weights * np.float32(self.loss_weights.of(kind)))
        self.kinds.append(np.full(size, kind))
        self.fields.append(np.repeat(np.array(sees)[:, None], size, axis=1))
        self.num_tokens += size
        return number

    def pack(self, length: int) -> Pack:
        """All of it, filled up to ``length``."""
        nothing = np.zeros(length - self.num_tokens, np.int64)
        filling = _Tokens(nothing, nothing, nothing.astype(np.float32))
        self.add(filling, 0, CONTEXT, _Place())
        return Pack(
            np.concatenate(self.ids),
            np.concatenate(self.positions),
            np.concatenate(self.targets),
            np.concatenate(self.weights),
            np.concatenate(self.kinds),
            dict(zip(FIELDS, np.concatenate(self.fields, axis=1), strict=True)),
        )


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
        self.has_copies = config.weights.noisy > 0
        if self.has_copies:
            hole_sizes = hole_sizes + NUM_COPIES * (self.canvas_lengths + 1)
        self.packs = _fitted(examples.row_sizes(hole_sizes), config.length, random)

    def __len__(self) -> int:
        return len(self.packs)

    def build(self, index: int, warmth: float) -> Pack:
        """The pack of that index, corrupted as far as the warm-up has come."""
        random = np.random.default_rng((self.config.seed, self.number, index))
        draft = _Draft(self.config.weights)
        for number in self.packs[index].tolist():
            lengths = iter(self.canvas_lengths[self.examples.first_hole(number) :].tolist())
            self._add_row(draft, self.examples[number], lengths, warmth, random)
        return draft.pack(self.config.length)

    def _add_row(
        self,
        draft: _Draft,
        row: ExampleRow,
        lengths: Iterator[int],
        warmth: float,
        random: np.random.Generator,
    ) -> None:
        """Append a row; ``lengths`` of its holes' canvases."""
        start = draft.num_tokens
        main = draft.add(_Tokens.text(row.main), 0, CONTEXT, _Place())
        for group in row.groups:
            place, at = _Place(main, start + group.num_visible), group.num_visible
            if len(group.rest):
                rest = draft.add(_Tokens.text(group.rest), at, CONTEXT, place)
                place = _Place(place.main, place.stop, rest)
            eom, at = self.special.eom, at + len(group.rest)
            canvases = [_Canvas.of(hole, next(lengths), eom) for hole in group.holes]
            draft.add(_Tokens.joined([canvas.clean() for canvas in canvases]), at, CLEAN, place)
            if self.has_copies:
                for noisy in self._noisy(canvases, warmth, random):
                    draft.add(noisy, at, NOISY, place)

    def _noisy(
        self, canvases: Sequence[_Canvas], warmth: float, random: np.random.Generator
    ) -> Iterator[_Tokens]:
        """Copies of the canvases with something masked in each."""
        lengths = [len(canvas.ids) for canvas in canvases]
        for mask in corrupt(lengths, warmth, random):
            parts = np.split(mask, np.cumsum(lengths)[:-1])
            yield _Tokens.joined(
                [
                    canvas.noisy(part, self.special.mask)
                    for canvas, part in zip(canvases, parts, strict=True)
                ]
            )


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
    done: list[list[int]] = []
    is_open: list[list[int]] = []
    fills: list[int] = []
    for number in random.permutation(np.flatnonzero(sizes <= length)).tolist():
        size = int(sizes[number])
        fitting = [index for index, fill in enumerate(fills) if fill + size <= length]
        if fitting:
            best = max(fitting, key=fills.__getitem__)
            is_open[best].append(number)
            fills[best] += size
            continue
        if len(is_open) == NUM_OPEN:
            fullest = max(range(NUM_OPEN), key=fills.__getitem__)
            done.append(is_open.pop(fullest))
            fills.pop(fullest)
        is_open.append([number])
        fills.append(size)
    return [np.array(pack) for pack in done + is_open]
