"""Ways to fill the same holes with one model, paired, over contexts that are encoded once.

    python -m tests.measure.arms a.jsonl --corpus corpus.valid.jsonl.zst --model FOLDER --share 0/2
    python -m tests.measure.arms b.jsonl --corpus corpus.valid.jsonl.zst --model FOLDER --share 1/2
    python -m tests.measure.arms a.jsonl b.jsonl

Single-line holes unless --kinds says otherwise, as the product is asked, nothing withheld but where
an arm says so. What differs between arms is how a text is written; reading the file, which takes
most of the time, is shared. Goes on where an earlier run with the same output stopped;
without a corpus it shows what is there.

Passes and milliseconds leave out the reading. "Sure": at least .2, and how many of these are right.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import engine
from engine.canvas import Canvas, Ids
from engine.context import ContextLimits
from engine.denoisers.protocol import ContextHandle, Denoiser, Logits
from engine.effort import Decoding
from engine.evaluation.holes import (
    SINGLE_LINE,
    CutConfig,
    CutKind,
    EvalHole,
    cut_holes,
    read_sources,
)
from engine.evaluation.infilling import measure
from engine.evaluation.model_filler import ModelFiller, request_of
from engine.evaluation.nearby import with_nearby
from engine.evaluation.statistics import compare
from engine.infill import InfillConfig, Infiller
from engine.memory.library import MAX_OTHER_CHARACTERS
from engine.reading.reader import scaled
from engine.request import Effort
from engine.tokenizer import Tokenizer

VERIFIED, DRAFTED, MASKED = Decoding.VERIFIED, Decoding.DRAFTED, Decoding.MASKED
BASE = "verified"
SURE = 0.2


def _windowed(size: float) -> InfillConfig:
    limits = scaled(ContextLimits(), size)
    return InfillConfig(context=limits, min_confidence=0.0, decoding=VERIFIED, has_memory=True)


ARMS: Mapping[str, InfillConfig] = {
    BASE: InfillConfig(min_confidence=0.0, decoding=VERIFIED, has_memory=True),
    "no memory": InfillConfig(min_confidence=0.0, decoding=VERIFIED, has_memory=False),
    "as shown": InfillConfig(decoding=VERIFIED, has_memory=True),
    "drafted": InfillConfig(min_confidence=0.0, decoding=DRAFTED, has_memory=True),
    "masked": InfillConfig(min_confidence=0.0, decoding=MASKED),
    "masked, threshold .7": InfillConfig(
        min_confidence=0.0, decoding=MASKED, policy=(("threshold", 0.7),)
    ),
    "drafts of 16": InfillConfig(
        min_confidence=0.0, decoding=VERIFIED, has_memory=True, policy=(("draft_tokens", 16.0),)
    ),
    "matches of 3": InfillConfig(
        min_confidence=0.0, decoding=VERIFIED, has_memory=True, policy=(("min_match", 3.0),)
    ),
    "2 candidates": InfillConfig(
        min_confidence=0.0, decoding=VERIFIED, has_memory=True, policy=(("num_candidates", 2.0),)
    ),
    "3 candidates": InfillConfig(
        min_confidence=0.0, decoding=VERIFIED, has_memory=True, policy=(("num_candidates", 3.0),)
    ),
    **{f"window × {size:g}": _windowed(size) for size in (0.0625, 0.125, 0.25, 0.5, 2.0)},
}
# The same as the first, with so much time for all but the reading, or with another effort.
BUDGETS_MS = (25, 50, 100, 200, 400)
ASKED: Mapping[str, tuple[Effort, float | None]] = {
    **{f"{budget} ms": (Effort.MEDIUM, float(budget)) for budget in BUDGETS_MS},
    **{effort.value: (effort, None) for effort in Effort if effort is not Effort.MEDIUM},
}
NAMES = (*ARMS, *ASKED)
Row = dict[str, Any]


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--kinds", type=CutKind, nargs="+", default=SINGLE_LINE, metavar="KIND")
    parser.add_argument("--share", default="0/1", metavar="I/N", help="every N-th hole, from I on")
    parser.add_argument("--arms", nargs="+", choices=NAMES, default=list(ARMS))
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="quality against time")
    parser.add_argument("--minutes", type=float, default=60.0, help="then show what there is")
    arguments = parser.parse_args()
    if arguments.corpus is not None:
        first, step = map(int, arguments.share.split("/"))
        files = read_sources(arguments.corpus)
        cut = CutConfig(arguments.holes, tuple(arguments.kinds), arguments.seed)
        holes = cut_holes(files, cut)[first::step]
        chosen = with_nearby(holes, files, MAX_OTHER_CHARACTERS)
        arms = {name: ARMS.get(name, ARMS[BASE]) for name in arguments.arms}
        fill(chosen, arms, arguments.model, arguments.output[0], arguments.minutes)
    rows = [row for path in arguments.output for row in read(path)]
    show(rows)
    if arguments.plot is not None:
        plot(rows, arguments.plot)


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """What all that fill holes in several ways understand."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("output", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--model", metavar="FOLDER")
    parser.add_argument("--holes", type=int, default=80, metavar="N")
    parser.add_argument("--seed", type=int, default=3, metavar="N")
    return parser


