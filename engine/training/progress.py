"""What a training run says while it works: a line of progress, and a JSON line of its log."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StepLoss:
    """Losses (nats a token) and accuracies of one batch; None where the pass did not run."""

    autoregressive: float
    autoregressive_accuracy: float
    diffusion: float | None
    diffusion_accuracy: float | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Contexts, positions (context and canvas), holes and optimiser steps seen so far."""

    rows: int = 0
    tokens: int = 0
    holes: int = 0
    steps: int = 0


class RunLog:
    """Appends to ``log.jsonl`` and draws the line; speeds count from where this run started."""

    def __init__(self, path: Path, start: Counts, num_rows: int) -> None:
        self._path, self._start, self._num_rows = path, start, num_rows
        self._started = time.monotonic()

    def step(self, counts: Counts, loss: StepLoss, learning_rate: float, norm: float) -> None:
        """Record one optimiser step."""
        seconds = time.monotonic() - self._started
        entry = {
            **asdict(counts),
            "seconds": round(seconds, 1),
            "learning_rate": learning_rate,
            "norm": round(norm, 3),
            **asdict(loss),
        }
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        # On a terminal each step's line replaces the one before.
        end = "\x1b[K\r" if sys.stdout.isatty() else "\n"
        print(self._line(counts, loss, max(seconds, 1e-9)), end=end, flush=True)

    def _line(self, counts: Counts, loss: StepLoss, seconds: float) -> str:
        done = min(counts.rows / self._num_rows, 1.0)
        rows = counts.rows - self._start.rows
        left = seconds * (self._num_rows - counts.rows) / max(rows, 1) / 60
        noisy = ""
        if loss.diffusion is not None and loss.diffusion_accuracy is not None:
            noisy = f" · diffusion {loss.diffusion:.2f} ({loss.diffusion_accuracy:.0%})"
        return (
            f"[{'#' * int(20 * done):20}] {done:4.0%} · AR {loss.autoregressive:.2f} "
            f"({loss.autoregressive_accuracy:.0%}){noisy} · "
            f"{(counts.tokens - self._start.tokens) / seconds:,.0f} tokens/s · {left:.0f} min left"
        )
