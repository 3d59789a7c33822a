"""A model trained on its user's own code, to be read top to bottom: from files to what it gained.

Each stage leaves files in ``out`` and is skipped where they are, so that a run that was stopped
goes on where it was, on the data that it began with. ``out`` holds the user's code: it is readable
by its owner alone.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from engine.errors import BadInput, TrainingError
from engine.models import Model, read_model, resolve
from engine.tokenizer import BPETokenizer
from engine.training.checkpoint import EMBEDDING, Weights
from engine.training.corpus import SourceFile, read_corpus, write_corpus
from engine.training.cutting import CuttingConfig
from engine.training.drawing import DrawConfig, Drawer, drawn_rows
from engine.training.examples import Examples, write_examples
from engine.training.export import ModelFacts, Quantisation, export, write_manifest
from engine.training.gain import Gain, answers, own_holes, validations
from engine.training.low_rank import LowRankConfig, LowRankLlama
from engine.training.machine import Machine
from engine.training.model import Llama
from engine.training.own_files import OwnFiles, split_files
from engine.training.packing import NUM_SPECIAL, Epoch, LossWeights, PackingConfig, SpecialIds
from engine.training.progress import RunLog
from engine.training.schedule import Schedule
from engine.training.shipped import shipped_relief, shipped_shape, shipped_weights
from engine.training.trainer import LOG_FILE, Trainer

TRAINING_FILE, HELD_OUT_FILE = "training.jsonl.zst", "held_out.jsonl.zst"
EXAMPLES_FILE, VALIDATION_FILE = "examples.npz", "validation.npz"
PLAN_FILE, MODEL_FOLDER = "plan.json", "model"
# Contexts are short: a step of attention costs its square, and a CPU has few of them.
CUTTING = CuttingConfig(context_tokens=(256, 512), context_weights=(0.5, 0.5))
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
        packing=PackingConfig(1024, LossWeights(context=1.0, noisy=0.0), seed=seed),
    )


@dataclass(frozen=True, slots=True)
class OwnCodeConfig:
    """``start``: the folder or name of the model to go on from, None for the one that ships.

    ``is_full`` trains all weights of its layers instead of adapters. Training ends after
    ``minutes`` or ``num_steps``, or when all was seen often enough; what was gained is measured on
    ``num_holes``.
    """

    out: Path
    minutes: float = 20.0
    num_steps: int | None = None
    start: str | None = None
    is_full: bool = False
    low_rank: LowRankConfig = field(default_factory=LowRankConfig)
    num_holes: int = 150
    seed: int = 0


def train_on(
    files: Iterable[SourceFile], config: OwnCodeConfig, machine: Machine | None = None
) -> Gain:
    """Train on ``files``, whose secrets are hidden already; the new model is in ``out/model``.

    Raises BadInput for too little code or an ``out`` of another run, TrainingError for a damaged
    file, a full disk, or a loss that is no number, and KeyboardInterrupt once all is saved.
    """
    start = resolve(config.start)
    try:
        _begin(config, start)
        own = _own_files(files, config.out, BPETokenizer(start.tokenizer))
        holes = own_holes(own, config.num_holes, config.seed)
        trainer = _trained(own, config, start, machine or Machine.found())
        model = _exported(trainer, config, start)
    except OSError as error:
        raise TrainingError(
            f"{config.out} cannot be written ({error.strerror}): mend it and run the same again"
        ) from error
    before, after = (
        tuple(answers(folder, holes, config.out, config.seed)) for folder in (start.folder, model)
    )
    return Gain(before, after, *validations(config.out / LOG_FILE))


def _begin(config: OwnCodeConfig, start: Model) -> None:
    """Make ``out``, or see that it is of such a run."""
    out = config.out
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    plan = {"start": dict(start.manifest.files), "is_full": config.is_full, "seed": config.seed}
    plan |= {"low_rank": asdict(config.low_rank)}
    path = out / PLAN_FILE
    if path.exists():
        if _read_plan(path) != plan:
            raise BadInput(f"{out} holds another run: choose another --out, or delete it")
        return
    if any(out.iterdir()):
        raise BadInput(f"{out} is not empty and holds no such run: choose another --out")
    needed = FULL_BYTES if config.is_full else LOW_RANK_BYTES
    if shutil.disk_usage(out).free < needed:
        raise BadInput(f"{out}: {needed >> 20:,} MB of free disk are needed: free some space")
    part = path.with_suffix(".part")
    part.write_text(json.dumps(plan), encoding="utf-8")
    os.replace(part, path)


def _read_plan(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(
            f"{path} is damaged ({error}): choose another --out, or delete it"
        ) from error


def _own_files(files: Iterable[SourceFile], out: Path, tokenizer: BPETokenizer) -> OwnFiles:
    """Split ``files``, or read how they were split when the run began."""
    training, held_out = out / TRAINING_FILE, out / HELD_OUT_FILE
    if held_out.exists():
        texts = tuple(read_corpus(training)), tuple(read_corpus(held_out))
        return OwnFiles(*texts, sum(len(tokenizer.encode(file.text)) for file in texts[0]))
    own = split_files(files, tokenizer)
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
    torch.manual_seed(config.seed)
    model = _model(start, config, machine).to(machine.device)
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


def _model(start: Model, config: OwnCodeConfig, machine: Machine) -> Llama:
    shape = shipped_shape(start.folder)
    base = _tensors(start)
    if config.is_full:
        return Llama(base, shape, NUM_SPECIAL, machine.dtype, is_rounded=False)
    return LowRankLlama(base, shape, NUM_SPECIAL, machine.dtype, config.low_rank)


def _exported(trainer: Trainer, config: OwnCodeConfig, start: Model) -> Path:
    """The folder of the finished model: bytes, since the weights were not trained to be rounded.

    Calibration and relief are the start's.
    """
    folder, part = config.out / MODEL_FOLDER, config.out / "model.part"
    if folder.exists() and _tokens_seen(folder) == trainer.counts.tokens:
        return folder
    shutil.rmtree(part, ignore_errors=True)
    shape = shipped_shape(start.folder)
    relief = shipped_relief(start.folder)
    entries = export(_weights(trainer.model, start), part, Quantisation.EIGHT_BIT, shape, relief)
    manifest = start.manifest
    facts = ModelFacts(
        name=f"{manifest.name}-own",
        base=manifest.name,
        data="its user's own code",
        recipe_commit=manifest.recipe_commit,
        tokens_seen=trainer.counts.tokens,
        calibration=manifest.calibration,
        defaults=manifest.defaults,
    )
    write_manifest(part, entries, facts, start.tokenizer, shape)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)
    return folder


def _tokens_seen(folder: Path) -> int:
    return read_model(folder).manifest.tokens_seen


def _weights(model: Llama, start: Model) -> Weights:
    """All tensors to export, by their Hugging Face names."""
    base = _tensors(start)
    tensors = model.merged(base) if isinstance(model, LowRankLlama) else base | model.tensors()
    weights = {name: tensor.float().cpu().numpy() for name, tensor in tensors.items()}
    rows = model.special_rows.detach().float().cpu().numpy()
    weights[EMBEDDING][: len(rows)] = rows
    return weights


def _tensors(start: Model) -> dict[str, torch.Tensor]:
    weights = shipped_weights(start.folder, shipped_shape(start.folder))
    return {name: torch.from_numpy(values) for name, values in weights.items()}
