"""Quality against steps and against what the weights are stored and multiplied in.

    python -m tests.measure.quantisation FOLDER --corpus corpus.valid.jsonl.zst --weights int4
    python -m tests.measure.quantisation FOLDER --corpus corpus.valid.jsonl.zst --weights float32
    python -m tests.measure.quantisation FOLDER --plot steps.png

int4: the model as it ships, four bits on disk and products of bytes. float32: the same weights,
multiplied in float32. int8: the same weights in eight bits on disk. The last two are written below
FOLDER. Training rounded the weights to four bits and kept no others, so none of this says what
weights in full would be worth.

Masked steps fill a block of 16 in 1, 2, 4 or 8 steps, or commit what is sure enough; one more pass
scores the text. Verified steps are the default. Nothing is withheld, the context is read before the
clock starts. A run goes on where the one before stopped; tables are of holes that all have.
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
from engine.evaluation.statistics import compare
from engine.infill import InfillConfig
from engine.memory.library import MAX_OTHER_CHARACTERS
from engine.models import MANIFEST_FILE, Model, read_model, resolve
from engine.training.export import ModelFacts, Quantisation, export, write_manifest
from engine.training.shipped import shipped_relief, shipped_shape, shipped_weights
from tests.measure.arms import BASE, Row, fill, read

BLOCK = 16  # the canvas of a single line
NUM_STEPS = 1, 2, 4, 8
SHIPPED = Quantisation.FOUR_BIT


def _masked(**policy: float) -> InfillConfig:
    changes = tuple(policy.items())
    return InfillConfig(min_confidence=0.0, decoding=Decoding.MASKED, policy=changes)


FIXED: Mapping[str, InfillConfig] = {
    f"masked, {steps} a block": _masked(threshold=1.0, steps_per_token=steps / BLOCK)
    for steps in NUM_STEPS
}
ARMS: Mapping[str, InfillConfig] = {
    **FIXED,
    "masked, p >= .9": _masked(threshold=0.9),
    "verified, no memory": InfillConfig(
        min_confidence=0.0, decoding=Decoding.VERIFIED, has_memory=False
    ),
    BASE: InfillConfig(min_confidence=0.0, decoding=Decoding.VERIFIED, has_memory=True),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--weights", type=Quantisation, default=SHIPPED)
    parser.add_argument("--holes", type=int, default=60, metavar="N")
    parser.add_argument("--seed", type=int, default=3, metavar="N")
    parser.add_argument("--minutes", type=float, default=60.0, help="then show what there is")
    parser.add_argument("--plot", type=Path, metavar="FILE.png")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    if arguments.corpus is not None:
        files = read_sources(arguments.corpus)
        holes = cut_holes(files, CutConfig(arguments.holes, seed=arguments.seed))
        chosen = with_nearby(holes, files, MAX_OTHER_CHARACTERS)
        model = stored(arguments.weights, folder)
        rows_file = _rows_file(folder, arguments.weights)
        fill(chosen, ARMS, str(model.folder), rows_file, arguments.minutes)
    order = SHIPPED, Quantisation.EIGHT_BIT, Quantisation.FULL
    found = {each: read(_rows_file(folder, each)) for each in order}
    rows = common({each: rows for each, rows in found.items() if rows})
    sizes = {each: size_of(stored(each, folder)) for each in rows}
    show(rows, sizes)
    if arguments.plot is not None:
        plot(rows, sizes, arguments.plot)


def stored(weights: Quantisation, folder: Path) -> Model:
    """The shipped model with its weights kept so; written below ``folder`` unless it is there."""
    shipped = resolve()
    if weights is SHIPPED:
        return shipped
    out = folder / weights.value
    if not (out / MANIFEST_FILE).exists():
        shape, manifest = shipped_shape(shipped.folder), shipped.manifest
        relief = None if weights is Quantisation.FULL else shipped_relief(shipped.folder)
        entries = export(shipped_weights(shipped.folder, shape), out, weights, shape, relief)
        facts = ModelFacts(
            name=f"{manifest.name}-{weights.value}",
            base=manifest.name,
            data=manifest.data,
            recipe_commit=manifest.recipe_commit,
            tokens_seen=manifest.tokens_seen,
            calibration=manifest.calibration,
            defaults=manifest.defaults,
        )
        write_manifest(out, entries, facts, shipped.tokenizer, shape)
    return read_model(out)


def size_of(model: Model) -> float:
    """Megabytes of its files."""
    return sum((model.folder / name).stat().st_size for name in model.manifest.files) / 1e6


def _rows_file(folder: Path, weights: Quantisation) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{weights.value}.jsonl"


Found = dict[Quantisation, dict[str, list[Row]]]


def common(found: Mapping[Quantisation, Sequence[Row]]) -> Found:
    """Rows by weights and arm, of the holes that every one of them has, in one order."""
    by_cell = {
        (weights, arm): {row["hole"]: row for row in rows if row["arm"] == arm}
        for weights, rows in found.items()
        for arm in ARMS
    }
    holes = sorted(set.intersection(*(set(cell) for cell in by_cell.values())))
    return {
        weights: {arm: [by_cell[weights, arm][hole] for hole in holes] for arm in ARMS}
        for weights in found
    }


def show(rows: Found, sizes: Mapping[Quantisation, float]) -> None:
    """A line for each weights and arm; differences are against the same arm as it ships.

    Kept and parses are of what is not silent.
    """
    for weights, by_arm in rows.items():
        print(f"\n{weights.value}: {sizes[weights]:.0f} MB, {len(by_arm[BASE])} holes")
        print("| steps | exact | kept | parses | silent | passes | ms | against int4 | same text |")
        print("|---|---|---|---|---|---|---|---|---|")
        for arm, found in by_arm.items():
            print(_line(arm, found, rows.get(SHIPPED, by_arm)[arm]))


def _line(arm: str, rows: Sequence[Row], base: Sequence[Row]) -> str:
    right = [row["is_exact"] for row in rows]
    paired = compare(right, [row["is_exact"] for row in base])
    low, high = (100 * share for share in (paired.difference.low, paired.difference.high))
    shown = [row for row in rows if not row["is_silent"]]
    kept, parses = (np.mean([row[key] for row in shown]) for key in ("kept", "parses"))
    passes, ms = (np.array([row[key] for row in rows]) for key in ("forwards", "ms"))
    num_same = sum(row["texts"] == other["texts"] for row, other in zip(rows, base, strict=True))
    return (
        f"| {arm} | {100 * np.mean(right):.1f} % ({sum(right)}) | {100 * kept:.0f} % |"
        f" {100 * parses:.0f} % | {len(rows) - len(shown)} |"
        f" {passes.mean():.1f} | {np.median(ms):.0f} |"
        f" {paired.num_only_first} : {paired.num_only_second} [{low:+.1f}, {high:+.1f}] |"
        f" {num_same} |"
    )


MARKERS = {"masked, p >= .9": "D", "verified, no memory": "s", BASE: "*"}


def plot(rows: Found, sizes: Mapping[Quantisation, float], path: Path) -> None:
    """Exact and kept against passes: lines join the masked steps of a fixed number."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    shares = {"is_exact": "exact, % of holes", "kept": "kept of what is written, %"}
    for axes, (key, title) in zip(figure.subplots(1, 2), shares.items(), strict=True):
        for color, (weights, by_arm) in enumerate(rows.items()):
            style = {"color": f"C{color}", "alpha": 0.7}
            places = {arm: _place(found, key) for arm, found in by_arm.items()}
            line = np.array([places[arm] for arm in FIXED])
            label = f"{weights.value}, {sizes[weights]:.0f} MB"
            axes.plot(*line.T, "o-", label=label, **style)
            for arm, marker in MARKERS.items():
                label = arm if weights is SHIPPED else ""
                axes.plot(*places[arm], marker, label=label, markersize=9, **style)
            if weights is SHIPPED:
                for steps, place in zip(NUM_STEPS, line, strict=True):
                    where = {"xytext": (6, -4), "textcoords": "offset points"}
                    axes.annotate(str(steps), place, **where)
        axes.margins(0.1)
        axes.set(xlabel="passes a hole", ylabel=title, xlim=(0, None), ylim=(0, None))
        axes.grid(alpha=0.3)
    figure.axes[0].legend(loc="lower left", fontsize=8)
    num_holes = len(next(iter(rows.values()))[BASE])
    figure.suptitle(f"Steps and arithmetic: {num_holes} single-line holes, nothing withheld")
    figure.savefig(path, dpi=90)


def _place(rows: Sequence[Row], key: str) -> tuple[float, float]:
    """Passes and percent; what is kept is of what is not silent."""
    rated = [row for row in rows if key != "kept" or not row["is_silent"]]
    passes = float(np.mean([row["forwards"] for row in rows]))
    return passes, 100 * float(np.mean([row[key] for row in rated]))


if __name__ == "__main__":
    main()
