"""Canvases one after the other: holes that need more room, and the way back.

The cursor's hole is extended by a new block, a further hole grows in place; a finished block that
turns out wrong is opened again.
"""

# L positions of a block, D tokens of finished blocks

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.canvas import Canvas, Ids
from engine.decoding.causal_scores import CausalScores
from engine.decoding.commit import Floats
from engine.decoding.spelling import Spelling
from engine.denoisers.protocol import ContextHandle, Denoiser
from engine.effort import Decoding, SamplerConfig


@dataclass(frozen=True, slots=True)
class FinishedBlock:
    """A block of the cursor's hole: its ids (L,), their p (L,), their causal p (L,) or None.

    ``num_done`` tokens stood before it; ``handle`` is the context it was denoised in.
    """

    num_done: int
    ids: Ids
    p: Floats
    causal_p: Floats | None
    handle: ContextHandle


class Blocks:
    """Where a run stands: its context, its finished blocks, and the steps of the current one."""

    def __init__(
        self,
        canvas: Canvas,
        handle: ContextHandle,
        sizes: Sequence[int],
        denoiser: Denoiser,
        spelling: Spelling,
        config: SamplerConfig,
    ) -> None:
        self.handle = handle
        self.finished: list[FinishedBlock] = []
        self.num_steps = 0
        self._canvas, self._sizes, self._config = canvas, sizes, config
        self._denoiser, self._spelling = denoiser, spelling
        self._num_allowed = 0
        self.allow(canvas.starts[-1])

    @property
    def num_steps_left(self) -> int:
        """Steps that the current block still has, this one included."""
        return max(1, self._num_allowed - self.num_steps)

    def allow(self, num_positions: int) -> None:
        """Grant the steps that ``num_positions`` masked positions may take."""
        self._num_allowed += math.ceil(self._config.steps_per_token * num_positions)

    def done_p(self, hole: int) -> Floats:
        """Probabilities (D,) that the finished blocks were committed with."""
        parts = [block.p for block in self.finished] if hole == self._canvas.cursor_hole else []
        return np.concatenate([np.empty(0, np.float32), *parts])

    def causal_p(self, hole: int, causal: CausalScores) -> Floats | None:
        """Causal probabilities of all tokens of a hole, None unless each of them was scored."""
        parts = [causal.of(self._canvas, hole)]
        if hole == self._canvas.cursor_hole:
            parts = [*(block.causal_p for block in self.finished), *parts]
        known = [part for part in parts if part is not None]
        return np.concatenate(known) if len(known) == len(parts) else None

    def lengthen(self, causal: CausalScores) -> bool:
        """Give each hole that has not ended more positions; False when one may have no more.

        The cursor's hole goes on with a new block, a further hole grows in place. Under verified
        steps the cursor's hole grows as well, up to the longest canvas the model was trained on.
        """
        open_holes = [
            number
            for number, hole in enumerate(self._canvas.holes)
            if not self._spelling.is_finished(hole)
        ]
        if not all(self._has_room(number) for number in open_holes):
            return False
        for number in open_holes:
            if self._grows(number):
                self._grow(number)
            else:
                self._extend(causal)
        return True

    def reopen(self, hole: int, index: int) -> list[int]:
        """Mask a hole from token ``index`` on, counted over finished blocks and the current one.

        The block gets its full size again. The places that were committed and are masked now.
        """
        canvas = self._canvas.holes[hole]
        states = np.concatenate([np.zeros(len(canvas.done), np.bool_), canvas.is_masked])
        hidden = (np.flatnonzero(~states[index:]) + index).tolist()
        while index < len(canvas.done):
            block = self.finished.pop()
            canvas.rewind(block.num_done, block.ids, block.p)
            self.handle = block.handle
        local = index - len(canvas.done)
        size = max(self._sizes[hole], len(canvas))
        canvas.truncate(local)
        canvas.grow(size - local, self._spelling.tokenizer.mask_id)
        self.allow(size - local)
        return hidden

    def _grows(self, hole: int) -> bool:
        """Whether a hole gets more positions in place, not a new block."""
        is_short = len(self._canvas.holes[hole]) < self._config.max_positions
        is_verified = self._config.decoding is not Decoding.MASKED
        return hole != self._canvas.cursor_hole or (is_verified and is_short)

    def _has_room(self, hole: int) -> bool:
        if self._grows(hole):
            return len(self._canvas.holes[hole]) < self._config.max_positions
        return len(self.finished) + 1 < self._config.max_blocks

    def _extend(self, causal: CausalScores) -> None:
        number = self._canvas.cursor_hole
        hole = self._canvas.holes[number]
        causal_p = causal.of(self._canvas, number)
        block = FinishedBlock(len(hole.done), hole.ids, hole.p, causal_p, self.handle)
        self.handle = self._denoiser.extend(self.handle, hole.ids)
        self.finished.append(block)
        hole.extend(self._sizes[number], self._spelling.tokenizer.mask_id)
        self.num_steps = self._num_allowed = 0
        self.allow(self._canvas.starts[-1])

    def _grow(self, number: int) -> None:
        hole = self._canvas.holes[number]
        num_tokens = min(self._sizes[number], self._config.max_positions - len(hole))
        hole.grow(num_tokens, self._spelling.tokenizer.mask_id)
        self.allow(num_tokens)
