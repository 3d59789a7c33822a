"""Writes one step's sure tokens onto the canvas.

Keeps what a hole's text must obey on the way: forced bytes first, no end before what stands before
it is known, nothing behind an end. Knows nothing of models, constraints or time.
"""

# M masked positions

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.canvas import Canvas, Ids
from engine.decoding.commit import Flags, may_end, select_commits
from engine.decoding.posterior import Posterior
from engine.decoding.spelling import Spelling
from engine.effort import SamplerConfig

Place = tuple[int, int]


class Writer:
    """Commits onto one canvas; ``ends_line`` says by hole whether a newline ends it."""

    def __init__(
        self,
        canvas: Canvas,
        spelling: Spelling,
        ends_line: Sequence[bool],
        config: SamplerConfig,
    ) -> None:
        self._canvas, self._spelling = canvas, spelling
        self._ends_line, self._config = ends_line, config

    def write(
        self, posterior: Posterior, holes: Ids, places: Ids, num_steps_left: int
    ) -> list[Place]:
        """Commit what is sure of the masked positions (hole and place (M,)); what was committed.

        Enough of them that the rest fits ``num_steps_left`` steps, this one included.
        """
        self.note(posterior, holes, places)
        is_eligible, is_due = self._eligible(posterior, holes, places)
        num_at_least = math.ceil(self._num_needed() / num_steps_left)
        chosen = is_due | select_commits(
            posterior.p, is_eligible, num_at_least, self._config.commit
        )
        committed = [
            (int(holes[row]), int(places[row]))
            for row in np.flatnonzero(chosen).tolist()
            if self.put(
                int(holes[row]),
                int(places[row]),
                int(posterior.tokens[row]),
                float(posterior.p[row]),
            )
        ]
        self._crop()
        return committed

    def note(self, posterior: Posterior, holes: Ids, places: Ids) -> None:
        """Keep the best guesses of masked positions (hole and place (M,)) and their p."""
        for number, canvas in enumerate(self._canvas.holes):
            rows = holes == number
            canvas.p[places[rows]] = posterior.p[rows]
            canvas.guess[places[rows]] = posterior.tokens[rows]

    def _eligible(self, posterior: Posterior, holes: Ids, places: Ids) -> tuple[Flags, Flags]:
        """Rows that may be committed, and those that must be (forced bytes at the frontier)."""
        is_eligible = np.ones(len(places), np.bool_)
        is_due = np.zeros(len(places), np.bool_)
        for number, canvas in enumerate(self._canvas.holes):
            rows = np.flatnonzero(holes == number)
            missing = self._spelling.missing(canvas)
            if missing and len(rows):
                is_due[rows[0]] = True
                healed = self._spelling.piece(int(posterior.tokens[rows[0]]))
                is_eligible[rows[1:]] = healed.startswith(missing)
            ends = [index for index in rows if self.ends(int(posterior.tokens[index]), number)]
            if ends:  # what lies behind the first end says nothing but that it is over
                is_eligible[ends[0] + 1 : rows[-1] + 1] = False
                place = int(places[ends[0]])
                is_eligible[ends[0]] &= may_end(
                    canvas.p, canvas.is_masked, place, self._config.eom_support
                )
        return is_eligible, is_due

    def _crop(self) -> None:
        """Drop what lies behind a sure end, although that end is not committed yet."""
        for number, canvas in enumerate(self._canvas.holes):
            is_sure = canvas.is_masked & (canvas.p >= self._config.commit.threshold)
            committed = np.flatnonzero(~canvas.is_masked)
            first = int(committed[-1]) + 1 if len(committed) else 0
            for place in np.flatnonzero(is_sure[first:]) + first:
                if self.ends(int(canvas.guess[place]), number):
                    canvas.truncate(int(place) + 1)
                    break

    def ends(self, token: int, hole: int) -> bool:
        """Whether ``token`` ends its hole: <eom>, or a newline in a single-line hole."""
        tokenizer = self._spelling.tokenizer
        is_break = self._ends_line[hole] and b"\n" in tokenizer.token_bytes(token)
        return token == tokenizer.eom_id or is_break

    def _num_needed(self) -> int:
        """Masked positions up to the first end of each hole."""
        needed = 0
        for number, canvas in enumerate(self._canvas.holes):
            ends = [self.ends(int(guess), number) for guess in canvas.guess]
            first = ends.index(True) if True in ends else len(ends) - 1
            needed += int(canvas.is_masked[: first + 1].sum())
        return needed

    def put(self, hole: int, place: int, token: int, p: float) -> bool:
        """Commit one token; False when an end written in this step dropped its position."""
        canvas = self._canvas.holes[hole]
        if place >= len(canvas) or not canvas.is_masked[place]:
            return False
        if not self.ends(token, hole):
            canvas.commit(place, token, p)
            return True
        tokenizer = self._spelling.tokenizer
        before = tokenizer.token_bytes(token).partition(b"\n")[0].decode("utf-8", "ignore")
        ending = [*(tokenizer.encode(before).tolist() if before.strip() else ()), tokenizer.eom_id]
        canvas.truncate(place)
        canvas.grow(len(ending), tokenizer.mask_id)
        for index, written in enumerate(ending, start=place):
            canvas.commit(index, written, p)
        return True
