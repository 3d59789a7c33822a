"""The counts of ``midfill stats`` as a picture. Needs matplotlib (``midfill[plots]``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import BadInput
from lsp_server.usage import Usage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INCHES_A_ROW = 0.5
_PARTS = (("accepted", "#2a6f97"), ("partial", "#89c2d9"), ("rejected", "#d1495b"))


def draw(usages: Mapping[str, Usage], path: Path) -> None:
    """Draw shares, survival and silences of each language.

    Raises BadInput when there is nothing to draw, matplotlib is missing or the file cannot be made.
    """
    if not usages:
        raise BadInput("nothing was counted yet: there is no picture to draw")
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise BadInput("matplotlib is not installed: run pip install 'midfill[plots]'") from error
    height = 1.6 + _INCHES_A_ROW * len(usages)
    figure = Figure(figsize=(11, height), layout="constrained")
    fates, kept, silences = figure.subplots(1, 3, sharey=True)
    _draw_fates(fates, usages)
    _draw_kept(kept, usages)
    _draw_silences(silences, usages)
    fates.invert_yaxis()
    try:
        figure.savefig(path, format="png", dpi=110)
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror})") from error


def _draw_fates(axes: Axes, usages: Mapping[str, Usage]) -> None:
    left = [0.0] * len(usages)
    for name, colour in _PARTS:
        shares = [100 * (getattr(usage, name) or 0.0) for usage in usages.values()]
        axes.barh(list(usages), shares, left=left, color=colour, label=name)
        left = [before + share for before, share in zip(left, shares, strict=True)]
    axes.set(title="of what was shown, %", xlim=(0, 100))
    axes.legend(fontsize="small", frameon=False)


def _draw_kept(axes: Axes, usages: Mapping[str, Usage]) -> None:
    for name, label, marker in (("kept_30s", "30 s", "o"), ("kept_5min", "5 min", "s")):
        known = [
            (100 * share, language)
            for language, usage in usages.items()
            if (share := getattr(usage, name)) is not None
        ]
        axes.plot(
            [share for share, _ in known], [language for _, language in known], marker, label=label
        )
    axes.set(title="of what was accepted still there, %", xlim=(0, 103))
    axes.legend(fontsize="small", frameon=False)


def _draw_silences(axes: Axes, usages: Mapping[str, Usage]) -> None:
    reasons = list(dict.fromkeys(reason for usage in usages.values() for reason in usage.silences))
    left = [0.0] * len(usages)
    for reason in reasons:
        shares = [
            100 * usage.silences.get(reason, 0) / max(sum(usage.silences.values()), 1)
            for usage in usages.values()
        ]
        axes.barh(list(usages), shares, left=left, label=reason)
        left = [before + share for before, share in zip(left, shares, strict=True)]
    axes.set(title="why nothing was shown, %", xlim=(0, 100))
    if reasons:
        axes.legend(fontsize="x-small", frameon=False)
