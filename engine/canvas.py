"""The canvas: token ids in text order, and per hole position whether it is masked or committed.

Knows nothing of models and their layouts. Context ids never change; a
hole's arrays always have one length; behind a committed <eom> nothing is left.
"""

# L positions of one hole's current block, D tokens of its finished blocks

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.holes import Hole, HoleKind, MaskPlan
from engine.spans import Span
from engine.step import State

if TYPE_CHECKING:
    from engine.context import Context
    from engine.tokenizer import Tokenizer

__all__ = ["Canvas", "HoleCanvas", "Ids", "State"]

Ids = NDArray[np.int64]
_LINE_BREAK = re.compile(r"\A[ \t]*\n")


def _no_ids() -> Ids:
    return np.empty(0, np.int64)


@dataclass(slots=True)
class HoleCanvas:
    """One hole's positions. ids (L,) int64, states (L,) uint8 of MASKED or COMMITTED.

    ``forced``: bytes that the hole's text must begin with (token healing: the word being typed).
    ``done`` (D,): ids of finished blocks; the model sees them as context (``Denoiser.extend``).
    ``p`` (L,): the probability a committed token was committed with, or a masked position's best
    guess has; ``guess`` (L,): that guess, -1 before the first step.
    """

    ids: Ids
    states: NDArray[np.uint8]
    forced: bytes = b""
    done: Ids = field(default_factory=_no_ids)
    p: NDArray[np.float32] = field(init=False)
    guess: Ids = field(init=False)

    def __post_init__(self) -> None:
        if self.ids.shape != self.states.shape or self.ids.ndim != 1:
            raise ValueError(f"{self.ids.shape} ids do not match {self.states.shape} states")
        self.p = np.zeros(len(self.ids), np.float32)
        self.guess = np.full(len(self.ids), -1, np.int64)

    def __len__(self) -> int:
        return len(self.ids)

    @staticmethod
    def masked(num_tokens: int, mask_id: int, forced: bytes = b"") -> HoleCanvas:
        """A hole of which nothing is known but the bytes it begins with."""
        ids = np.full(num_tokens, mask_id, np.int64)
        return HoleCanvas(ids, np.full(num_tokens, State.MASKED, np.uint8), forced)

    @property
    def is_masked(self) -> NDArray[np.bool_]:
        """Which positions are masked (L,)."""
        return np.equal(self.states, State.MASKED)

    @property
    def num_frontier(self) -> int:
        """Committed positions before the first masked one."""
        masked = np.flatnonzero(self.is_masked)
        return int(masked[0]) if len(masked) else len(self)

    def copy(self) -> HoleCanvas:
        """The same positions, to be changed apart."""
        twin = HoleCanvas(self.ids.copy(), self.states.copy(), self.forced, self.done)
        twin.p, twin.guess = self.p.copy(), self.guess.copy()
        return twin

    def commit(self, index: int, token: int, p: float) -> None:
        """Put ``token`` at a masked position. ValueError when it is committed already."""
        if self.states[index] != State.MASKED:
            raise ValueError(f"position {index} is committed already")
        self.ids[index], self.states[index], self.p[index] = token, State.COMMITTED, p

    def truncate(self, length: int) -> None:
        """Drop the positions from ``length`` on, physically."""
        if not 0 <= length <= len(self):
            raise ValueError(f"cannot truncate {len(self)} positions to {length}")
        self.ids, self.states = self.ids[:length].copy(), self.states[:length].copy()
        self.p, self.guess = self.p[:length].copy(), self.guess[:length].copy()

    def grow(self, num_tokens: int, mask_id: int) -> None:
        """Append ``num_tokens`` masked positions to the current block."""
        tail = HoleCanvas.masked(num_tokens, mask_id)
        self.ids = np.concatenate([self.ids, tail.ids])
        self.states = np.concatenate([self.states, tail.states])
        self.p = np.concatenate([self.p, tail.p])
        self.guess = np.concatenate([self.guess, tail.guess])

    def extend(self, num_tokens: int, mask_id: int) -> Ids:
        """Finish the current block and start a masked one; the finished block's ids (L,)."""
        if self.is_masked.any():
            raise ValueError("a block with masked positions cannot be finished")
        finished = self.ids
        self.done = np.concatenate([self.done, finished])
        self.truncate(0)
        self.grow(num_tokens, mask_id)
        return finished

    def rewind(self, num_done: int, block: Ids, block_p: NDArray[np.float32]) -> None:
        """Take back extensions: keep ``num_done`` finished ids, ``block`` (L,) is open again."""
        if num_done > len(self.done):
            raise ValueError(f"{len(self.done)} tokens are finished, not {num_done}")
        self.done = self.done[:num_done]
        self.ids, self.p = block.copy(), block_p.copy()
        self.states = np.full(len(block), State.COMMITTED, np.uint8)
        self.guess = np.full(len(block), -1, np.int64)


