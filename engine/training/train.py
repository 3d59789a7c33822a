"""Training from the files that ``prepare`` wrote. Imports torch and numpy alone.

Run as ``python -m engine.training.train --examples X.npz … --base base.pt --out DIR``, on a GPU
where there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from engine.training.checkpoint import SPECIAL_IDS, read_checkpoint
from engine.training.examples import Examples
from engine.training.machine import Machine
from engine.training.model import Llama
from engine.training.packing import NUM_SPECIAL, Epoch, LossWeights, PackingConfig, SpecialIds
from engine.training.schedule import Schedule
from engine.training.shape import LlamaShape
from engine.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class TrainingFiles:
    """Examples to see, the base to start from, a folder for what comes out; examples to measure.

    ``start`` is the folder of a model that takes the base's place.
    """

    examples: Sequence[Path]
    base: Path
    out: Path
    held_out: Path | None = None
    start: Path | None = None


def train(
    files: TrainingFiles,
    schedule: Schedule,
    shape: LlamaShape | None = None,
    machine: Machine | None = None,
) -> Trainer:
    """Train to the end of the schedule; goes on from ``out/checkpoint.pt`` where there is one.

    Raises TrainingError for a damaged file, a full disk, too few examples, or a loss that is no
    number.
    """
    files.out.mkdir(parents=True, exist_ok=True)
    machine, shape = machine or Machine.found(), shape or LlamaShape()
    tensors = read_checkpoint(files.base)
    special = SpecialIds(*tensors.pop(SPECIAL_IDS).tolist())
    if schedule.num_steps is None and schedule.minutes is None:
        schedule = replace(schedule, num_steps=_steps_of_all(files.examples, special, schedule))
    if files.start is not None:
        tensors |= _shipped_tensors(files.start, shape)
    model = Llama(tensors, shape, NUM_SPECIAL, machine.dtype).to(machine.device)
    trainer = Trainer(model, files.examples, special, schedule, machine, files.out)
    if files.held_out is not None:
        trainer.hold_out(files.held_out)
    trainer.resume()
    trainer.run()
    return trainer


def _shipped_tensors(folder: Path, shape: LlamaShape) -> dict[str, torch.Tensor]:
    from engine.training.shipped import shipped_weights  # needs onnx

    weights = shipped_weights(folder, shape)
    return {name: torch.from_numpy(values) for name, values in weights.items()}


def _steps_of_all(examples: Sequence[Path], special: SpecialIds, schedule: Schedule) -> int:
    """How many steps see each example once."""
    epochs = (Epoch(Examples(path), special, schedule.packing, 0) for path in examples)
    return sum(len(epoch) // schedule.batch_packs for epoch in epochs)


def main() -> None:
    """Parse arguments, resume if there is a checkpoint, train."""
    default = Schedule()
    parser = argparse.ArgumentParser(description="Train the default model.")
    parser.add_argument("--examples", type=Path, required=True, nargs="+")
    parser.add_argument("--held-out", type=Path, help="examples to measure as the run goes on")
    parser.add_argument("--base", type=Path, required=True, help="base.pt, tensors by name")
    parser.add_argument("--from", dest="start", type=Path, help="folder of a model to go on from")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="optimiser steps (default: each example once)")
    parser.add_argument("--minutes", type=float, help="end after so many minutes of training")
    parser.add_argument("--batch", type=int, default=default.batch_packs, help="packs a step")
    parser.add_argument("--learning-rate", type=float, help="its highest value")
    parser.add_argument(
        "--autoregressive", action="store_true", help="without the denoising loss: the twin"
    )
    arguments = parser.parse_args()
    weights = LossWeights(noisy=0.0) if arguments.autoregressive else LossWeights()
    packing = PackingConfig(weights=weights)
    schedule = Schedule(arguments.steps, arguments.minutes, arguments.batch, packing=packing)
    if arguments.start is not None:
        schedule = schedule.further()
    if arguments.learning_rate is not None:
        schedule = replace(schedule, learning_rate=arguments.learning_rate)
    files = TrainingFiles(
        arguments.examples, arguments.base, arguments.out, arguments.held_out, arguments.start
    )
    try:
        train(files, schedule)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
