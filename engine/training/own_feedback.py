"""A model trained on what its user took and turned down: from texts to what it learnt."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import TrainingError
from engine.evaluation.statistics import Estimate, estimate
from engine.models import resolve
from engine.tokenizer import BPETokenizer
from engine.training.judged_texts import JudgedSequence, JudgedText, split_judged
from engine.training.low_rank import LowRankConfig
from engine.training.machine import Machine
from engine.training.model import Llama
from engine.training.own_model import adapted_model, export_model
from engine.training.own_run import begin_run
from engine.training.preferences import PreferenceConfig, PreferenceTrainer, log_likelihood_of

NEEDED_BYTES = 1 << 30
MAX_TEXTS = 500  # the newest ones; a text takes a CPU some seconds
TEXTS_FILE = "texts.json"

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FeedbackConfig:
    """``start``: the folder or name of the model that was judged, None for the one that ships."""

    out: Path
    start: str | None = None
    preferences: PreferenceConfig = field(default_factory=PreferenceConfig)
    low_rank: LowRankConfig = field(default_factory=LowRankConfig)


@dataclass(frozen=True, slots=True)
class Learnt:
    """How often an accepted text is likelier by a token than a rejected one, on held-out texts.

    ``difference``: of accepted texts, after against before, with its interval.
    """

    before: float
    after: float
    difference: Estimate
    num_held_out: int


def train_on_feedback(texts: Iterable[JudgedText], config: FeedbackConfig) -> Learnt:
    """Train on ``texts``, whose secrets are hidden already; the new model is in ``out/model``.

    Raises BadInput for too few texts or an ``out`` of another run, TrainingError for a damaged
    file, a full disk or a reward that is no number, and KeyboardInterrupt once all is saved.
    """
    start, machine = resolve(config.start), Machine.found()
    tokenizer = BPETokenizer(start.tokenizer)
    newest = list(texts)[-MAX_TEXTS:]
    split_judged(newest, tokenizer)  # too few are refused before anything is written
    plan: dict[str, Any] = {"kind": "feedback", "start": dict(start.manifest.files)}
    plan |= {"options": {"seed": config.preferences.seed, "low_rank": asdict(config.low_rank)}}
    try:
        begin_run(config.out, plan, NEEDED_BYTES)
        training, held_out = split_judged(_kept(newest, config.out / TEXTS_FILE), tokenizer)
        model = adapted_model(start, machine, config.low_rank, config.preferences.seed)
        before = _means(model, held_out, machine)
        trainer = PreferenceTrainer(model, training, config.preferences, machine, config.out)
        trainer.run()
        seen = trainer.progress.num_steps * config.preferences.batch
        export_model(model, start, config.out, "its user's accepts and rejects", seen)
    except OSError as error:
        raise TrainingError(
            f"{config.out} cannot be written ({error.strerror}): mend it and run the same again"
        ) from error
    return _learnt(before, _means(model, held_out, machine), held_out)


def _kept(texts: Sequence[JudgedText], path: Path) -> list[JudgedText]:
    """``texts``, or those that the run began with: more are recorded while it waits."""
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_text(json.dumps([asdict(one) for one in texts]), encoding="utf-8")
        os.replace(part, path)
    try:
        return [JudgedText(**one) for one in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise TrainingError(f"{path} is damaged ({error}): delete {path.parent}") from error


def format_learnt(learnt: Learnt) -> str:
    """Some lines for people, and whether to use the new model."""
    difference = learnt.difference
    lines = [
        f"of {learnt.num_held_out} texts that were not learnt from, an accepted one is likelier "
        "than a rejected one:",
        f"  before {100 * learnt.before:.1f} %   after {100 * learnt.after:.1f} %   "
        f"{100 * difference.mean:+.1f} points "
        f"[{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]",
    ]
    if difference.low > 0:
        lines.append("the new model knows better what you take")
    else:
        lines.append("no gain is shown: keep the model that you have")
    return "\n".join(lines) + "\n"


def _means(model: Llama, sequences: Sequence[JudgedSequence], machine: Machine) -> list[float]:
    """Nats a token of each text, negative."""
    return [log_likelihood_of(model, one, machine) / one.num_targets for one in sequences]


def _learnt(
    before: Sequence[float], after: Sequence[float], held_out: Sequence[JudgedSequence]
) -> Learnt:
    """Each accepted text against all rejected ones: the area under the ROC curve."""
    is_accepted = np.array([one.is_accepted for one in held_out])
    won = [_shares_won(np.array(part), is_accepted) for part in (before, after)]
    difference = estimate((won[1] - won[0]).tolist())
    if difference is None:
        raise TrainingError("no accepted text was held out: record more of them")
    return Learnt(float(won[0].mean()), float(won[1].mean()), difference, len(held_out))


def _shares_won(values: Doubles, is_accepted: NDArray[np.bool_]) -> Doubles:
    accepted, rejected = values[is_accepted], values[~is_accepted]
    return np.asarray((accepted[:, None] > rejected).mean(axis=1))
