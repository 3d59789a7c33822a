"""How many keys proposals save whoever writes code from top to bottom and waits for each of them.

The simulated author types a stretch of a file as it stands in truth. What is proposed stays in view
while it is typed along with; it is taken with one key when all of it is right, its lines with one
key each when only its first ones are. What is wrong from its first word on was read in vain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from engine.brackets import scan
from engine.errors import BadInput
from engine.evaluation.fillers import Filler, Floor
from engine.evaluation.holes import read_sources
from engine.evaluation.infilling import EvaluationConfig, all_fillers, progress_of
from engine.evaluation.nearby import with_nearby
from engine.evaluation.stretches import Stretch, cut_stretches
from engine.languages import language_of
from engine.memory.library import MAX_OTHER_CHARACTERS

# What takes fewer keys is typed sooner than it is looked at.
MIN_TAKEN_KEYS = 2
_FIRST_WORD = re.compile(r"\s*(?:\w+|\W)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that came into view at byte ``at`` of the file, and what became of it.

    ``num_right``: characters of it that are right; ``is_whole``: all are, but for brackets that
    it closes for who opened them; ``num_saved``: keys that nobody had to press.
    """

    at: int
    text: str
    confidence: float | None
    num_right: int
    is_whole: bool
    num_saved: int = 0

    @property
    def is_in_vain(self) -> bool:
        """Whether not even its first word is right."""
        word = _FIRST_WORD.match(self.text)
        return not self.is_whole and (word is None or self.num_right < word.end())


@dataclass(frozen=True, slots=True)
class Typed:
    """A stretch that was typed with ``num_keys`` keys, out of ``num_needed`` without proposals.

    ``num_asked`` counts the places at which nothing was in view.
    """

    stretch: Stretch
    num_needed: int
    num_keys: int
    num_asked: int
    shown: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class TypedBy:
    """All stretches, typed with one filler's proposals."""

    filler: str
    typed: tuple[Typed, ...]


def run_keys(config: EvaluationConfig, fillers: Sequence[Filler] = ()) -> list[TypedBy]:
    """Type ``config.num_holes`` stretches of the corpus with the model, and with copying alone.

    Raises BadInput for a missing or unusable corpus, and as ``infilling.all_fillers`` does.
    """
    if config.corpus is None:
        raise BadInput("nothing to type: name a folder of source files, or a corpus file")
    files = read_sources(config.corpus)
    stretches = cut_stretches(files, config.num_holes, config.seed)
    holes = with_nearby([each.hole for each in stretches], files, MAX_OTHER_CHARACTERS)
    known = {hole.id: replace(one, hole=hole) for one, hole in zip(stretches, holes, strict=True)}
    progress = progress_of(config)
    return [
        TypedBy(
            filler.name,
            tuple(type_stretch(known[hole.id], filler) for hole in progress(holes, filler.name)),
        )
        for filler in all_fillers(replace(config, floors=(Floor.COPY,)), fillers)
    ]


def type_stretch(stretch: Stretch, filler: Filler) -> Typed:
    """Type one stretch with ``filler``'s proposals in view."""
    author = _Author(stretch, filler)
    while author.at < stretch.end:
        author.look()
        if not author.take():
            author.type()
    num_needed = stretch.num_keys(stretch.start, stretch.end)
    return Typed(stretch, num_needed, author.num_keys, author.num_asked, tuple(author.shown))


class _Author:
    """Who types; ``view`` is what is left of the proposal that is shown last."""

    def __init__(self, stretch: Stretch, filler: Filler) -> None:
        self._stretch, self._filler = stretch, filler
        self.at = stretch.start
        self.num_keys = self.num_asked = 0
        self.shown: list[Shown] = []
        self._view = ""

    def look(self) -> None:
        """Ask for a proposal where none is in view."""
        if self._view:
            return
        self.num_asked += 1
        answer = self._filler.fill(self._stretch.state(self.at))
        if answer.is_silent or answer.changes_elsewhere:
            return
        self._view = text = answer.texts[0].rstrip()
        right = _common(text, self._stretch.text(self.at))
        is_whole = self._is_closed(text, right)
        self.shown.append(Shown(self.at, text, answer.confidence, len(right), is_whole))

    def take(self) -> bool:
        """Take what is right of the view, if that is worth a key."""
        right = _common(self._view, self._stretch.text(self.at))
        num_pressed = 1
        if not self._is_closed(self._view, right):
            right = right[: max(right.rfind("\n"), 0)]
            num_pressed += right.count("\n")
        end = self.at + len(right.encode("utf-8"))
        num_keys = self._stretch.num_keys(self.at, end)
        if num_keys < max(MIN_TAKEN_KEYS, num_pressed + 1):
            return False
        self.shown[-1] = replace(self.shown[-1], num_saved=num_keys - num_pressed)
        self.num_keys += num_pressed
        self.at, self._view = end, ""
        return True

    def type(self) -> None:
        """Press the next key; another one than the view begins with makes it vanish."""
        following = self._stretch.after_key(self.at)
        key = self._stretch.text(self.at, following)
        self._view = self._view[len(key) :] if self._view.startswith(key) else ""
        self.at, self.num_keys = following, self.num_keys + 1

    def _is_closed(self, text: str, right: str) -> bool:
        """Whether ``text`` is ``right`` up to brackets that it closes for who opened them."""
        rest = "".join(text[len(right) :].split())
        opened = scan(right.encode("utf-8"), language_of(self._stretch.hole.path)).closers
        return opened.startswith(rest)


def _common(left: str, right: str) -> str:
    pairs: Iterator[tuple[str, str]] = zip(left, right, strict=False)
    alike: Iterable[tuple[str, str]] = takewhile(lambda pair: pair[0] == pair[1], pairs)
    return left[: sum(1 for _ in alike)]
