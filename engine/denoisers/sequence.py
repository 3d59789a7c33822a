"""A canvas as one sequence: ids, who sees whom, where the holes' positions are.

One rule covers every family: a token sees those of its own rank and of lower ones.
"""

# N tokens, L hole positions, T tokens that stay while denoising

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.canvas import Canvas, Ids
from engine.errors import MidfillError
from engine.reading.layout import ContextTokens, SuffixFirst


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
    block_size: int = 1

    def stable(self, canvas: Canvas, line_break: Ids) -> ContextTokens:
        """Nothing stays: a change anywhere changes every key."""
        del canvas, line_break
        return ContextTokens(np.empty(0, np.int64), 0)

    def sequence(self, canvas: Canvas, line_break: Ids, is_causal: bool) -> Sequence:
        """The whole text. Has no causal form: ValueError when one is asked for."""
        if is_causal:
            raise ValueError("an in-place family has no causal pass")
        pieces = [np.array(self.first, np.int64)]
        if len(canvas.snippets):
            pieces += [canvas.snippets, np.array([self.file_sep_id], np.int64)]
        places, at = [], sum(map(len, pieces))
        for index in range(len(canvas.context)):
            own = [_whole(canvas, index, line_break)]
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
    """A causal context that stays, canvases that see it and each other (``reading.layout``)."""

    layout: SuffixFirst
    block_size: int = 1

    def stable(self, canvas: Canvas, line_break: Ids) -> ContextTokens:
        """The context."""
        del line_break
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


@dataclass(frozen=True, slots=True)
class Prompted:
    """The model's infilling prompt around one hole, then the middle, in blocks.

    ``first``: ids that open a text; ``before_prefix``, ``before_suffix``, ``before_middle``: those
    that the prompt puts there. ``separator`` follows the snippets, which stand before the prefix.
    A token sees its block and those before; all of the hole sees all, if it ``is_open``.
    """

    separator: Ids
    before_prefix: Ids
    before_suffix: Ids
    before_middle: Ids
    is_suffix_first: bool
    block_size: int
    first: tuple[int, ...] = ()
    is_open: bool = False

    def stable(self, canvas: Canvas, line_break: Ids) -> ContextTokens:
        """The prompt and the finished blocks. Raises MidfillError for several holes."""
        if len(canvas.holes) != 1:
            raise MidfillError(
                f"{len(canvas.holes)} holes at once: this model fills one, use another for more"
            )
        before, suffix = canvas.context[0], [self.before_suffix, _whole(canvas, 1, line_break)]
        snippets = [canvas.snippets, self.separator] if len(canvas.snippets) else []
        around = (
            [*suffix, self.before_prefix, *snippets, before]
            if self.is_suffix_first
            else [*snippets, self.before_prefix, before, *suffix]
        )
        first = np.array(self.first, np.int64)
        ids = np.concatenate([first, *around, self.before_middle, canvas.holes[0].done])
        return ContextTokens(ids, len(ids))

    def sequence(self, canvas: Canvas, line_break: Ids, is_causal: bool) -> Sequence:
        """Prompt and hole. Has no causal form: ValueError when one is asked for."""
        if is_causal:
            raise ValueError("a family of blocks has no causal pass")
        context = self.stable(canvas, line_break).ids
        ids = np.concatenate([context, canvas.holes[0].ids])
        rank = np.arange(len(ids)) // self.block_size
        if self.is_open:
            rank[len(context) :] = len(context)
        places = np.arange(len(context), len(ids))
        return Sequence(ids, rank, places, len(context) // self.block_size * self.block_size)


def _whole(canvas: Canvas, index: int, line_break: Ids) -> Ids:
    """A context piece with the line break that is left out behind the cursor's line."""
    piece, num_rest = canvas.context[index], canvas.rest_tokens
    if index != canvas.cursor_hole + 1 + canvas.rest_holes or len(piece) == num_rest:
        return piece
    return np.concatenate([piece[:num_rest], line_break, piece[num_rest:]])


SequenceLayout = InPlace | SuffixFirstSequence | Prompted
