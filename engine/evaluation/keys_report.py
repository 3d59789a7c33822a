"""Show how many keys proposals saved: a table for people, one JSON object for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import BadInput
from engine.evaluation.keystrokes import Typed, TypedBy
from engine.evaluation.report import format_table
from engine.evaluation.statistics import LEVEL, RESAMPLES

_HEADER = (
    "filler", "keys saved %", "keys", "asked", "shown", "taken %", "keys a taking", "in vain %",
    "in vain / 100 keys",
)  # fmt: skip


def format_keys(results: Sequence[TypedBy]) -> str:
    """Keys saved and texts read in vain, of each filler; of the first by language."""
    first = results[0]
    languages = sorted({one.stretch.hole.language for one in first.typed})
    by_language = {
        name: [one for one in first.typed if one.stretch.hole.language == name]
        for name in languages
    }
    rows = [_row(each.filler, each.typed) for each in results]
    parts = [
        f"{len(first.typed)} stretches, {sum(one.num_needed for one in first.typed)} keys "
        "(95 % interval by bootstrap over stretches)",
        format_table(_HEADER, rows),
    ]
    if len(languages) > 1:
        header = (f"{first.filler} by language", *_HEADER[1:])
        parts.append(format_table(header, [_row(*item) for item in by_language.items()]))
    return "\n\n".join(parts) + "\n"


def write_keys(results: Sequence[TypedBy], path: Path) -> None:
    """Write every stretch with all that was shown. Raises BadInput when it cannot be written."""
    record = {each.filler: [_record(one) for one in each.typed] for each in results}
    try:
        path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise BadInput(f"{path}: cannot be written ({error.strerror})") from error


def share_saved(typed: Sequence[Typed], seed: int = 0) -> tuple[float, float, float]:
    """Keys saved as a share of those needed, with its 95 % interval over stretches."""
    counts = np.array([(one.num_needed - one.num_keys, one.num_needed) for one in typed], float)
    draws = np.random.default_rng(seed).integers(len(counts), size=(RESAMPLES, len(counts)))
    saved, needed = counts[draws].sum(axis=1).T
    low, high = np.quantile(saved / needed, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(counts[:, 0].sum() / counts[:, 1].sum()), float(low), float(high)


def _row(name: str, typed: Sequence[Typed]) -> tuple[str, ...]:
    mean, low, high = share_saved(typed)
    shown = [text for one in typed for text in one.shown]
    taken = [text for text in shown if text.num_saved]
    num_vain = sum(text.is_in_vain for text in shown)
    num_needed = sum(one.num_needed for one in typed)
    return (
        name,
        f"{100 * mean:.1f} [{100 * low:.1f}, {100 * high:.1f}]",
        str(sum(one.num_keys for one in typed)),
        str(sum(one.num_asked for one in typed)),
        str(len(shown)),
        f"{100 * len(taken) / max(len(shown), 1):.0f}",
        f"{sum(text.num_saved for text in taken) / max(len(taken), 1):.1f}",
        f"{100 * num_vain / max(len(shown), 1):.0f}",
        f"{100 * num_vain / num_needed:.1f}",
    )


def _record(one: Typed) -> dict[str, Any]:
    return {
        "stretch": one.stretch.hole.id,
        "text": one.stretch.text(one.stretch.start),
        "num_needed": one.num_needed,
        "num_keys": one.num_keys,
        "num_asked": one.num_asked,
        "shown": [asdict(text) | {"at": text.at - one.stretch.start} for text in one.shown],
    }
