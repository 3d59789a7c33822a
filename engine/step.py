"""One denoising step as plain values: what the trace keeps and ``--watch`` shows.

Imports no numpy, because steps cross the process boundary to a server that has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class State(IntEnum):
    """State of one position."""

    CONTEXT = 0
    MASKED = 1
    COMMITTED = 2


@dataclass(frozen=True, slots=True)
class Step:
    """All holes after one step; the outer tuples run over holes, the inner ones over positions.

    Finished blocks of a hole stand in front of its current one. ``p``: of a committed token the
    probability it was committed with, of a masked position that of its best guess. ``texts`` are
    empty for masked positions and special ids. ``committed`` and ``remasked`` are
    (hole, position) pairs changed by this step; ``forwards`` counts passes so far.
    """

    index: int
    ids: tuple[tuple[int, ...], ...]
    states: tuple[tuple[State, ...], ...]
    p: tuple[tuple[float, ...], ...]
    texts: tuple[tuple[str, ...], ...]
    committed: tuple[tuple[int, int], ...]
    remasked: tuple[tuple[int, int], ...]
    forwards: int
    elapsed_ms: float

    @property
    def hole_texts(self) -> tuple[str, ...]:
        """What is committed of each hole, gaps left out."""
        return tuple("".join(pieces) for pieces in self.texts)