class ReadOnce:
    """A denoiser that starts each context from the last one, whoever asked for that."""

    def __init__(self, denoiser: Denoiser) -> None:
        self._denoiser, self.name = denoiser, denoiser.name
        self._last: ContextHandle | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        return self._denoiser.tokenizer

    def prefill(
        self,
        canvas: Canvas,
        reuse: ContextHandle | None = None,
        cancel: threading.Event | None = None,
    ) -> ContextHandle:
        self._last = self._denoiser.prefill(canvas, self._last or reuse, cancel)
        return self._last

    def num_known(self, canvas: Canvas, reuse: ContextHandle | None) -> int:
        return self._denoiser.num_known(canvas, self._last or reuse)

    def predict(
        self,
        handle: ContextHandle,
        canvases: Sequence[Canvas],
        wanted: Sequence[Ids],
        causal: bool = False,
        cancel: threading.Event | None = None,
    ) -> list[Logits]:
        return self._denoiser.predict(handle, canvases, wanted, causal, cancel)

    def extend(self, handle: ContextHandle, ids: Ids) -> ContextHandle:
        return self._denoiser.extend(handle, ids)


def fill(
    holes: Iterable[EvalHole],
    arms: Mapping[str, InfillConfig],
    model: str | None,
    output: Path,
    minutes: float,
) -> None:
    """Append a row for each hole and arm that has none yet, as long as time lasts."""
    loaded = engine.load(model)
    denoiser = ReadOnce(loaded.denoiser)
    made = {name: Infiller(denoiser, loaded.calibration, arm) for name, arm in arms.items()}
    known = read(output)
    output.write_text("".join(json.dumps(row) + "\n" for row in known), encoding="utf-8")
    done = {(row["arm"], row["hole"]) for row in known}
    ends_at = time.monotonic() + 60.0 * minutes
    with output.open("a", encoding="utf-8") as sink:
        for hole in holes:
            for name, infiller in made.items():
                if (name, hole.id) not in done and time.monotonic() < ends_at:
                    infiller.read_ahead(request_of(hole))
                    sink.write(json.dumps(row_of(hole, name, infiller)) + "\n")
                    sink.flush()


def row_of(hole: EvalHole, arm: str, infiller: Infiller) -> Row:
    """What an arm makes of a hole."""
    answer = ModelFiller(arm, infiller, *ASKED.get(arm, (Effort.MEDIUM, None))).fill(hole)
    result = measure(hole, answer)
    return {
        "arm": arm,
        "hole": hole.id,
        "language": hole.language,
        "is_exact": result.is_exact,
        "is_beginning": result.is_beginning,
        "is_cut": answer.is_cut,
        "is_silent": answer.is_silent,
        "kept": result.kept_rate,
        "parses": result.parses_no_worse,
        "texts": answer.texts,
        "p": answer.confidence or 0.0,
        "forwards": answer.forwards,
        "ms": answer.milliseconds,
    }


def read(output: Path) -> list[Row]:
    if not output.exists():
        return []
    # A line that was cut when the run was stopped has no end.
    return [json.loads(line) for line in output.read_text(encoding="utf-8").split("\n")[:-1]]


def show(rows: Sequence[Row]) -> None:
    """A table of the holes that all arms have, in the arms' order."""
    by_arm: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_arm.setdefault(row["arm"], {})[row["hole"]] = row
    common = sorted(set.intersection(*(set(found) for found in by_arm.values())))
    print(f"{len(common)} holes")
    print("| arm | exact | against verified | wins : losses | sure, right | kept | passes | ms |")
    print("|---|---|---|---|---|---|---|---|")
    base = [by_arm[BASE][hole] for hole in common]
    for name, found in by_arm.items():
        print(_line(name, [found[hole] for hole in common], base))
    if "as shown" in by_arm:
        _show_what_is_shown([by_arm["as shown"][hole] for hole in common])


def _line(name: str, rows: Sequence[Row], base: Sequence[Row]) -> str:
    right = [row["is_exact"] for row in rows]
    paired = compare(right, [row["is_exact"] for row in base])
    mean, low, high = (
        f"{100 * share:+.1f}"
        for share in (paired.difference.mean, paired.difference.low, paired.difference.high)
    )
    sure = [row["is_exact"] for row in rows if row["p"] >= SURE and not row["is_cut"]]
    kept, forwards, ms = ([row[key] for row in rows] for key in ("kept", "forwards", "ms"))
    return (
        f"| {name} | {100 * np.mean(right):.1f} % ({sum(right)}) | {mean} [{low}, {high}] |"
        f" {paired.num_only_first} : {paired.num_only_second} | {len(sure)}, {sum(sure)} |"
        f" {100 * np.mean(kept):.0f} % | {np.mean(forwards):.1f} | {np.median(ms):.0f} |"
    )


def _show_what_is_shown(rows: Sequence[Row]) -> None:
    whole = [row for row in rows if not row["is_silent"] and not row["is_cut"]]
    cut = [row for row in rows if row["is_cut"]]
    print(
        f"As shown: {len(whole)} whole, {sum(row['is_exact'] for row in whole)} of them right; "
        f"{len(cut)} beginnings, {sum(row['is_beginning'] for row in cut)} of them right; "
        f"{sum(row['is_silent'] for row in rows)} silent"
    )


def plot(rows: Sequence[Row], path: Path) -> None:
    """What is exact and what is silent within each budget, and with all the time there is."""
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot()
    arms = [*(f"{budget} ms" for budget in BUDGETS_MS), BASE]
    found = {arm: [row for row in rows if row["arm"] == arm] for arm in arms}
    places = range(len(arms))
    for name in ("is_exact", "is_silent"):
        shares = [100 * np.mean([row[name] for row in found[arm]]) for arm in arms]
        axes.plot(places, shares, marker="o", label=name.removeprefix("is_"))
    axes.set_xticks(places, [*arms[:-1], "no limit"])
    axes.set(xlabel="budget, the context read", ylabel="% of holes", ylim=(0, 100))
    axes.legend()
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
