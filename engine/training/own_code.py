"""A model trained on its user's own code, to be read top to bottom: from files to what it gained.

Each stage leaves files in ``out`` and is skipped where they are, so that a run that was stopped
goes on where it was, on the data that it began with. ``out`` holds the user's code: it is readable
by its owner alone.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.errors import TrainingError
from engine.models import Model, resolve
from engine.tokenizer import BPETokenizer
from engine.training.corpus import SourceFile, read_corpus, write_corpus
from engine.training.cutting import CuttingConfig
from engine.training.drawing import DrawConfig, Drawer, drawn_rows
from engine.training.examples import Examples, write_examples
from engine.training.gain import Gain, answers, own_holes, validations
from engine.training.low_rank import LowRankConfig
from engine.training.machine import Machine
from engine.training.own_files import OwnFiles, split_files
from engine.training.own_model import adapted_model, export_model, full_model
from engine.training.own_run import begin_run
from engine.training.packing import Epoch, LossWeights, PackingConfig, SpecialIds
from engine.training.progress import RunLog
from engine.training.schedule import Schedule
from engine.training.trainer import LOG_FILE, Trainer

TRAINING_FILE, HELD_OUT_FILE = "training.jsonl.zst", "held_out.jsonl.zst"
EXAMPLES_FILE, VALIDATION_FILE = "examples.npz", "validation.npz"
# Contexts are short: a step of attention costs its square, and a CPU has few of them. Whole files,
# few joint holes: so it was measured.
CUTTING = CuttingConfig(
    (256, 512), (0.5, 0.5), groups_per_row=14, joint_share=0.15, typed_share=0.0
)
MAX_CONTEXT = 700
TOKENS_PER_ROW = 250  # of the code for each row that is cut: each is seen twice, in two windows
MAX_EPOCHS = 2
NUM_VALIDATION_ROWS = 20  # more than a validation's packs hold
FULL_BYTES, LOW_RANK_BYTES = 3 << 30, 1 << 30  # what a run leaves on the disk at most


def schedule_of(minutes: float, seed: int, is_full: bool) -> Schedule:
    """Contexts and middles from left to right; what is masked is left as it was."""
    return Schedule(
        minutes=minutes,
        batch_packs=2,
        learning_rate=1e-4 if is_full else 2e-3,
        weight_decay=0.0,
        warmup_steps=5,
        decay_share=0.6,
        rounding_share=math.inf,
        checkpoint_minutes=2.0,
        packing=PackingConfig(1024, LossWeights(1.0, 1.0, 0.0), seed=seed),
    )


@dataclass(frozen=True, slots=True)
class OwnCodeConfig:
    """``start``: the folder or name of the model to go on from, None for the one that ships.

    ``source`` names where the files come from: a run goes on with the same alone.
    ``is_full`` trains all weights of its layers instead of adapters. Training ends after
    ``minutes`` or ``num_steps``, or when all was seen often enough; what was gained is measured on
    ``num_holes``.
    """

    out: Path
    source: str
    minutes: float = 20.0
    num_steps: int | None = None
    start: str | None = None
    is_full: bool = False
    low_rank: LowRankConfig = field(default_factory=LowRankConfig)
    num_holes: int = 150
    seed: int = 0


def train_on(files: Iterable[SourceFile], config: OwnCodeConfig) -> Gain:
    """Train on ``files``, whose secrets are hidden already; the new model is in ``out/model``.

    Raises BadInput for too little code or an ``out`` of another run, TrainingError for a damaged
    file, a full disk, or a loss that is no number, and KeyboardInterrupt once all is saved.
    """
    start = resolve(config.start)
    try:
        own = _own_files(files, config, start)
        print(
            f"learning from {len(own.training)} files ({own.num_tokens:,} tokens), measuring on "
            f"{len(own.held_out)} others",
            flush=True,
        )
        holes = own_holes(own, config.num_holes, config.seed)
        trainer = _trained(own, config, start, Machine.found())
        tokens_seen = trainer.counts.tokens
        model = export_model(trainer.model, start, config.out, "its user's own code", tokens_seen)
    except OSError as error:
        raise TrainingError(
            f"{config.out} cannot be written ({error.strerror}): mend it and run the same again"
        ) from error
    before, after = (
        tuple(answers(folder, holes, config.out, config.seed)) for folder in (start.folder, model)
    )
    return Gain(before, after, *validations(config.out / LOG_FILE))


def _own_files(files: Iterable[SourceFile], config: OwnCodeConfig, start: Model) -> OwnFiles:
    """Split ``files`` and begin the run, or read how they were split when it began."""
    tokenizer = BPETokenizer(start.tokenizer)
    training, held_out = config.out / TRAINING_FILE, config.out / HELD_OUT_FILE
    # Too little code is refused before anything is written.
    own = None if held_out.exists() else split_files(files, tokenizer)
    plan: dict[str, Any] = {
        "kind": "own code",
        "source": config.source,
        "start": dict(start.manifest.files),
    }
    plan |= {"is_full": config.is_full, "seed": config.seed, "low_rank": asdict(config.low_rank)}
    begin_run(config.out, plan, FULL_BYTES if config.is_full else LOW_RANK_BYTES)
    if own is None:
        texts = tuple(read_corpus(training)), tuple(read_corpus(held_out))
        return OwnFiles(*texts, sum(len(tokenizer.encode(file.text)) for file in texts[0]))
    write_corpus(training, own.training)
    write_corpus(held_out, own.held_out)
    return own


def _trained(own: OwnFiles, config: OwnCodeConfig, start: Model, machine: Machine) -> Trainer:
    """The trainer at the end of its run; it goes on from its checkpoint."""
    tokenizer = BPETokenizer(start.tokenizer)
    special = SpecialIds(tokenizer.mask_id, tokenizer.eom_id)
    examples, validation = config.out / EXAMPLES_FILE, config.out / VALIDATION_FILE
    if not examples.exists():
        num_rows = max(own.num_tokens // TOKENS_PER_ROW, 1)
        _cut(own.training, start.tokenizer, examples, num_rows, config.seed)
    if not validation.exists():
        _cut(own.held_out, start.tokenizer, validation, NUM_VALIDATION_ROWS, config.seed)
    schedule = schedule_of(config.minutes, config.seed, config.is_full)
    num_packs = len(Epoch(Examples(examples), special, schedule.packing, 0))
    most = max(MAX_EPOCHS * num_packs // schedule.batch_packs, 1)
    schedule = replace(schedule, num_steps=min(config.num_steps or most, most))
    model = (
        full_model(start, machine)
        if config.is_full
        else adapted_model(start, machine, config.low_rank, config.seed)
    )
    trainer = Trainer(model, [examples], special, schedule, machine, config.out)
    trainer.hold_out(validation)
    if not trainer.resume():
        trainer.validate(RunLog(config.out / LOG_FILE, trainer.counts))
    trainer.run()
    return trainer


def _cut(files: Sequence[SourceFile], tokenizer: Path, out: Path, num_rows: int, seed: int) -> None:
    """Write rows cut out of ``files``, whole or not at all."""
    draw = DrawConfig(num_rows, seed, MAX_CONTEXT, needs_families=False, cutting=CUTTING)
    part = out.with_suffix(".part.npz")
    write_examples(part, drawn_rows(Drawer(files, needs_families=False), tokenizer, draw))
    os.replace(part, out)
