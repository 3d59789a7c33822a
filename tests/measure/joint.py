"""Several holes of one change: on one canvas, each alone, and one after the other.

``python -m tests.measure.joint CORPUS [--model FOLDER] [--cases N] [--kind joint names]``. All
arms begin with nothing in any hole, nothing is withheld for low confidence, and effort, seed and
context are the same. Together a hole sees what the others are getting, in turn what those before it
got, alone nothing.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

import engine
from engine.effort import Decoding
from engine.evaluation.holes import CutConfig, CutKind, EvalHole, cut_holes, read_sources
from engine.evaluation.model_filler import request_of
from engine.infill import InfillConfig, Infiller
from engine.proposal import Proposal
from engine.spans import Span

ARMS = ("together", "each alone", "in turn")


class Score:
    """What one arm has got so far."""

    def __init__(self) -> None:
        self.whole: list[bool] = []
        self.single: list[bool] = []
        self.seconds: list[float] = []
        self.refused = self.forwards = 0

    def add(self, gold: tuple[str, ...], texts: list[str | None], seconds: float) -> None:
        """Count one case; None is a refusal."""
        right = [text == wanted for text, wanted in zip(texts, gold, strict=True)]
        self.whole.append(all(right))
        self.single += right
        self.seconds.append(seconds)
        self.refused += any(text is None for text in texts)


def main() -> None:
    """Measure and print one table a kind."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--model")
    parser.add_argument("--cases", type=int, default=40)
    parser.add_argument("--kind", choices=("joint", "names"), nargs="+", default=["joint", "names"])
    parser.add_argument("--context-tokens", type=int, default=350)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--decoding", type=Decoding, help="masked, verified or drafted")
    arguments = parser.parse_args()
    config = InfillConfig(min_confidence=0.0, decoding=arguments.decoding)
    infiller = engine.load(arguments.model, config)
    files = read_sources(arguments.corpus)
    for kind in map(CutKind, arguments.kind):
        cut = CutConfig(arguments.cases, (kind,), arguments.seed, arguments.context_tokens)
        scores = measured(infiller, cut_holes(files, cut))
        print(table(kind, scores), flush=True)


def measured(infiller: Infiller, holes: list[EvalHole]) -> dict[str, Score]:
    """All arms over the same cases."""
    scores = {arm: Score() for arm in ARMS}
    for hole in holes:
        _, spans = hole.without_gold()
        for arm in ARMS:
            groups = [(item,) for item in spans] if arm == "each alone" else [spans]
            infiller.is_joint = arm == "together"
            began = time.perf_counter()
            texts: list[str | None] = []
            for group in groups:
                texts += _filled(infiller, hole, group, scores[arm])
            scores[arm].add(hole.gold, texts, time.perf_counter() - began)
    return scores


def _filled(
    infiller: Infiller, hole: EvalHole, spans: tuple[Span, ...], score: Score
) -> list[str | None]:
    outcome = infiller.fill_spans(request_of(hole), spans)
    score.forwards += outcome.forwards
    if not isinstance(outcome, Proposal):
        return [None] * len(spans)
    texts = {edit.span: edit.new_text for edit in outcome.edits}
    return [texts.get(item, "") for item in spans]


def table(kind: CutKind, scores: dict[str, Score]) -> str:
    """Markdown rows of one kind."""
    lines = [
        "| | cases | all holes exact | single holes exact | refused | forwards | seconds a case |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm, score in scores.items():
        lines.append(
            f"| {kind.value}, {arm} | {len(score.whole)} | {sum(score.whole)} | "
            f"{sum(score.single)} of {len(score.single)} | {score.refused} | {score.forwards} | "
            f"{np.median(score.seconds):.1f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
