"""A canvas as one sequence: ids, who sees whom, where the holes' positions are.

One rule covers every family: a token sees those of its own rank and of lower ones.
"""

# N tokens, L hole positions, T tokens that stay while denoising

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.canvas import Canvas, Ids
from engine.layout import ContextTokens, SuffixFirst


@dataclass(frozen=True, slots=True)
class Sequence:
    """ids (N,), rank (N,); ``places`` (L,): where each hole position stands, in text order.

    The first ``num_stable`` tokens see one another alone and stay as they are while denoising.
    """

    ids: Ids
    rank: Ids
    places: Ids
    num_stable: int


@dataclass(frozen=True, slots=True)
class InPlace:
    """Text order; everything sees everything. ``first``: ids that open a text."""

    file_sep_id: int
    first: tuple[int, ...] = ()

    def stable(self, canvas: Canvas) -> ContextTokens:
        """Nothing stays: a change anywhere changes every key."""
        del canvas
        return ContextTokens(np.empty(0, np.int64), 0)

    def sequence(self, canvas: Canvas, line_break: Ids, is_causal: bool) -> Sequence:
        """The whole text. Has no causal form: ValueError when one is asked for."""
        if is_causal:
            raise ValueError("an in-place family has no causal pass")
        pieces = [np.array(self.first, np.int64)]
        if len(canvas.snippets):
            pieces += [canvas.snippets, np.array([self.file_sep_id], np.int64)]
        places, at = [], sum(map(len, pieces))
        broken = canvas.cursor_hole + 1 + canvas.rest_holes
        for index, piece in enumerate(canvas.context):
            own = [piece]
            if index == broken and len(piece) > canvas.rest_tokens:
                num_rest = canvas.rest_tokens
                own = [piece[:num_rest], line_break, piece[num_rest:]]
            if index < len(canvas.holes):
                hole = canvas.holes[index]
                start = at + sum(map(len, own)) + len(hole.done)
                places.append(start + np.arange(len(hole)))
                own += [hole.done, hole.ids]
            pieces += own
            at += sum(map(len, own))
        ids = np.concatenate(pieces)
        return Sequence(ids, np.zeros(len(ids), np.int64), np.concatenate(places), 0)


@dataclass(frozen=True, slots=True)
class SuffixFirstSequence:
    """``engine.layout``: a causal context that stays, canvases that see it and one another."""

    layout: SuffixFirst

    def stable(self, canvas: Canvas) -> ContextTokens:
        """The context."""
        return self.layout.context(canvas)

    def sequence(self, canvas: Canvas, line_break: Ids, is_causal: bool) -> Sequence:
        """Context and canvases; the layout implies the line break."""
        del line_break
        context, stream = self.layout.context(canvas).ids, self.layout.canvases(canvas)
        num_context, num_canvas = len(context), len(stream.ids)
        rank = np.arange(num_context + num_canvas)
        if not is_causal:
            rank[num_context:] = num_context
        # The layout names the rows that predict; the token itself stands one further.
        return Sequence(
            np.concatenate([context, stream.ids]), rank, num_context + stream.rows + 1, num_context
        )


SequenceLayout = InPlace | SuffixFirstSequence
