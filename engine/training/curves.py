"""Loss curves of a run log as PNG."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from engine.errors import TrainingError


def plot_curves(log: Path, out: Path, window: int = 20) -> None:
    """Smoothed losses and accuracies of ``log.jsonl`` against contexts seen."""
    by_rows = {}  # a resumed run repeats what came after its checkpoint: the last word counts
    for number, line in enumerate(log.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise TrainingError(
                f"{log}:{number}: no JSON ({error.msg}): delete that line"
            ) from error
        by_rows[entry["rows"]] = entry
    entries = [by_rows[rows] for rows in sorted(by_rows)]
    figure = Figure(figsize=(9, 4), layout="constrained")
    for axes, suffix, label in (
        (figure.add_subplot(1, 2, 1), "", "nats a token"),
        (figure.add_subplot(1, 2, 2), "_accuracy", "accuracy"),
    ):
        for name in ("autoregressive", "diffusion"):
            points = [
                (entry["rows"], entry[name + suffix])
                for entry in entries
                if entry[name + suffix] is not None
            ]
            if points:
                rows, values = np.array(points).T
                size = min(window, len(points))
                smooth = np.convolve(values, np.ones(size) / size, mode="valid")
                axes.plot(rows[size - 1 :], smooth, label=name)
        axes.set(xlabel="contexts", ylabel=label)
        if axes.lines:
            axes.legend()
        axes.grid(alpha=0.3)
    figure.savefig(out, dpi=120)
