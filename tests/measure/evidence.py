"""Fit what the user's files say of the next token (``engine.memory.evidence``) to some weights.

    python -m tests.measure.evidence corpus.valid.jsonl.zst --model FOLDER --positions a.jsonl \
        --holes 300 --share 0/2
    python -m tests.measure.evidence corpus.valid.jsonl.zst --model FOLDER --positions b.jsonl \
        --holes 300 --share 1/2
    python -m tests.measure.evidence --positions a.jsonl b.jsonl

Single-line holes of held-out packages, read as the product would read them. One causal pass a hole
says at each position of the truth what the model makes of it; the engine's own memory says which
places look like it. That is kept in the (first) file of positions, and gone on with where an
earlier run stopped; without a corpus what is kept is fitted, and no model is asked.

The table is cross-fitted: each half of the packages is scored with the weights of the other half.
Fitted is the likelihood with a prior around the present weights; with the precision that was best
there the weights over all are printed, as ``engine/memory/evidence.py`` holds them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import engine
from engine.budget import Budget
from engine.canvas import Canvas, HoleCanvas, Ids
from engine.decoding.filters import Filters
from engine.decoding.posterior import IMPOSSIBLE, apply_filters
from engine.decoding.spelling import Spelling
from engine.denoisers.protocol import Denoiser, Logits
from engine.evaluation.holes import CutConfig, EvalHole, cut_holes, read_sources
from engine.evaluation.model_filler import request_of
from engine.evaluation.nearby import with_nearby
from engine.infill import InfillConfig
from engine.languages import language_of
from engine.lexicon import Lexicon
from engine.mask_plan import plan_masks
from engine.memory.evidence import Places
from engine.memory.library import MAX_OTHER_CHARACTERS, Library
from engine.memory.memory import Memory
from engine.reading.handles import Handles
from engine.reading.reader import Reader
from engine.step import State
from engine.stopwatch import Stopwatch
from engine.syntax import parse
from tests.measure.evidence_fit import LANGUAGES, Row, report

# Tokens of a position that are kept one by one; of the others what raising them to a power needs.
NUM_KEPT = 64
# Less probable is impossible; a number that survives exp and log.
LEAST_LOG_P = -60.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", nargs="?", type=Path, metavar="CORPUS")
    parser.add_argument("--model", metavar="FOLDER")
    parser.add_argument("--positions", type=Path, nargs="+", required=True, metavar="FILE")
    parser.add_argument("--holes", type=int, default=300, metavar="N")
    parser.add_argument("--seed", type=int, default=7, metavar="N")
    parser.add_argument("--share", default="0/1", metavar="I/N", help="every N-th hole, from I on")
    parser.add_argument("--minutes", type=float, default=60.0, help="then fit what there is")
    arguments = parser.parse_args()
    if arguments.corpus is not None:
        first, step = map(int, arguments.share.split("/"))
        holes = chosen(arguments.corpus, CutConfig(arguments.holes, seed=arguments.seed))
        denoiser = engine.load(arguments.model).denoiser
        collect(holes[first::step], denoiser, arguments.positions[0], arguments.minutes)
    rows = [row for path in arguments.positions for row in read(path)]
    report({row["hole"]: row for row in rows})


def chosen(corpus: Path, config: CutConfig) -> list[EvalHole]:
    """The holes of the corpus, with the files that a workspace has beside theirs."""
    files = [each for each in read_sources(corpus) if language_of(each.path).id in LANGUAGES]
    return with_nearby(cut_holes(files, config), files, MAX_OTHER_CHARACTERS)


def read(path: Path) -> list[Row]:
    if not path.exists():
        return []
    # A line that was cut when the run was stopped has no end.
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def collect(holes: Sequence[EvalHole], denoiser: Denoiser, path: Path, minutes: float) -> None:
    """Append a row for each hole that has none yet, as long as time lasts."""
    known = read(path)
    models = {row["model"] for row in known} - {denoiser.name}
    if models:
        raise SystemExit(f"{path}: holds positions of {', '.join(models)}: name another file")
    path.write_text("".join(json.dumps(row) + "\n" for row in known), encoding="utf-8")
    done, began = {row["hole"] for row in known}, time.monotonic()
    collector, num_new = _Collector(denoiser), 0
    with path.open("a", encoding="utf-8") as sink:
        for hole in holes:
            if hole.id in done or time.monotonic() - began > 60.0 * minutes:
                continue
            sink.write(json.dumps(collector.row(hole)) + "\n")
            sink.flush()
            num_new += 1
    seconds = (time.monotonic() - began) / max(num_new, 1)
    print(f"{num_new} holes read, {seconds:.2f} s each; {len(done)} were known")


class _Collector:
    """Reads holes as an ``Infiller`` does, and scores the truth instead of writing."""

    def __init__(self, denoiser: Denoiser) -> None:
        config = InfillConfig()
        handles = Handles(denoiser, config.num_contexts)
        self._denoiser = denoiser
        self._lexicon, self._spelling = Lexicon(denoiser.tokenizer), Spelling(denoiser.tokenizer)
        self._library = Library(self._lexicon)
        self._reader = Reader(denoiser, handles, config.context, time.perf_counter)

    def row(self, hole: EvalHole) -> Row:
        """What is kept of a hole; no positions where memory is not asked."""
        request = request_of(hole)
        tree = parse(request.text.encode(), language_of(hole.path, hole.language))
        plan = plan_masks(tree, request.cursor, request)
        row: Row = {
            "hole": hole.id,
            "package": hole.id.partition(f"/{hole.path}:")[0],
            "language": hole.language,
            "model": self._denoiser.name,
            "positions": [],
        }
        if len(plan.holes) > 1 or len(plan.holes[0].span):
            return row
        reading = self._reader.read(request, tree, plan, Budget(), Stopwatch(time.perf_counter))
        window = reading.context.window
        memory = self._library.open(request, plan, window, tree, reading.canvas)
        assert memory is not None  # one hole of one line
        ids = self._truth(reading.canvas, hole.gold[0])
        [logits] = self._denoiser.predict(
            reading.handle, [reading.canvas], [np.arange(len(ids))], causal=True
        )
        filters = Filters(reading.canvas, self._spelling, self._lexicon, [True])
        apply_filters(logits, filters.of_text(0, ids[:-1].tolist()), self._lexicon)
        row["positions"] = [
            _position(memory, says, ids[:at], int(ids[at])) for at, says in enumerate(logits)
        ]
        return row

    def _truth(self, canvas: Canvas, gold: str) -> Ids:
        """The ids of the truth and its end, which stand on the canvas from now on."""
        forced, tokenizer = canvas.holes[0].forced, self._denoiser.tokenizer
        ids = tokenizer.encode(forced.decode("utf-8", "replace") + gold)
        ids = np.append(ids, tokenizer.eom_id)
        canvas.holes[0] = HoleCanvas(ids, np.full(len(ids), State.COMMITTED, np.uint8), forced)
        return ids


def _position(memory: Memory, logits: Logits, written: Ids, truth: int) -> Row:
    """The model's log p, and the places that memory finds, of the token behind ``written``."""
    log_p = _log_softmax(logits)
    found = memory.evidence(logits, written)
    named = np.concatenate([tokens for tokens, _ in found])
    kept = np.unique([*np.argsort(-log_p)[:NUM_KEPT], *named, truth])
    rest = np.delete(log_p, kept)
    memory.recall(logits, written)
    return {
        "log_p": np.round(np.maximum(log_p[kept], LEAST_LOG_P), 4).tolist(),
        "truth": int(np.searchsorted(kept, truth)),
        "rest": _cumulants(rest[rest > IMPOSSIBLE / 2]),
        "recalled": float(_log_softmax(logits)[truth]),
        "places": [
            {"token": np.searchsorted(kept, tokens).tolist()}
            | {
                item.name: np.round(getattr(places, item.name), 4).tolist()
                for item in fields(Places)
            }
            for tokens, places in found
        ],
    }


def _log_softmax(logits: Logits) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def _cumulants(log_p: NDArray[np.float64]) -> tuple[float, float, float]:
    """Of log p under p: the sum of p to a power s is about exp(a + b (s - 1) + c (s - 1)²)."""
    p = np.exp(log_p)
    mass = float(p.sum())
    if mass <= 0.0:
        return -np.inf, 0.0, 0.0
    mean = float((p * log_p).sum()) / mass
    return float(np.log(mass)), mean, float((p * (log_p - mean) ** 2).sum()) / mass / 2


if __name__ == "__main__":
    main()
