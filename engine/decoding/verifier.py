"""Verified steps: drafts behind every frontier, one causal pass, the supported prefix stays.

The causal pass of the same weights sees at each position what stands before it, drafts included, so
it judges all of a draft at once, and says what should stand where the draft goes wrong: that token
is committed too. All holes of a canvas share the pass.
"""

# M judged positions, V vocabulary

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from engine.canvas import Canvas, HoleCanvas
from engine.decoding.blocks import Blocks
from engine.decoding.branches import RunnersUp, RunnerUp
from engine.decoding.denoising import Denoising
from engine.decoding.drafts import DraftSource
from engine.decoding.filters import Filters
from engine.decoding.lookup import UNKNOWN
from engine.decoding.posterior import apply_filters, greedy, runners_up
from engine.decoding.writer import Place, Writer
from engine.denoisers.protocol import Denoiser, Logits
from engine.effort import SamplerConfig
from engine.lexicon import Lexicon
from engine.memory.memory import Memory
from engine.step import State


class Verifier:
    """Verified steps over one canvas.

    ``denoising`` writes drafts onto it, and ``memory`` adds to what the causal pass says of the
    cursor's hole, when they are given.
    """

    def __init__(
        self,
        canvas: Canvas,
        denoiser: Denoiser,
        lexicon: Lexicon,
        filters: Filters,
        writer: Writer,
        sources: Sequence[DraftSource],
        config: SamplerConfig,
        denoising: Denoising | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._canvas, self._denoiser, self._lexicon = canvas, denoiser, lexicon
        self._filters, self._writer, self._sources = filters, writer, sources
        self._config, self._denoising, self._num_passes = config, denoising, 0
        self._num_rounds_left, self._memory = config.num_revisits, memory
        self._verified: list[list[int]] | None = None
        self.runners_up = RunnersUp()

    @property
    def forwards(self) -> int:
        """Passes so far, those of the drafts included."""
        num_drafted = 0 if self._denoising is None else self._denoising.forwards
        return self._num_passes + num_drafted

    def step(self, blocks: Blocks, cancel: threading.Event | None) -> list[Place]:
        """One pass; commits at least one token of every open hole. What was committed."""
        drafts = self._drafts(blocks, cancel)
        trial = self._trial(drafts)
        starts = trial.starts
        wanted = [
            starts[number] + np.arange(hole.num_frontier, len(trial.holes[number]))
            for number, hole in enumerate(self._canvas.holes)
        ]
        [logits] = self._denoiser.predict(
            blocks.handle, [trial], [np.concatenate(wanted)], causal=True, cancel=cancel
        )
        self._num_passes += 1
        committed, row = [], 0
        for number, rows in enumerate(wanted):
            if len(rows):
                part = logits[row : row + len(rows)]
                committed += self._judge(number, drafts[number][: len(rows) - 1], part)
            row += len(rows)
        return committed

    def revisit(self, blocks: Blocks) -> list[Place]:
        """Open the further holes of a full canvas again, what they say is their draft.

        They were verified while the holes before them were open; the next step verifies them as
        they stand. What is masked now: nothing when all has been verified, or too often.
        """
        texts = [hole.ids.tolist() for hole in self._canvas.holes]
        is_settled = len(texts) == 1 or texts == self._verified
        if is_settled or self._num_rounds_left <= 0:
            return []
        self._num_rounds_left -= 1
        self._verified = texts
        hidden = []
        for number, tokens in enumerate(texts):
            if number != self._canvas.cursor_hole:
                hidden += [(number, place) for place in blocks.reopen(number, 0)]
                self._canvas.holes[number].guess[: len(tokens)] = tokens
        return hidden

    def _drafts(self, blocks: Blocks, cancel: threading.Event | None) -> list[list[int]]:
        """One draft for each hole; a masked pass is asked where the other sources know nothing."""
        numbers = range(len(self._canvas.holes))
        drafts = [self._draft(number) for number in numbers]
        is_missing = any(
            hole.is_masked.any() and not drafted
            for hole, drafted in zip(self._canvas.holes, drafts, strict=True)
        )
        if self._denoising is None or not is_missing:
            return drafts
        self._denoising.guess(blocks, cancel)
        return [drafts[number] or self._draft(number) for number in numbers]

    def _draft(self, hole: int) -> list[int]:
        canvas = self._canvas.holes[hole]
        room = len(canvas) - canvas.num_frontier
        for source in self._sources if room else ():
            drafted = source.draft(self._canvas, hole)
            if drafted:
                return drafted[:room]
        return []

    def _trial(self, drafts: Sequence[Sequence[int]]) -> Canvas:
        """The canvas as the causal pass is to see it: frontier, draft, and one position to fill.

        That last one is seen by nobody but the holes behind this one, to which it says that this
        one ends there.
        """
        trial = self._canvas.copy()
        eom_id = self._denoiser.tokenizer.eom_id
        for number, (hole, drafted) in enumerate(zip(self._canvas.holes, drafts, strict=True)):
            room = len(hole) - hole.num_frontier
            tail = [*drafted, eom_id][:room]
            ids = np.concatenate([hole.ids[: hole.num_frontier], np.array(tail, np.int64)])
            states = np.full(len(ids), State.COMMITTED, np.uint8)
            trial.holes[number] = HoleCanvas(ids, states, hole.forced, hole.done)
        return trial

    def _recall(self, hole: int, drafted: Sequence[int], logits: Logits) -> None:
        """Add what the user's files know to ``logits`` (M, V), as far as the draft is supported."""
        if self._memory is None or hole != self._canvas.cursor_hole:
            return
        canvas = self._canvas.holes[hole]
        written = np.concatenate(
            [canvas.done, canvas.ids[: canvas.num_frontier], np.array(drafted, np.int64)]
        )
        num_written = len(written) - len(drafted)
        for row, says in enumerate(logits):
            self._memory.recall(says, written[: num_written + row])
            if drafted[row : row + 1] != [int(says.argmax())]:
                return

    def _judge(self, hole: int, drafted: list[int], logits: Logits) -> list[Place]:
        """Commit the best tokens of ``logits`` (M, V) up to the first that the draft has not."""
        canvas = self._canvas.holes[hole]
        first = canvas.num_frontier
        apply_filters(logits, self._filters.of_text(hole, drafted, first), self._lexicon)
        self._recall(hole, drafted, logits)
        best = greedy(logits)
        second, p_second = runners_up(logits, best)
        committed: list[Place] = []
        for row, (token, p) in enumerate(zip(best.tokens.tolist(), best.p.tolist(), strict=True)):
            if not self._writer.put(hole, first + row, token, p):
                break
            other = RunnerUp(int(second[row]), float(p_second[row]), p)
            self.runners_up.note(hole, len(canvas.done) + first + row, other)
            committed.append((hole, first + row))
            if self._writer.ends(token, hole) or drafted[row : row + 1] != [token]:
                break
        # What was guessed behind another text says nothing about this one.
        canvas.guess[canvas.is_masked], canvas.p[canvas.is_masked] = UNKNOWN, 0.0
        return committed
