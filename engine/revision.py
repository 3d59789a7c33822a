"""The causal pass over a full canvas: it scores the text, and names tokens to predict again.

A committed token that is visible tells the model its own answer, so its support is measured by the
causal pass (each position sees only what stands before it), and by hiding it for the next step.
"""

# L positions of one hole, N positions of all holes

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas
from engine.commit import select_doubts
from engine.denoisers.protocol import ContextHandle, Denoiser
from engine.lexicon import Lexicon
from engine.posterior import Filter, apply_filters, probabilities_of

Floats = NDArray[np.float32]
Place = tuple[int, int]
_Key = tuple[bytes, ...]


class Revision:
    """Scores of the current canvas, and how many rounds of doubt are left.

    A canvas is doubted once: when the same tokens come back, they stay.
    """

    def __init__(self, num_rounds: int) -> None:
        self._num_rounds = num_rounds
        self._scored: _Key = ()
        self._doubted: set[_Key] = set()
        self._p: Floats = np.empty(0, np.float32)
        self._p_best: Floats = np.empty(0, np.float32)

    def is_scored(self, canvas: Canvas) -> bool:
        """Whether the last scores belong to exactly these tokens."""
        return self._scored == _key(canvas)

    def score(
        self,
        canvas: Canvas,
        handle: ContextHandle,
        denoiser: Denoiser,
        lexicon: Lexicon,
        filters: Sequence[Filter],
        cancel: threading.Event | None = None,
    ) -> None:
        """One causal pass over all N positions of a canvas without masked ones."""
        wanted = np.arange(canvas.starts[-1])
        [logits] = denoiser.predict(handle, [canvas], [wanted], causal=True, cancel=cancel)
        apply_filters(logits, filters, lexicon)
        ids = np.concatenate([hole.ids for hole in canvas.holes])
        self._p, self._p_best = probabilities_of(logits, ids)
        self._scored = _key(canvas)

    def causal_p(self, canvas: Canvas, hole: int) -> Floats | None:
        """Causal probabilities (L,) of one hole, None when other tokens stood there."""
        if not self.is_scored(canvas):
            return None
        starts = canvas.starts
        return self._p[starts[hole] : starts[hole + 1]]

    def doubts(self, canvas: Canvas) -> list[Place]:
        """Tokens of the scored canvas to hide; none when the rounds are spent."""
        if self._num_rounds <= 0 or self._scored in self._doubted:
            return []
        positions = select_doubts(self._p, self._p_best)
        if not len(positions):
            return []
        self._num_rounds -= 1
        self._doubted.add(self._scored)
        holes, places = canvas.locate(positions)
        return list(zip(holes.tolist(), places.tolist(), strict=True))


def _key(canvas: Canvas) -> _Key:
    return tuple(np.concatenate([hole.done, hole.ids]).tobytes() for hole in canvas.holes)
