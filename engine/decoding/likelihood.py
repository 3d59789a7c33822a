"""How probable given texts are at several places together: the causal pass over a full canvas."""

# N tokens of all holes

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence

import numpy as np

from engine.canvas import Canvas, HoleCanvas, Ids
from engine.denoisers.protocol import ContextHandle, Denoiser, Logits
from engine.step import State


def log_likelihoods(
    denoiser: Denoiser,
    handle: ContextHandle,
    canvas: Canvas,
    alternatives: Sequence[Sequence[str]],
    cancel: threading.Event | None = None,
) -> list[list[float]]:
    """Log probability of every hole's text and its end, for each of the ``alternatives``.

    One pass for all of them. ``alternatives[a]`` holds a text for each hole of ``canvas``, whose
    masks are left alone; the texts of earlier holes are seen by later ones.
    """
    written = [_written(canvas, texts, denoiser) for texts in alternatives]
    wanted = [np.arange(each.starts[-1]) for each in written]
    logits = denoiser.predict(handle, written, wanted, causal=True, cancel=cancel)
    return [_by_hole(each, rows) for each, rows in zip(written, logits, strict=True)]


def _written(canvas: Canvas, texts: Sequence[str], denoiser: Denoiser) -> Canvas:
    """A copy of the canvas that holds ``texts`` and their ends."""
    copy = canvas.copy()
    end = np.array([denoiser.tokenizer.eom_id], np.int64)
    for number, (hole, text) in enumerate(zip(canvas.holes, texts, strict=True)):
        forced = hole.forced.decode("utf-8", "replace")
        ids: Ids = np.concatenate([denoiser.tokenizer.encode(forced + text), end])
        states = np.full(len(ids), State.COMMITTED, np.uint8)
        copy.holes[number] = HoleCanvas(ids, states, hole.forced)
    return copy


def _by_hole(canvas: Canvas, logits: Logits) -> list[float]:
    ids = np.concatenate([hole.ids for hole in canvas.holes])
    rows = logits.astype(np.float64)
    top = rows.max(axis=1, keepdims=True)
    total = np.log(np.exp(rows - top).sum(axis=1)) + top[:, 0]
    log_p = rows[np.arange(len(ids)), ids] - total
    starts = canvas.starts
    return [float(log_p[a:b].sum()) for a, b in itertools.pairwise(starts)]
