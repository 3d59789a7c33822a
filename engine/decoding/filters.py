"""What each position of a canvas must obey: bans, healed bytes, newlines that end a line."""

from __future__ import annotations

from collections.abc import Sequence

from engine.canvas import Canvas, Ids
from engine.decoding.posterior import Filter
from engine.decoding.spelling import Spelling
from engine.decoding.writer import Place
from engine.lexicon import Lexicon


class Filters:
    """The filters of one canvas; ``ends_line`` says by hole whether a newline ends it."""

    def __init__(
        self, canvas: Canvas, spelling: Spelling, lexicon: Lexicon, ends_line: Sequence[bool]
    ) -> None:
        self._canvas, self._spelling, self._lexicon = canvas, spelling, lexicon
        self._ends_line = ends_line
        self._bans: dict[Place, list[int]] = {}

    def ban(self, hole: int, index: int, token: int) -> None:
        """Never write ``token`` at ``index`` again, counted over finished blocks and this one.

        What was banned behind it is allowed again: other text will stand before it.
        """
        self._bans = {
            place: banned
            for place, banned in self._bans.items()
            if place[0] != hole or place[1] <= index
        }
        self._bans.setdefault((hole, index), []).append(token)

    def banned(self, hole: int, index: int) -> Sequence[int]:
        """What may not be written there."""
        return self._bans.get((hole, index), ())

    def of_masked(self, holes: Ids, places: Ids) -> list[Filter]:
        """The filters of masked positions, hole and place (M,): each by what is committed."""
        filters = []
        for hole, place in zip(holes.tolist(), places.tolist(), strict=True):
            canvas = self._canvas.holes[hole]
            is_next = place == canvas.num_frontier
            missing = self._spelling.missing(canvas) if is_next else b""
            filters.append(self._filter(hole, len(canvas.done) + place, missing))
        return filters

    def of_text(self, hole: int, tokens: Sequence[int], first: int = 0) -> list[Filter]:
        """The filters of the current block's positions from ``first`` on, ``tokens`` there.

        One more than there are tokens: what may come behind them.
        """
        canvas = self._canvas.holes[hole]
        before = [*canvas.done.tolist(), *canvas.ids[:first].tolist()]
        missing = canvas.forced[sum(len(self._spelling.piece(token)) for token in before) :]
        filters = []
        for index, token in enumerate((*tokens, None), start=len(before)):
            filters.append(self._filter(hole, index, missing))
            if token is not None:
                missing = missing[len(self._spelling.piece(token)) :]
        return filters

    def _filter(self, hole: int, index: int, missing: bytes) -> Filter:
        allowed = self._lexicon.compatible(missing) if missing else None
        return Filter(self.banned(hole, index), allowed, self._ends_line[hole])
