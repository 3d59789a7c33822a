"""``midfill stats``: what became of the proposals, by language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from lsp_server import judged
from lsp_server.feedback_store import FILE_NAME
from lsp_server.folders import state_folder
from lsp_server.judged import forget_judged, read_judged
from lsp_server.usage import Usage, read_usage

_NUM_REASONS = 4


def stats(num_days: int | None, is_json: bool, picture: Path | None, out: TextIO) -> int:
    """Print the table or one JSON object, and draw ``picture`` if asked; the exit code."""
    path = state_folder() / FILE_NAME
    usages = read_usage(path, num_days)
    if picture is not None:
        from lsp_server.stats_picture import draw

        draw(usages, picture)
    if is_json:
        out.write(json.dumps({language: asdict(one) for language, one in usages.items()}) + "\n")
    elif usages:
        out.write(table(usages) + f"\nAll of it is in {path}, on this machine only.\n")
    else:
        out.write(f"Nothing was counted yet: {path} fills while an editor uses midfill lsp.\n")
    return 0


def show_judged(out: TextIO) -> int:
    """Print what is kept for training, a JSON object a line; the exit code."""
    for one in read_judged(state_folder() / judged.FILE_NAME):
        out.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
    return 0


def forget(out: TextIO) -> int:
    """Delete what is kept for training; the exit code."""
    number = forget_judged(state_folder() / judged.FILE_NAME)
    out.write(f"{number} texts that were kept for training are deleted\n")
    return 0


def table(usages: Mapping[str, Usage]) -> str:
    """Write the counts of each language in one line, then why nothing was shown."""
    width = max(len("language"), *map(len, usages))
    lines = [
        f"{'language':<{width}}{'shown':>8}{'accepted':>10}{'partly':>8}{'rejected':>10}"
        f"{'kept 30 s':>11}{'5 min':>7}{'ms p50':>9}{'p95':>7}"
    ]
    for language, usage in usages.items():
        lines.append(
            f"{language:<{width}}{usage.num_shown:>8}{_percent(usage.accepted):>10}"
            f"{_percent(usage.partial):>8}{_percent(usage.rejected):>10}"
            f"{_percent(usage.kept_30s):>11}{_percent(usage.kept_5min):>7}"
            f"{_number(usage.latency_p50_ms):>9}{_number(usage.latency_p95_ms):>7}"
        )
    lines += ["", f"{'language':<{width}}{'silent':>8}  why"]
    for language, usage in usages.items():
        num_silent = sum(usage.silences.values())
        reasons = [
            f"{reason} {_percent(number / num_silent)}"
            for reason, number in list(usage.silences.items())[:_NUM_REASONS]
        ]
        lines.append(f"{language:<{width}}{num_silent:>8}  {', '.join(reasons)}".rstrip())
    return "\n".join(lines) + "\n"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f} %"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
