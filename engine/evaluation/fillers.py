"""What can fill an evaluation's holes: a loaded model, a floor, or any function of a hole."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from typing import Protocol

from engine.evaluation.holes import EvalHole
from engine.languages import language_of

MAX_MATCH = 400


@dataclass(frozen=True, slots=True)
class Answer:
    """What a filler wrote into a hole's places, one text each; none at all when it kept silent.

    ``changes_elsewhere``: text outside the hole was changed too, so the answer cannot be exact.
    ``reason`` says why it kept silent. ``milliseconds`` of wall clock. ``tokens``: number of bytes
    and confidence of each token of the cursor's text. ``is_cut``: only the sure beginning of it.
    """

    texts: tuple[str, ...] = ()
    milliseconds: float = 0.0
    forwards: int = 0
    steps: int = 0
    confidence: float | None = None
    tokens: tuple[tuple[int, float], ...] = ()
    is_cut: bool = False
    changes_elsewhere: bool = False
    reason: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether nothing but white space was proposed."""
        return not any(text.strip() for text in self.texts)


class Filler(Protocol):
    """Fills holes. ``name`` stands in the tables. It must not look at ``hole.gold``."""

    name: str

    def fill(self, hole: EvalHole) -> Answer:
        """Write into the places of ``hole``."""
        ...


class PlainFiller:
    """Makes a filler of a function that returns one text a place (a checkpoint in training)."""

    def __init__(self, name: str, function: Callable[[EvalHole], Sequence[str]]) -> None:
        self.name, self._function = name, function

    def fill(self, hole: EvalHole) -> Answer:
        """Call the function and take the time. Raises ValueError for a wrong number of texts."""
        start = time.perf_counter()
        texts = tuple(self._function(hole))
        if texts and len(texts) != len(hole.spans):
            raise ValueError(f"{self.name}: {len(texts)} texts for {len(hole.spans)} places")
        return Answer(texts, (time.perf_counter() - start) * 1000)


class Floor(str, Enum):
    """Fillers without a model, to print beside every number."""

    EMPTY = "empty"
    PASS = "pass"
    PREVIOUS_LINE = "previous line"
    COPY = "copy"
    """What followed the longest match of the text before the hole, in the same file."""


def floor_filler(floor: Floor) -> Filler:
    """The filler of a floor."""
    return PlainFiller(floor.value, _FLOORS[floor])


def _empty(hole: EvalHole) -> list[str]:
    return [""] * len(hole.spans)


def _pass(hole: EvalHole) -> list[str]:
    """The language's own ``pass``, behind the indentation when the hole starts a line."""
    placeholders = language_of(hole.path, hole.language).placeholders
    return [_indent(hole, at) + (placeholders or ("pass",))[0] for at in range(len(hole.spans))]


def _previous_line(hole: EvalHole) -> list[str]:
    """What follows the typed part of the line where the line above begins alike, or all of it."""
    texts = []
    for item in hole.spans:
        above, _, typed = hole.data[: item.start].decode("utf-8").rpartition("\n")
        lines = [line for line in above.split("\n") if line.strip()]
        line = lines[-1] if lines else ""
        is_alike = line.startswith(typed)
        texts.append(line[len(typed) :] if is_alike else line.strip())
    return texts


def _copy(hole: EvalHole) -> list[str]:
    """What followed elsewhere where the text before the hole stands once more, the longest match.

    A single line ends where it did there, less what stands behind the hole already; several end
    before the first that is not in the same block.
    """
    pieces = hole.pieces
    return [
        _copied("".join(pieces[: at + 1]), "".join(pieces[at + 1 :]), hole.is_single_line)
        for at in range(len(hole.spans))
    ]


def _copied(before: str, after: str, is_single_line: bool) -> str:
    following = _following(before, after)
    first, *others = following.split("\n")
    if is_single_line:
        rest = after.partition("\n")[0].strip()
        return first.rstrip().removesuffix(rest) if rest else first
    line = before.rpartition("\n")[2]
    least = _depth(line) + bool(line.strip())  # what a line opens stands deeper than it
    kept = takewhile(lambda one: not one.strip() or _depth(one) >= least, others)
    return "\n".join([first, *kept])


def _following(before: str, after: str) -> str:
    """What stands behind the other place that has most of the end of ``before``; the nearest."""
    sizes = range(1, min(MAX_MATCH, len(before)))
    # Whoever has a longer end has all the shorter ones.
    size = bisect_left(sizes, True, key=lambda n: not _is_elsewhere(before[-n:], before, after))
    if not size:
        return ""
    end = before[-size:]
    above, below = before.rfind(end, 0, len(before) - 1), after.find(end)
    if above < 0 or 0 <= below < len(before) - size - above:
        return after[below + size :]
    return before[above + size :]


def _is_elsewhere(end: str, before: str, after: str) -> bool:
    return before.find(end, 0, len(before) - 1) >= 0 or end in after


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _indent(hole: EvalHole, at: int) -> str:
    """What indentation the hole itself must bring: that of the line above, at a line's start."""
    before = hole.data[: hole.spans[at].start].decode("utf-8")
    if before and not before.endswith("\n"):
        return ""
    lines = [line for line in before.split("\n") if line.strip()]
    line = lines[-1] if lines else ""
    indent = line[: _depth(line)]
    return indent + "    " if line.rstrip().endswith((":", "{")) else indent


_FLOORS: dict[Floor, Callable[[EvalHole], list[str]]] = {
    Floor.EMPTY: _empty,
    Floor.PASS: _pass,
    Floor.PREVIOUS_LINE: _previous_line,
    Floor.COPY: _copy,
}
