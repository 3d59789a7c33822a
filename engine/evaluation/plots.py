"""An evaluation as pictures: reliability of confidences, and what a threshold shows.

Needs matplotlib (``midfill[plots]``).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput
from engine.evaluation.infilling import Evaluation
from engine.evaluation.statistics import ReliabilityBin
from engine.evaluation.summary import Summary, summarise

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def write_plots(evaluation: Evaluation, folder: Path) -> list[Path]:
    """One PNG for each set that its first filler rated; the files.

    Raises BadInput when matplotlib is missing or the folder cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise BadInput("matplotlib is not installed: run pip install 'midfill[plots]'") from error
    written: list[Path] = []
    first = {results.set_name: results for results in reversed(evaluation.results)}
    for name, results in first.items():
        summary = summarise(results.results, evaluation.config.seed)
        if not summary.bins:
            continue
        figure = Figure(figsize=(9, 4), layout="constrained")
        left, right = figure.subplots(1, 2)
        _draw_reliability(left, summary)
        _draw_show_curve(right, summary)
        figure.suptitle(f"{results.filler}, {name}: {summary.count} holes")
        path = folder / f"{name.replace(' ', '_')}.png"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=110)
        except OSError as error:
            raise BadInput(f"{path}: cannot be written ({error.strerror})") from error
        written.append(path)
    return written


def _draw_reliability(axes: Axes, summary: Summary) -> None:
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    _draw_bins(axes, summary.bins, f"texts, ECE {summary.calibration_error or 0:.3f}", "-")
    if summary.token_bins:
        _draw_bins(axes, summary.token_bins, f"tokens, ECE {summary.token_error or 0:.3f}", "--")
    axes.set(xlabel="confidence", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")


def _draw_bins(axes: Axes, bins: Sequence[ReliabilityBin], label: str, style: str) -> None:
    """A point's area says how many it stands for."""
    p, right = [part.confidence for part in bins], [part.accuracy for part in bins]
    total = sum(part.count for part in bins)
    [line] = axes.plot(p, right, linestyle=style, label=label)
    sizes = [400 * part.count / total for part in bins]
    axes.scatter(p, right, sizes, color=line.get_color())


def _draw_show_curve(axes: Axes, summary: Summary) -> None:
    shares = [100 * point.share for point in summary.show_curve]
    axes.plot(shares, [100 * point.precision for point in summary.show_curve], "o-")
    # Of thresholds that show the same the highest.
    by_share = {point.share: point for point in summary.show_curve}
    for point in by_share.values():
        place = (100 * point.share, 100 * point.precision)
        axes.annotate(
            f"{point.threshold:.1f}",
            place,
            textcoords="offset points",
            xytext=(3, 4),
            fontsize=8,
        )
    axes.set(
        xlabel="holes where something at least so sure is shown, %",
        ylabel="of these right, %",
        xlim=(0, None),
        ylim=(0, 105),
    )
