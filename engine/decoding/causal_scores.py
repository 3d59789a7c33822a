"""What the causal pass gives the tokens of a full canvas: each by what stands before it.

A committed token that is visible tells a bidirectional pass its own answer, so it cannot be asked.
"""

# L positions of one hole, N positions of all holes

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from engine.canvas import Canvas
from engine.decoding.commit import Floats
from engine.decoding.posterior import Filter, apply_filters, probabilities_of
from engine.denoisers.protocol import ContextHandle, Denoiser
from engine.lexicon import Lexicon

_Key = tuple[bytes, ...]


class CausalScores:
    """Probabilities of one full canvas; they hold as long as its tokens are the same."""

    def __init__(self) -> None:
        self._key: _Key | None = None
        self._p = np.empty(0, np.float32)

    def hold(self, canvas: Canvas) -> bool:
        """Whether the last scores belong to exactly these tokens."""
        return self._key == _key(canvas)

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
        self._p, self._key = probabilities_of(logits, ids), _key(canvas)

    def of(self, canvas: Canvas, hole: int) -> Floats | None:
        """Probabilities (L,) of one hole, None when other tokens stood there."""
        if not self.hold(canvas):
            return None
        starts = canvas.starts
        return self._p[starts[hole] : starts[hole + 1]]


def _key(canvas: Canvas) -> _Key:
    return tuple(np.concatenate([hole.done, hole.ids]).tobytes() for hole in canvas.holes)
