"""The suffix-first layout: a canvas in text order as token ids and positions.

::

    <file_sep> path, snippet … <suf> S <pre> P <rest> R │ <mid> x1 … xC │ <hole_2> y1 … │ …
    context, causal, cached                            │ canvases, all of the context

Typing at the cursor only appends to P, so the cached context stays valid. Each hole but the
cursor's leaves ``<hole_k>`` in its place, numbered in text order. The token at position i of a
canvas is predicted by the row before it; the first one by ``<mid>`` or ``<hole_k>``, which belong
to the canvas. Knows nothing of models and their runtimes.
"""

# T context tokens, N canvas tokens with their starters, L hole positions of a canvas

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas, Ids
from engine.tokenizer import BPETokenizer

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ContextTokens:
    """Context ids (T,); what extends the cursor's hole goes in at ``end_of_prefix``.

    Position ids are 0 … T-1.
    """

    ids: Ids
    end_of_prefix: int

    def extended(self, ids: Ids) -> ContextTokens:
        """The same with a finished block behind P."""
        at = self.end_of_prefix
        return ContextTokens(np.concatenate([self.ids[:at], ids, self.ids[at:]]), at + len(ids))


@dataclass(frozen=True, slots=True)
class Nearness:
    """Of a context's tokens (T,): near the cursor, far from it, and where ``<pre>`` is.

    The window's ends meet there: its last line stands before it, its first one behind.
    """

    is_near: Flags
    is_far: Flags
    pre: int


@dataclass(frozen=True, slots=True)
class CanvasTokens:
    """Canvas ids (N,), cursor's hole first; row ``rows[j]`` (L,) predicts hole position j.

    ``rows`` is in the canvas's own order: all holes' positions concatenated in text order. Position
    ids are T … T+N-1.
    """

    ids: Ids
    rows: Ids


@dataclass(frozen=True, slots=True)
class SuffixFirst:
    """The special ids of the layout, and how they are put between a canvas's pieces."""

    suf_id: int
    pre_id: int
    rest_id: int
    mid_id: int
    hole_ids: tuple[int, ...]

    @staticmethod
    def of(tokenizer: BPETokenizer) -> SuffixFirst:
        """The layout in a tokenizer's vocabulary."""
        return SuffixFirst(
            tokenizer.suf_id,
            tokenizer.pre_id,
            tokenizer.rest_id,
            tokenizer.mid_id,
            tokenizer.hole_ids,
        )

    @property
    def max_holes(self) -> int:
        """Holes a canvas may have."""
        return 1 + len(self.hole_ids)

    def context(self, canvas: Canvas) -> ContextTokens:
        """Everything but the canvases. ValueError for more than ``max_holes`` holes."""
        if len(canvas.holes) > self.max_holes:
            raise ValueError(f"{len(canvas.holes)} holes, the layout has {self.max_holes}")
        cursor = canvas.cursor_hole
        last_rest = cursor + 1 + canvas.rest_holes
        behind, num_rest = canvas.context[last_rest], canvas.rest_tokens
        rest = [*self._between(canvas, cursor + 1, last_rest), behind[:num_rest]]
        suffix = [
            behind[num_rest:],
            *self._holes_and_pieces(canvas, last_rest, len(canvas.holes)),
        ]
        prefix = [*self._between(canvas, 0, cursor), canvas.context[cursor]]
        prefix.append(canvas.holes[cursor].done)
        before = [canvas.snippets, _one(self.suf_id), *suffix, _one(self.pre_id), *prefix]
        num_before = sum(map(len, before))
        has_rest = any(len(piece) for piece in rest)
        ids = np.concatenate([*before, _one(self.rest_id), *rest] if has_rest else before)
        return ContextTokens(ids, num_before)

    def nearness(self, context: ContextTokens, num_before: int, num_behind: int) -> Nearness:
        """Which tokens of a context are among the last of P and the first of S, and which are far.

        R, the rest of the cursor's line, is near as a whole. What is far could be left out: lines
        at the window's ends, up to the first hole.
        """
        ids, end = context.ids, context.end_of_prefix
        special = np.flatnonzero(np.isin(ids, (self.suf_id, self.pre_id, *self.hole_ids)))
        suf, pre = (int(special[ids[special] == one][0]) for one in (self.suf_id, self.pre_id))
        is_near, is_far = (np.zeros(len(ids), np.bool_) for _ in range(2))
        is_near[suf + 1 : min(suf + 1 + num_behind, pre)] = True
        is_near[max(end - num_before, pre + 1) :] = True
        last = int(special[special < pre][-1])
        following = special[special > pre]
        is_far[last + 1 : pre] = True
        is_far[pre + 1 : int(following[0]) if len(following) else end] = True
        return Nearness(is_near, is_far & ~is_near, pre)

    def canvases(self, canvas: Canvas) -> CanvasTokens:
        """The canvas stream: every hole behind its starter, the cursor's first."""
        order = [canvas.cursor_hole]
        order += [index for index in range(len(canvas.holes)) if index != canvas.cursor_hole]
        starts, at = dict[int, int](), 0
        pieces = []
        for index in order:
            starts[index] = at
            pieces += [_one(self._starter(index, canvas.cursor_hole)), canvas.holes[index].ids]
            at += 1 + len(canvas.holes[index])
        rows = [starts[index] + np.arange(len(hole)) for index, hole in enumerate(canvas.holes)]
        return CanvasTokens(np.concatenate(pieces), np.concatenate(rows))

    def _starter(self, index: int, cursor_hole: int) -> int:
        if index == cursor_hole:
            return self.mid_id
        return self.hole_ids[index if index < cursor_hole else index - 1]

    def _between(self, canvas: Canvas, first: int, end: int) -> Iterator[Ids]:
        """Pieces ``first`` to ``end - 1``, each with the hole behind it."""
        for index in range(first, end):
            yield canvas.context[index]
            yield self._sentinel(canvas, index)

    def _holes_and_pieces(self, canvas: Canvas, first: int, end: int) -> Iterator[Ids]:
        """Holes ``first`` to ``end - 1``, each with the piece behind it."""
        for index in range(first, end):
            yield self._sentinel(canvas, index)
            yield canvas.context[index + 1]

    def _sentinel(self, canvas: Canvas, index: int) -> Ids:
        """What stands for a further hole: its finished blocks, then ``<hole_k>``."""
        starter = _one(self._starter(index, canvas.cursor_hole))
        return np.concatenate([canvas.holes[index].done, starter])


def _one(token_id: int) -> Ids:
    return np.array([token_id], np.int64)
