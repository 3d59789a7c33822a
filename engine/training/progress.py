"""What a training run says while it works: a line of progress, and a JSON line of its log."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Counts:
    """Packs, tokens of them and optimiser steps so far; seconds of training."""

    packs: int = 0
    tokens: int = 0
    steps: int = 0
    seconds: float = 0.0


class RunLog:
    """Appends to ``log.jsonl`` and draws the line; speed counts from where this run started."""

    def __init__(self, path: Path, start: Counts) -> None:
        self._path, self._start = path, start

    def step(self, counts: Counts, progress: float, losses: Mapping[str, float]) -> None:
        """Record one optimiser step: ``losses`` in nats a token, and shares that were right."""
        rounded = {name: round(value, 5) for name, value in losses.items()}
        self._append({**asdict(counts), "progress": round(progress, 4), **rounded})
        # On a terminal each step's line replaces the one before.
        end = "\x1b[K\r" if sys.stdout.isatty() else "\n"
        print(self._line(counts, progress, losses), end=end, flush=True)

    def validation(self, counts: Counts, losses: Mapping[str, float]) -> None:
        """Record what the held-out packs say."""
        rounded = {f"valid_{name}": round(value, 5) for name, value in losses.items()}
        self._append({**asdict(counts), **rounded})
        shown = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
        print(f"validation at step {counts.steps}: {shown}", flush=True)

    def _append(self, entry: Mapping[str, float]) -> None:
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")

    def _line(self, counts: Counts, progress: float, losses: Mapping[str, float]) -> str:
        seconds = max(counts.seconds - self._start.seconds, 1e-9)
        speed = (counts.tokens - self._start.tokens) / seconds
        shown = " · ".join(f"{name} {value:.3f}" for name, value in losses.items())
        return f"[{'#' * int(20 * progress):20}] {progress:4.0%} · {shown} · {speed:,.0f} tokens/s"
