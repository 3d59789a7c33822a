"""What training gave: the model before and after it on the same holes, and what to make of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.evaluation.holes import CutConfig, EvalHole, cut_holes
from engine.evaluation.infilling import HoleResult, evaluate, progress_bar
from engine.evaluation.model_filler import load_filler
from engine.evaluation.nearby import with_nearby
from engine.evaluation.remembered import RememberingFiller
from engine.evaluation.statistics import PairedComparison, compare
from engine.evaluation.summary import summarise
from engine.infill import InfillConfig
from engine.memory.library import MAX_OTHER_CHARACTERS
from engine.models import read_model
from engine.request import Effort
from engine.training.own_files import OwnFiles


@dataclass(frozen=True, slots=True)
class Gain:
    """Answers to the same holes, nothing withheld, before and after training.

    ``nats_before`` and ``nats_after`` a token of middles of held-out files, without the memory.
    """

    before: tuple[HoleResult, ...]
    after: tuple[HoleResult, ...]
    nats_before: float
    nats_after: float

    @property
    def comparison(self) -> PairedComparison:
        """Exact answers, hole by hole, after against before."""
        after, before = ([one.is_exact for one in part] for part in (self.after, self.before))
        return compare(after, before)

    @property
    def is_shown(self) -> bool:
        """Whether the interval of the difference lies above zero."""
        return self.comparison.difference.low > 0


def own_holes(files: OwnFiles, num_holes: int, seed: int) -> list[EvalHole]:
    """Single-line holes of what is held out, with all files beside theirs, as in a workspace."""
    holes = cut_holes(files.held_out, CutConfig(num_holes, seed=seed))
    return with_nearby(holes, [*files.training, *files.held_out], MAX_OTHER_CHARACTERS)


def answers(folder: Path, holes: Sequence[EvalHole], out: Path, seed: int) -> list[HoleResult]:
    """What the model in ``folder`` answers, sure or not; ``out`` keeps what was asked already."""
    files = dict(read_model(folder).manifest.files)
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    limits = InfillConfig(min_confidence=0.0)
    filler = load_filler(str(folder), Effort.MEDIUM, None, seed, limits)
    memory = out / f"answers-{digest[:12]}.jsonl"
    remembering = RememberingFiller(filler, memory, {"seed": seed, "model": digest})
    return list(evaluate(holes, remembering, progress_bar))


def validations(log: Path) -> tuple[float, float]:
    """The first and the last validation's nats a token of middles in a run's log."""
    entries = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    found = [entry["valid_clean"] for entry in entries if "valid_clean" in entry]
    return found[0], found[-1]


def format_gain(gain: Gain) -> str:
    """Some lines for people: numbers with their interval, and whether to use the new model."""
    before, after = summarise(gain.before), summarise(gain.after)
    found = gain.comparison
    lines = [
        f"exact on {len(gain.before)} holes of files that were not learnt from:",
        f"  before {_exact(gain.before)}   after {_exact(gain.after)}   "
        f"won {found.num_only_first}, lost {found.num_only_second}: "
        f"{100 * found.difference.mean:+.1f} points "
        f"[{100 * found.difference.low:+.1f}, {100 * found.difference.high:+.1f}]",
        f"  calibration error before {before.calibration_error or 0:.3f}, "
        f"after {after.calibration_error or 0:.3f}",
        f"  nats a token before {gain.nats_before:.3f}, after {gain.nats_after:.3f}",
    ]
    if gain.is_shown:
        lines.append("the new model is better on your code")
    elif found.difference.mean > 0:
        lines.append(
            "the gain may be chance: the new model is not recommended; more minutes may settle it"
        )
    else:
        lines.append("no gain: keep the model that you have")
    return "\n".join(lines) + "\n"


def _exact(results: Sequence[HoleResult]) -> str:
    return f"{100 * sum(one.is_exact for one in results) / len(results):.1f} %"
