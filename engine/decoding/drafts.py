"""Tokens that may stand behind a hole's frontier, to be verified before they are committed.

A draft costs nothing but a little width of the pass that verifies it; a wrong one changes no text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from engine.canvas import Canvas, HoleCanvas, Ids
from engine.decoding.lookup import UNKNOWN, Lookup
from engine.decoding.spelling import Spelling
from engine.memory.memory import Memory


class DraftSource(Protocol):
    """Guesses how a hole goes on. Deterministic; sees the canvas alone."""

    def draft(self, canvas: Canvas, hole: int) -> list[int]:
        """The ids that may stand behind the frontier of a hole, without its end."""
        ...


class GuessDrafts:
    """What the canvas itself says: the best guesses that stand at the masked positions."""

    def __init__(self, eom_id: int) -> None:
        self._eom_id = eom_id

    def draft(self, canvas: Canvas, hole: int) -> list[int]:
        """The guesses from the frontier on, up to the first position without one."""
        known = canvas.holes[hole]
        drafted: list[int] = []
        for index in range(known.num_frontier, len(known)):
            token = int(known.guess[index] if known.is_masked[index] else known.ids[index])
            if token in (self._eom_id, UNKNOWN):
                break
            drafted.append(token)
        return drafted


class LookupDrafts:
    """What followed the longest match of the tokens before the hole, anywhere in the context.

    A match of ``min_match`` tokens is enough; where a word is being typed, its bytes are. The draft
    is no longer than the match: what is wrong costs as much as what is right.
    """

    def __init__(
        self, spelling: Spelling, ends_line: Sequence[bool], min_match: int, max_tokens: int
    ) -> None:
        self._spelling, self._ends_line = spelling, ends_line
        self._min_match, self._max_tokens = min_match, max_tokens

    def draft(self, canvas: Canvas, hole: int) -> list[int]:
        """The continuation of the longest match that spells the healed bytes, cut at its end."""
        known = canvas.holes[hole]
        missing = self._spelling.missing(known)
        text, at = _text(canvas, hole)
        least = 0 if missing else self._min_match
        for following, length in Lookup(text).continuations(text[:at], at, least):
            if spells(self._spelling, following, missing):
                num_tokens = min(max(length, 1), self._max_tokens)
                return self._line(following.tolist(), canvas, hole)[:num_tokens]
        return []

    def _line(self, drafted: list[int], canvas: Canvas, hole: int) -> list[int]:
        """The draft of a single-line hole ends where its line does, before the line's rest."""
        if not self._ends_line[hole]:
            return drafted
        for index, token in enumerate(drafted):
            if b"\n" in self._spelling.piece(token):
                return self._without_rest(drafted[:index], canvas, hole)
        return drafted

    def _without_rest(self, line: list[int], canvas: Canvas, hole: int) -> list[int]:
        """A copied line has the closers that stand behind the cursor already: leave them out."""
        if hole != canvas.cursor_hole or not canvas.rest_tokens or canvas.rest_holes:
            return line
        rest = canvas.context[hole + 1][: canvas.rest_tokens].tolist()
        return line[: -len(rest)] if line[-len(rest) :] == rest else line


class MemoryDrafts:
    """How the line goes on where the user's files look most like it."""

    def __init__(self, spelling: Spelling, memory: Memory, max_tokens: int) -> None:
        self._spelling, self._memory, self._max_tokens = spelling, memory, max_tokens

    def draft(self, canvas: Canvas, hole: int) -> list[int]:
        """The best continuation of the cursor's hole that spells the healed bytes."""
        if hole != canvas.cursor_hole:
            return []
        known = canvas.holes[hole]
        missing = self._spelling.missing(known)
        for line in self._memory.continuations(_written(known)):
            if len(line) and spells(self._spelling, line, missing):
                drafted: list[int] = line[: self._max_tokens].tolist()
                return drafted
        return []


class ProposedDrafts:
    """What an earlier proposal says behind the word in which the user left it.

    Looked at where no word is half written: what is there of it already is gone on with.
    """

    def __init__(
        self, spelling: Spelling, proposed: str, ends_line: Sequence[bool], max_tokens: int
    ) -> None:
        self._spelling, self._ends_line, self._max_tokens = spelling, ends_line, max_tokens
        self._proposed = proposed.encode()

    def draft(self, canvas: Canvas, hole: int) -> list[int]:
        """The proposal behind the longest run of last tokens that it has; all of it without one."""
        known = canvas.holes[hole]
        if hole != canvas.cursor_hole or self._spelling.missing(known):
            return []
        rest = self._proposed[self._place(self._spelling.new_pieces(known)) :]
        text = rest.decode("utf-8", "ignore")
        if self._ends_line[hole]:
            text = text.partition("\n")[0]
        drafted: list[int] = self._spelling.tokenizer.encode(text).tolist()
        return drafted[: self._max_tokens]

    def _place(self, pieces: list[bytes]) -> int:
        """Where the proposal goes on after ``pieces``."""
        for first in range(len(pieces)):
            run = b"".join(pieces[first:])
            at = self._proposed.find(run)
            if run and at >= 0:
                return at + len(run)
        return 0


def spells(spelling: Spelling, following: Ids, missing: bytes) -> bool:
    """Whether a continuation can begin with the bytes that are forced."""
    spelled = b""
    for token in following[: len(missing)].tolist():
        spelled += spelling.piece(token)
        if len(spelled) >= len(missing):
            break
    return spelled.startswith(missing)


def _text(canvas: Canvas, hole: int) -> tuple[Ids, int]:
    """All that is written in text order, and where in it the frontier of ``hole`` is."""
    unknown = np.array([UNKNOWN], np.int64)
    pieces = [canvas.snippets, unknown, canvas.context[0]]
    at = 0
    for number, written in enumerate(canvas.holes):
        pieces.append(_written(written))
        if number == hole:
            at = sum(map(len, pieces))
        pieces += [unknown, canvas.context[number + 1]]
    return np.concatenate(pieces), at


def _written(hole: HoleCanvas) -> Ids:
    return np.concatenate([hole.done, hole.ids[: hole.num_frontier]])
