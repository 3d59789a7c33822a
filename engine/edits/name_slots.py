"""One slot for all places of a name: how well a name reads there, and what the model drafts.

The code from the first place on is put on the canvas once for each name, with the name in all its
places, and read by the causal pass: the likelihood counts the name itself and all that follows
from it. Holes at the places alone, each behind a sentinel, told much less.
"""

# K names

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.canvas import Canvas, HoleCanvas
from engine.context import ContextLimits, select_context
from engine.denoisers.protocol import ContextHandle, Denoiser, Logits
from engine.holes import Hole, HoleKind, MaskPlan
from engine.request import Request
from engine.spans import Span, span
from engine.step import State
from engine.syntax import SyntaxTree

LIMITS = ContextLimits(total=1600, snippets=300)
MAX_REGION_BYTES = 320
PLACEHOLDER = "_"
_BATCH = 8
_MAX_TOKENS = 6


@dataclass(frozen=True, slots=True)
class NameSlots:
    """The slots of one name on one encoded context. ``pieces``: the text between the places."""

    plan: MaskPlan
    pieces: tuple[str, ...]
    denoiser: Denoiser
    canvas: Canvas
    handle: ContextHandle
    cancel: threading.Event | None = None

    @staticmethod
    def encode(
        denoiser: Denoiser,
        tree: SyntaxTree,
        request: Request,
        places: Sequence[Span],
        cancel: threading.Event | None = None,
    ) -> NameSlots:
        """Hide all ``places``, in text order, and encode what is around the first ones.

        Those too far from the first one read as PLACEHOLDER.
        """
        first = places[0].start
        region_end = tree.line_at(min(first + MAX_REGION_BYTES, len(tree.data))).start
        region_end = max(region_end, tree.line_at(places[0].end).end)
        inside = [place for place in places if place.end <= region_end]
        end = tree.line_at(inside[-1].end).end
        hidden = tree.filled(
            [(place, PLACEHOLDER.encode()) for place in places if place.start > end]
        )
        region = span(first, end)
        hole = Hole(region, HoleKind.SPAN, False, 8, "from the first place of the name on")
        plan = MaskPlan((hole,), 0, region.start, span(end, end), "all places of one name")
        context = select_context(hidden, plan, request, LIMITS)
        canvas = Canvas.from_plan(plan, context, hidden.data, denoiser.tokenizer)
        bounds = [first, *(edge for place in inside for edge in (place.start, place.end)), end]
        pairs = zip(bounds[::2], bounds[1::2], strict=True)
        pieces = tuple(tree.data[low:high].decode("utf-8", "replace") for low, high in pairs)
        handle = denoiser.prefill(canvas, None, cancel)
        return NameSlots(plan, pieces, denoiser, canvas, handle, cancel)

    def log_p(
        self, names: Sequence[str], has_time: Callable[[], bool], num_places: int | None = None
    ) -> list[float]:
        """Log likelihood of the code with each name (K,); fewer when the time is over.

        Of the code up to the end of the line of the first ``num_places``, None for all of it.
        """
        pieces = list(self.pieces if num_places is None else self.pieces[: num_places + 1])
        if num_places is not None:
            pieces[-1] = pieces[-1].partition("\n")[0]
        trials = [self._filled(name.join(pieces)) for name in names]
        scores: list[float] = []
        for start in range(0, len(trials), _BATCH):
            if start and not has_time():
                break
            part = trials[start : start + _BATCH]
            wanted = [np.arange(trial.starts[-1]) for trial in part]
            answers = self.denoiser.predict(self.handle, part, wanted, True, self.cancel)
            for trial, logits in zip(part, answers, strict=True):
                ids = trial.holes[0].ids
                scores.append(float(_log_softmax(logits)[np.arange(len(ids)), ids].sum()))
        return scores

    def drafts(self, num_names: int) -> list[str]:
        """Names that the model writes at the first place, the likeliest first."""
        done: dict[str, float] = {}
        beams: list[tuple[float, str]] = [(0.0, "")]
        for _ in range(_MAX_TOKENS):
            trials = [self._filled(text, is_open=True) for _, text in beams]
            wanted = [np.array(trial.starts[1:]) - 1 for trial in trials]
            answers = self.denoiser.predict(self.handle, trials, wanted, True, self.cancel)
            grown: list[tuple[float, str]] = []
            for (score, text), logits in zip(beams, answers, strict=True):
                for piece, log_p in self._likely(logits[0], num_names, is_first=not text):
                    grown.append((score + log_p, text + piece))
                if text:
                    done[text] = score
            beams = sorted(grown, reverse=True)[:num_names]
            if not beams:
                break
        return sorted(done, key=lambda name: -done[name])[: 2 * num_names]

    def _likely(self, logits: Logits, width: int, *, is_first: bool) -> list[tuple[str, float]]:
        """The likely tokens that begin a name or go on with it, and their log probabilities."""
        log_p = _log_softmax(logits[None])[0]
        found: list[tuple[str, float]] = []
        for token in np.argsort(-log_p)[: 4 * width].tolist():
            piece = self.denoiser.tokenizer.token_bytes(token).decode("utf-8", "replace")
            text = piece.removeprefix(" ") if is_first else piece
            is_name = text.replace("_", "a").isalnum() and not (is_first and text[:1].isdigit())
            if is_name:
                found.append((text, float(log_p[token])))
        return found[:width]

    def _filled(self, text: str, *, is_open: bool = False) -> Canvas:
        """The canvas with ``text`` from the first place on; open, with one position to come."""
        hole = self.canvas.holes[0]
        forced = hole.forced.decode("utf-8", "replace")
        ids = self.denoiser.tokenizer.encode(forced + text)
        if is_open:
            ids = np.append(ids, self.denoiser.tokenizer.eom_id)
        trial = self.canvas.copy()
        states = np.full(len(ids), State.COMMITTED, np.uint8)
        trial.holes[:] = [HoleCanvas(ids, states, hole.forced)]
        return trial


def _log_softmax(logits: Logits) -> Logits:
    shifted = logits - logits.max(axis=-1, keepdims=True)
    log_p: Logits = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_p
