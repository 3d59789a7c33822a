"""The causal pass over a full canvas: it scores the text, and names tokens to predict again.

A committed token that is visible tells the model its own answer, so its support is measured by the
causal pass (each position sees only what stands before it), and by hiding it for the next step.
"""

# L positions of one hole, N positions of all holes

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas, HoleCanvas
from engine.commit import select_doubts
from engine.denoisers.protocol import ContextHandle, Denoiser
from engine.lexicon import Lexicon
from engine.posterior import Filter, apply_filters, probabilities_of

Floats = NDArray[np.float32]
Place = tuple[int, int]
_Key = tuple[bytes, ...]
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class _Scores:
    """A full canvas and what the causal pass gives its tokens (N,) and the best ones (N,)."""

    key: _Key
    p: Floats
    p_best: Floats

    @property
    def mean_log_p(self) -> float:
        return float(np.log(np.maximum(self.p, _LEAST)).mean())


class Revision:
    """Scores of the current canvas, and how many rounds of doubt are left.

    A canvas is doubted once: when the same tokens come back, they stay, and when what comes instead
    scores lower, they come back.
    """

    def __init__(self, num_rounds: int) -> None:
        self._num_rounds = num_rounds
        self._scores: _Scores | None = None
        self._doubted: set[_Key] = set()
        self._earlier: tuple[_Scores, list[HoleCanvas]] | None = None

    def is_scored(self, canvas: Canvas) -> bool:
        """Whether the last scores belong to exactly these tokens."""
        return self._scores is not None and self._scores.key == _key(canvas)

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
        self._scores = _Scores(_key(canvas), *probabilities_of(logits, ids))

    def causal_p(self, canvas: Canvas, hole: int) -> Floats | None:
        """Causal probabilities (L,) of one hole, None when other tokens stood there."""
        if self._scores is None or not self.is_scored(canvas):
            return None
        starts = canvas.starts
        return self._scores.p[starts[hole] : starts[hole + 1]]

    def doubts(self, canvas: Canvas) -> list[Place]:
        """Tokens of the scored canvas to hide; none when the rounds are spent."""
        if self._scores is None or self._num_rounds <= 0 or self._scores.key in self._doubted:
            return []
        positions = select_doubts(self._scores.p, self._scores.p_best)
        if not len(positions):
            return []
        self._num_rounds -= 1
        self._doubted.add(self._scores.key)
        self._earlier = (self._scores, [hole.copy() for hole in canvas.holes])
        holes, places = canvas.locate(positions)
        return list(zip(holes.tolist(), places.tolist(), strict=True))

    def go_back(self, canvas: Canvas) -> bool:
        """Put the doubted tokens back unless those that came instead are scored higher.

        True when the canvas was changed.
        """
        if self._earlier is None:
            return False
        scores, holes = self._earlier
        self._earlier = None
        is_better = self._scores is not None and self._scores.mean_log_p >= scores.mean_log_p
        if is_better and self.is_scored(canvas):
            return False
        self._scores, canvas.holes[:] = scores, holes
        return True

    def forget(self) -> None:
        """The canvas goes on from here: what was doubted cannot come back."""
        self._earlier = None


def _key(canvas: Canvas) -> _Key:
    return tuple(np.concatenate([hole.done, hole.ids]).tobytes() for hole in canvas.holes)
