"""Choose, over all packages, the files of each split: no text twice, no package too much.

Held-out packages are read first, so that they win over any training file that resembles theirs.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.training.corpus import SourceFile
from engine.training.decontamination import Benchmarks
from engine.training.filters import DropReason, is_test
from engine.training.near_duplicates import SeenTexts
from engine.training.pins import Pin


@dataclass(frozen=True, slots=True)
class SelectionConfig:
    """``max_package_bytes`` of a package are kept, tests at most ``max_test_share`` of them."""

    seed: int = 0
    max_package_bytes: int = 2_500_000
    max_test_share: float = 0.2


@dataclass(slots=True)
class Selector:
    """Takes one package after another; the order matters, so it must be the same in every run."""

    config: SelectionConfig
    benchmarks: Benchmarks
    seen: SeenTexts = field(default_factory=SeenTexts)
    dropped: Counter[DropReason] = field(default_factory=Counter)

    def select(self, pin: Pin, files: Sequence[SourceFile]) -> list[SourceFile]:
        """The files of one package to keep, in a seeded order: sources first, then tests."""
        order = sorted(files, key=lambda file: file.path)
        random.Random(f"{self.config.seed}/{pin.key}").shuffle(order)
        limit = min(self.config.max_package_bytes, pin.max_bytes or self.config.max_package_bytes)
        sources = [file for file in order if not is_test(file.path)]
        kept = self._fill(sources, limit, DropReason.PACKAGE_FULL)
        used = sum(map(_num_bytes, kept))
        share = self.config.max_test_share
        test_limit = min(int(used * share / (1 - share)), limit - used)
        tests = [file for file in order if is_test(file.path)]
        return kept + self._fill(tests, test_limit, DropReason.TOO_MANY_TESTS)

    def _fill(self, files: Sequence[SourceFile], limit: int, full: DropReason) -> list[SourceFile]:
        kept: list[SourceFile] = []
        used = 0
        for file in files:
            size = _num_bytes(file)
            reason = full if used + size > limit else self._reason(file)
            if reason is not None:
                self.dropped[reason] += 1
                continue
            self.seen.add(file.text)
            kept.append(file)
            used += size
        return kept

    def _reason(self, file: SourceFile) -> DropReason | None:
        if self.seen.is_duplicate(file.text):
            return DropReason.DUPLICATE
        if self.benchmarks.contains(file.path, file.text):
            return DropReason.BENCHMARK
        if self.seen.is_near_duplicate(file.text):
            return DropReason.NEAR_DUPLICATE
        return None


def _num_bytes(file: SourceFile) -> int:
    return len(file.text.encode("utf-8"))
