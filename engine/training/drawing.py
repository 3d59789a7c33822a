"""Rows drawn from a corpus and cut on all cores.

Rows come in slices. A slice's files and cuts follow from the seed and its number, and slices are
taken in order, so that the rows are the same on any number of cores.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType

import numpy as np

from engine.errors import TrainingError
from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile
from engine.training.cutting import Cutter, CuttingConfig
from engine.training.examples import ExampleRow

FAMILIES = MappingProxyType(
    {"python": "python", "javascript": "script", "typescript": "script", "tsx": "script"}
)
# Shares of the rows; languages without an entry share the last one.
SHARES = MappingProxyType({"python": 0.55, "script": 0.25, "other": 0.20})
SLICE = 64  # files a slice
# A file is drawn by its length, up to this many characters: a place in it is what is drawn.
MAX_CHARACTERS = 60_000
MAX_SPARE_SLICES = 4  # a core, that wait for their turn


@dataclass(frozen=True, slots=True)
class DrawConfig:
    """How many rows, from which seed; rows with more than ``max_context`` tokens are left out.

    ``needs_families``: a corpus without files of one of the families is refused.
    """

    num_rows: int
    seed: int = 0
    max_context: int = 1400
    num_workers: int | None = None
    needs_families: bool = True
    cutting: CuttingConfig = field(default_factory=CuttingConfig)


class Drawer:
    """Draws files by family and length; without a family the others share its part.

    Raises TrainingError where one is missing that is needed, or all are.
    """

    def __init__(self, files: Iterable[SourceFile], needs_families: bool = True) -> None:
        families: dict[str, list[SourceFile]] = {name: [] for name in SHARES}
        for source in files:
            families[FAMILIES.get(source.lang, "other")].append(source)
        missing = [name for name, found in families.items() if not found]
        if (missing and needs_families) or len(missing) == len(families):
            raise TrainingError(f"no files of {', '.join(missing)}: build the corpus again")
        self._families = [families[name] for name in SHARES if families[name]]
        shares = np.array([share for name, share in SHARES.items() if families[name]])
        self._shares = shares / shares.sum()
        self._ends = [
            np.cumsum([min(len(file.text), MAX_CHARACTERS) for file in found])
            for found in self._families
        ]

    def draw(self, random: np.random.Generator) -> SourceFile:
        """One file."""
        family = int(random.choice(len(self._shares), p=self._shares))
        ends = self._ends[family]
        place = int(random.integers(int(ends[-1])))
        return self._families[family][int(np.searchsorted(ends, place, side="right"))]


def drawn_rows(drawer: Drawer, tokenizer: Path, config: DrawConfig) -> Iterator[ExampleRow]:
    """``num_rows`` rows, the same for the same seed."""
    num_workers = config.num_workers or os.cpu_count() or 1
    slices = (_drawn(drawer, config.seed, number) for number in itertools.count())
    cut = _in_processes(slices, tokenizer, config, num_workers)
    if num_workers == 1:
        cut = itertools.starmap(_Worker(tokenizer, config).cut, slices)
    return itertools.islice(itertools.chain.from_iterable(cut), config.num_rows)


_Slice = tuple[tuple[int, ...], list[SourceFile]]


def _drawn(drawer: Drawer, seed: int, number: int) -> _Slice:
    """The seed and the files of one slice."""
    random = np.random.default_rng((seed, number, 0))
    return (seed, number, 1), [drawer.draw(random) for _ in range(SLICE)]


class _Worker:
    """Cuts slices."""

    def __init__(self, tokenizer: Path, config: DrawConfig) -> None:
        self._cutter = Cutter(BPETokenizer(tokenizer), config.cutting)
        self._max_context = config.max_context

    def cut(self, seed: tuple[int, ...], files: Sequence[SourceFile]) -> list[ExampleRow]:
        """The rows of a slice; not every file's place holds something to fill."""
        random = np.random.default_rng(seed)
        rows = (self._cutter.cut(file, random) for file in files)
        return [row for row in rows if row is not None and len(row.main) <= self._max_context]


def _in_processes(
    slices: Iterator[_Slice], tokenizer: Path, config: DrawConfig, num_workers: int
) -> Iterator[list[ExampleRow]]:
    """The rows of each slice in order, cut in processes that keep a worker each."""
    waiting: deque[Future[list[ExampleRow]]] = deque()
    context = get_context("spawn")  # a copy of a process with torch's threads may hang
    with ProcessPoolExecutor(num_workers, context, _start, (tokenizer, config)) as pool:
        try:
            for each in slices:
                waiting.append(pool.submit(_cut, *each))
                if len(waiting) > MAX_SPARE_SLICES * num_workers:
                    yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_workers: list[_Worker] = []


def _start(tokenizer: Path, config: DrawConfig) -> None:
    _workers[:] = [_Worker(tokenizer, config)]


def _cut(seed: tuple[int, ...], files: Sequence[SourceFile]) -> list[ExampleRow]:
    return _workers[0].cut(seed, files)