@dataclass(slots=True)
class Canvas:
    """Context pieces and holes interleaved in text order.

    context[0], holes[0], context[1], …; ``snippets`` stand before the file. What stands behind the
    cursor's hole on its line is the first ``rest_tokens`` ids of
    ``context[cursor_hole + 1 + rest_holes]`` and, when ``rest_holes`` further holes stand on that
    line, all pieces and holes before it. The line break behind the cursor's line is in no piece:
    the layout implies it.
    """

    snippets: Ids
    context: tuple[Ids, ...]
    holes: list[HoleCanvas]
    cursor_hole: int
    rest_tokens: int
    rest_holes: int = 0

    def __post_init__(self) -> None:
        if len(self.context) != len(self.holes) + 1:
            raise ValueError(f"{len(self.holes)} holes need {len(self.holes) + 1} context pieces")
        for piece in (self.snippets, *self.context):
            piece.flags.writeable = False

    @staticmethod
    def from_plan(plan: MaskPlan, context: Context, data: bytes, tokenizer: Tokenizer) -> Canvas:
        """Every hole masked, the text of the window between them (line breaks as LF).

        The cursor's hole starts at the last token boundary before the word being typed, a further
        one before the space in front of it, unless it is a name; the bytes from there on are forced
        (token healing).
        """
        encode = tokenizer.encode
        pieces = [
            "".join(_text(data, part) for part in _without(piece, context.gaps))
            for piece in _between_holes(plan, context.window)
        ]
        prefix, word = tokenizer.heal(pieces[plan.cursor_hole] + plan.lead)
        holes = []
        for index, hole in enumerate(plan.holes):
            forced = word
            if index != plan.cursor_hole:
                forced = _space_before(pieces[index], hole)
                pieces[index] = pieces[index][: len(pieces[index]) - len(forced)]
            holes.append(HoleCanvas.masked(hole.num_tokens, tokenizer.mask_id, forced))
        rest_holes, rest, behind = _rest(plan, pieces, data)
        ids = [encode(piece) for piece in pieces]
        ids[plan.cursor_hole] = prefix
        ids[plan.cursor_hole + 1 + rest_holes] = np.concatenate([encode(rest), encode(behind)])
        snippets = [
            np.concatenate([[tokenizer.file_sep_id], encode(f"{item.path}\n"), encode(item.text)])
            for item in context.snippets
        ]
        joined = np.concatenate([_no_ids(), *snippets])
        return Canvas(joined, tuple(ids), holes, plan.cursor_hole, len(encode(rest)), rest_holes)

    @property
    def starts(self) -> tuple[int, ...]:
        """Where each hole's positions start among the concatenated ones; the total at the end."""
        starts = [0]
        for hole in self.holes:
            starts.append(starts[-1] + len(hole))
        return tuple(starts)

    @property
    def num_context(self) -> int:
        """Tokens that never change."""
        return len(self.snippets) + sum(len(piece) for piece in self.context)

    def masked(self) -> Ids:
        """Concatenated positions that are masked (M,)."""
        return np.flatnonzero(np.concatenate([hole.is_masked for hole in self.holes]))

    def locate(self, positions: Sequence[int] | Ids) -> tuple[Ids, Ids]:
        """Hole (M,) and position within the hole (M,) of concatenated positions (M,)."""
        starts = np.array(self.starts)
        holes = np.searchsorted(starts, positions, side="right") - 1
        return holes, np.asarray(positions) - starts[holes]

    def copy(self) -> Canvas:
        """The same context, and holes to be changed apart."""
        holes = [hole.copy() for hole in self.holes]
        return Canvas(
            self.snippets, self.context, holes, self.cursor_hole, self.rest_tokens, self.rest_holes
        )


def _text(data: bytes, piece: Span) -> str:
    """A piece of the file as the model reads it; a cut character is replaced."""
    return piece.of(data).decode("utf-8", "replace").replace("\r\n", "\n")


def _between_holes(plan: MaskPlan, window: Span) -> Iterator[Span]:
    at = window.start
    for hole in plan.holes:
        yield Span(at, hole.span.start)
        at = hole.span.end
    yield Span(at, max(at, window.end))


def _without(piece: Span, gaps: Sequence[Span]) -> Iterator[Span]:
    """What is left of ``piece``; a gap lies within one piece."""
    at = piece.start
    for gap in gaps:
        if piece.start <= gap.start and gap.end <= piece.end:
            yield Span(at, gap.start)
            at = gap.end
    yield Span(at, max(at, piece.end))


def _space_before(before: str, hole: Hole) -> bytes:
    """The space that a further hole takes over from the text before it; a name takes none."""
    is_spaced = before.endswith((" ", "\t")) and hole.kind is not HoleKind.NAME
    return before[-1:].encode() if is_spaced else b""


def _rest(plan: MaskPlan, pieces: Sequence[str], data: bytes) -> tuple[int, str, str]:
    """Holes on the rest of the cursor's line, the rest behind the last of them, what follows.

    White space alone is no rest: the model never saw one.
    """
    behind_cursor = plan.holes[plan.cursor_hole + 1 :]
    num_holes = sum(hole.span.start < plan.rest.end for hole in behind_cursor)
    last = plan.holes[plan.cursor_hole + num_holes].span.end
    piece = pieces[plan.cursor_hole + 1 + num_holes]
    rest = _text(data, Span(last, max(plan.rest.end, last)))[: len(piece)]
    behind = piece[len(rest) :]
    if not rest.strip() and not num_holes:
        rest = ""
    return num_holes, rest, _LINE_BREAK.sub("", behind, count=1)
