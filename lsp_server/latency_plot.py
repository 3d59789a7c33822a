"""A latency report as a picture. Needs matplotlib (``midfill[plots]``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput

if TYPE_CHECKING:
    from lsp_server.latency import LatencyReport


def draw(report: LatencyReport, path: Path) -> None:
    """Draw the stages' medians, stacked, and the share of keys answered within a time.

    Raises BadInput when matplotlib is missing or the file cannot be made.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise BadInput("matplotlib is not installed: run pip install 'midfill[plots]'") from error
    figure = Figure(figsize=(11, 4), layout="constrained")
    stages, keys = figure.subplots(1, 2)
    bottom = 0.0
    for stage, times in report.stages_ms.items():
        stages.bar(["median"], [times.p50], bottom=bottom, label=stage, width=0.5)
        bottom += times.p50
    stages.set(title="a key that the engine is asked for", ylabel="ms")
    stages.legend(fontsize="small", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    ordered = sorted(report.all_keys_ms)
    shares = [100 * (rank + 1) / len(ordered) for rank in range(len(ordered))]
    keys.step(ordered, shares, where="post")
    keys.set(title="keys answered within", xlabel="ms", ylabel="%", ylim=(0, 100))
    keys.set_xscale("log")
    figure.suptitle(f"{report.model}, {report.machine}, {report.num_cpus} cores", fontsize="small")
    try:
        figure.savefig(path, format="png", dpi=110)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror})") from error
