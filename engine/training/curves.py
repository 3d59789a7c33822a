"""Loss curves of a run log as PNG."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from engine.errors import TrainingError

Entry = Mapping[str, float]
KINDS = ("context", "clean", "noisy")
NUM_WINDOWS = 24  # a line is smoothed over this part of its points
MILLION = 1e6


def plot_curves(log: Path, out: Path) -> None:
    """Losses and shares that were right of ``log.jsonl``, smoothed, held-out packs as dots."""
    entries = _read(log)
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    for column, (suffix, label) in enumerate((("", "nats a token"), ("_right", "share right"))):
        axes = figure.add_subplot(1, 2, column + 1)
        for number, kind in enumerate(KINDS):
            _draw(axes, entries, kind + suffix, f"C{number}")
        axes.set(xlabel="million positions", ylabel=label)
        axes.grid(alpha=0.3)
    lines, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=len(lines) or 1, frameon=False)
    figure.savefig(out, dpi=100)


def _draw(axes: Axes, entries: Sequence[Entry], name: str, colour: str) -> None:
    """A line for what was trained on, dots for what was held out."""
    places, values = _points(entries, name)
    size = max(1, len(values) // NUM_WINDOWS)
    if len(values):
        smooth = np.convolve(values, np.ones(size) / size, mode="valid")
        axes.plot(places[size - 1 :], smooth, color=colour, alpha=0.6, label=name.split("_")[0])
    places, values = _points(entries, f"valid_{name}")
    if len(values):
        label = f"{name.split('_')[0]}, held out"
        axes.plot(places, values, "o--", color=colour, markersize=4, linewidth=0.8, label=label)


def _points(entries: Sequence[Entry], name: str) -> tuple[Sequence[float], Sequence[float]]:
    found = [entry for entry in entries if name in entry]
    return [entry["tokens"] / MILLION for entry in found], [entry[name] for entry in found]


def _read(log: Path) -> list[Entry]:
    """What is known at each step, in order."""
    by_step: dict[float, dict[str, float]] = {}
    for number, line in enumerate(log.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise TrainingError(
                f"{log}:{number}: no JSON ({error.msg}): delete that line"
            ) from error
        # A resumed run repeats what came after its checkpoint: the last word counts.
        by_step.setdefault(entry["steps"], {}).update(entry)
    return [by_step[step] for step in sorted(by_step)]
