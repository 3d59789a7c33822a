"""Ways to decide what a step commits, on the same holes with the same weights.

    python -m tests.measure.samplers rows.jsonl --corpus corpus.valid.jsonl.zst [--plot FILE.png]

Masked steps commit a fixed number of tokens, or what is sure enough; verified steps what the causal
pass supports. Nothing is withheld. See ``tests.measure.arms``, whose table this prints.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from engine.effort import Decoding
from engine.evaluation.holes import CutConfig, cut_holes, read_sources
from engine.evaluation.nearby import with_nearby
from engine.infill import InfillConfig
from engine.memory.library import MAX_OTHER_CHARACTERS
from tests.measure.arms import BASE, Row, fill, read, show


def _masked(**policy: float) -> InfillConfig:
    changes = tuple(policy.items())
    return InfillConfig(min_confidence=0.0, decoding=Decoding.MASKED, policy=changes)


def _fixed(num_tokens: int) -> InfillConfig:
    return _masked(threshold=1.0, steps_per_token=1 / num_tokens)


ARMS: Mapping[str, InfillConfig] = {
    BASE: InfillConfig(min_confidence=0.0, decoding=Decoding.VERIFIED, has_memory=True),
    "verified, no memory": InfillConfig(
        min_confidence=0.0, decoding=Decoding.VERIFIED, has_memory=False
    ),
    "drafted, no memory": InfillConfig(
        min_confidence=0.0, decoding=Decoding.DRAFTED, has_memory=False
    ),
    "1 token a step": _fixed(1),
    "2 tokens a step": _fixed(2),
    "4 tokens a step": _fixed(4),
    "threshold .9": _masked(),
    "threshold .7": _masked(threshold=0.7),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, metavar="FILE")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--model", metavar="FOLDER")
    parser.add_argument("--holes", type=int, default=70, metavar="N")
    parser.add_argument("--seed", type=int, default=3, metavar="N")
    parser.add_argument("--minutes", type=float, default=60.0, help="then show what there is")
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    arguments = parser.parse_args()
    if arguments.corpus is not None:
        files = read_sources(arguments.corpus)
        holes = cut_holes(files, CutConfig(arguments.holes, seed=arguments.seed))
        chosen = with_nearby(holes, files, MAX_OTHER_CHARACTERS)
        fill(chosen, ARMS, arguments.model, arguments.output, arguments.minutes)
    rows = read(arguments.output)
    show(rows)
    if arguments.plot is not None:
        plot(rows, arguments.plot)


def plot(rows: Sequence[Row], path: Path) -> None:
    """Exact answers against passes, a numbered point an arm; squares are judged causally."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    by_arm: dict[str, list[Row]] = {}
    for row in rows:
        by_arm.setdefault(row["arm"], []).append(row)
    by_place: dict[tuple[float, float], list[str]] = {}
    for number, (name, found) in enumerate(by_arm.items(), start=1):
        passes, exact = np.mean([[row["forwards"], 100 * row["is_exact"]] for row in found], axis=0)
        is_causal = name.startswith(("verified", "drafted"))
        marker = "s" if is_causal else "o"
        axes.plot(passes, exact, marker=marker, linestyle="", label=f"{number} {name}")
        by_place.setdefault((round(passes, 1), round(exact)), []).append(str(number))
    for place, numbers in by_place.items():
        where = {"xytext": (5, 4), "textcoords": "offset points", "fontsize": 8}
        axes.annotate(", ".join(numbers), place, **where)
    axes.set(xlabel="passes a hole", ylabel="exact, % of holes", xlim=(0, None), ylim=(0, None))
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
