"""Masked steps: a bidirectional pass predicts all masked positions, what is sure is committed."""

# M masked positions, V vocabulary

from __future__ import annotations

import threading

import numpy as np

from engine.canvas import Canvas, Ids
from engine.decoding.blocks import Blocks
from engine.decoding.filters import Filters
from engine.decoding.posterior import Posterior, apply_filters, greedy, sampled
from engine.decoding.writer import Place, Writer
from engine.denoisers.protocol import ContextHandle, Denoiser, Logits
from engine.effort import SamplerConfig
from engine.lexicon import Lexicon


class Denoising:
    """Masked steps over one canvas; ``seed`` chooses the noise of a temperature above 0."""

    def __init__(
        self,
        canvas: Canvas,
        denoiser: Denoiser,
        lexicon: Lexicon,
        filters: Filters,
        writer: Writer,
        config: SamplerConfig,
        seed: tuple[int, int],
    ) -> None:
        self._canvas, self._denoiser, self._lexicon = canvas, denoiser, lexicon
        self._filters, self._writer, self._config = filters, writer, config
        self._seed, self._num_passes = seed, 0

    @property
    def forwards(self) -> int:
        """Passes so far."""
        return self._num_passes

    def step(self, blocks: Blocks, cancel: threading.Event | None) -> list[Place]:
        """One pass and what it is sure of; what was committed."""
        posterior, holes, places = self._predict(blocks.handle, blocks.num_steps, cancel)
        return self._writer.write(posterior, holes, places, blocks.num_steps_left)

    def guess(self, blocks: Blocks, cancel: threading.Event | None) -> None:
        """One pass that commits nothing: its answers stand on the canvas as guesses."""
        posterior, holes, places = self._predict(blocks.handle, blocks.num_steps, cancel)
        self._writer.note(posterior, holes, places)

    def _predict(
        self, handle: ContextHandle, num_steps: int, cancel: threading.Event | None
    ) -> tuple[Posterior, Ids, Ids]:
        wanted = self._canvas.masked()
        holes, places = self._canvas.locate(wanted)
        [logits] = self._denoiser.predict(handle, [self._canvas], [wanted], cancel=cancel)
        self._num_passes += 1
        bias = self._config.eom_bias * 0.5**num_steps
        apply_filters(logits, self._filters.of_masked(holes, places), self._lexicon, bias)
        return self._posterior(logits), holes, places

    def _posterior(self, logits: Logits) -> Posterior:
        if self._config.temperature <= 0.0:
            return greedy(logits)
        random = np.random.default_rng((*self._seed, self._num_passes))
        return sampled(logits, self._config.temperature, random)
