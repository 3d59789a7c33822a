"""The training loop: autoregressive and denoising losses at once. Imports torch and numpy alone.

Run as ``python -m engine.training.train --examples X.npz … --base base.pt --out DIR``, on a GPU
where there is one. It resumes from ``DIR/checkpoint.pt`` with the same data order, optimiser and
random state, logs JSON lines to ``DIR/log.jsonl``, and stops cleanly on Ctrl-C.
"""

from __future__ import annotations

import argparse
import itertools
import os
import pickle
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import TrainingError
from engine.training.batches import Batch, PackDataset, batches
from engine.training.examples import Examples
from engine.training.loss import chunk_loss, tied_cross_entropy
from engine.training.model import Llama
from engine.training.packing import NUM_SPECIAL, Epoch, PackingConfig, SpecialIds
from engine.training.progress import Counts, RunLog
from engine.training.shape import LlamaShape
from engine.training.visibility import Visibility

SPECIAL_IDS = "special_ids"  # beside the base's tensors: the ids of <mask> and <eom>
# What the unpickler raises depends on where a file is cut (LookupError: half an instruction).
UNREADABLE = (OSError, EOFError, LookupError, RuntimeError, ValueError, pickle.UnpicklingError)
KINDS = ("context", "clean", "noisy")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Schedule and optimiser. Learning rate: warm-up, constant, then linear decay to nothing.

    The run ends after ``num_steps`` (None: each example once) or ``minutes``, whatever is first;
    examples start again when there is time left. Corruption warms up over ``warmth_steps``. From
    ``rounding_share`` of the run on the layers are rounded to four bits.
    """

    num_steps: int | None = None
    minutes: float | None = None
    batch_packs: int = 16
    learning_rate: float = 7e-4
    weight_decay: float = 0.1
    warmup_steps: int = 60
    warmth_steps: int = 150
    decay_share: float = 0.7
    rounding_share: float = 0.4
    clip_norm: float = 1.0
    checkpoint_minutes: float = 10.0
    packing: PackingConfig = PackingConfig()


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and how a run computes; changes its speed and nothing else."""

    device: torch.device
    dtype: torch.dtype = torch.float32
    is_compiled: bool = False
    is_dense: bool = True
    num_workers: int = 0
    log_steps: int = 1
    validation_steps: int = 200

    @staticmethod
    def found() -> Machine:
        """A GPU with everything fused, or the CPU, in bfloat16 where it has units for that."""
        if not torch.cuda.is_available():
            has_amx = torch.cpu._is_amx_tile_supported()
            return Machine(torch.device("cpu"), torch.bfloat16 if has_amx else torch.float32)
        workers = min(max((os.cpu_count() or 2) - 2, 1), 10)
        return Machine(torch.device("cuda"), torch.bfloat16, True, False, workers, log_steps=20)


class Trainer:
    """Model, optimiser and place in the data of one run."""

    def __init__(
        self,
        model: Llama,
        examples: Sequence[Path],
        special: SpecialIds,
        config: TrainConfig,
        machine: Machine,
        out: Path,
    ) -> None:
        self.model, self.paths, self.special = model, examples, special
        self.config, self.machine, self.out = config, machine, out
        self.counts = Counts()
        self.started = time.monotonic()
        self.held_out: list[Batch] = []
        self.optimiser = torch.optim.AdamW(
            _parameter_groups(model, config.weight_decay),
            lr=config.learning_rate,
            betas=(0.9, 0.95),
            fused=True,
        )
        size = (config.batch_packs, config.packing.length)
        self.visibility = Visibility(*size, machine.device, machine.is_dense)
        self.chunk_loss = torch.compile(chunk_loss) if machine.is_compiled else chunk_loss
        if machine.is_compiled:
            model.compile()

    @property
    def progress(self) -> float:
        """The share of the run that is done, in steps or in time."""
        by_time = self.counts.seconds / (60 * (self.config.minutes or float("inf")))
        return max(by_time, self.counts.steps / (self.config.num_steps or float("inf")))

    def run(self) -> None:
        """Train to the end; checkpoints as it goes and at the end."""
        saved = time.monotonic()
        log = RunLog(self.out / "log.jsonl", self.counts)
        self.started = time.monotonic() - self.counts.seconds
        try:
            for batch in self._batches():
                self._train_step(batch, log)
                if time.monotonic() - saved > 60 * self.config.checkpoint_minutes:
                    self.save()
                    saved = time.monotonic()
                if self.progress >= 1.0:
                    break
        except KeyboardInterrupt:
            print(f"\ninterrupted; run the same command again to go on from {self.out}", flush=True)
        self._validate(log)
        self.save()

    def hold_out(self, examples: Path, num_batches: int = 2) -> None:
        """Measure these examples' first batches as the run goes on."""
        epoch = Epoch(Examples(examples), self.special, self.config.packing, 0)
        dataset = PackDataset(epoch, 0, 0)
        loader = batches(dataset, self.config.batch_packs, 0, 0, False)
        self.held_out = list(itertools.islice(loader, num_batches))

    def _batches(self) -> Iterator[Batch]:
        """Batches from where the run stands, epoch after epoch of all files."""
        passed = 0
        for number in itertools.count():
            for path in self.paths:
                epoch = Epoch(Examples(path), self.special, self.config.packing, number)
                usable = len(epoch) // self.config.batch_packs * self.config.batch_packs
                if not usable:
                    raise TrainingError(f"{path} holds less than a batch: cut more examples")
                skipped = self.counts.packs - passed
                if skipped < usable:
                    warm = self.config.warmth_steps * self.config.batch_packs
                    dataset = PackDataset(epoch, passed, warm)
                    is_cuda = self.machine.device.type == "cuda"
                    workers = self.machine.num_workers
                    yield from batches(dataset, self.config.batch_packs, skipped, workers, is_cuda)
                passed += usable
            if self.config.num_steps is None and self.config.minutes is None:
                return

    def _train_step(self, batch: Batch, log: RunLog) -> None:
        """One optimiser step."""
        progress = self.progress
        rate = self.learning_rate(progress)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.rounding.fill_(float(progress >= self.config.rounding_share))
        batch = batch.to(self.machine.device)
        total, correct, nats = self.losses(batch)
        torch.autograd.backward(total)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        counts = self.counts
        self.counts = Counts(
            counts.packs + len(batch.ids),
            counts.tokens + batch.ids.numel(),
            counts.steps + 1,
            time.monotonic() - self.started,
        )
        if self.counts.steps % self.machine.log_steps == 0:
            if not torch.isfinite(total):
                raise TrainingError(
                    f"loss is {total.item()} at step {counts.steps}: lower --learning-rate"
                )
            summary = _summary(batch, correct, nats)
            summary |= {"norm": float(norm), "learning_rate": rate}
            log.step(self.counts, self.progress, summary)
        if self.counts.steps % self.machine.validation_steps == 0:
            self._validate(log)

    def _validate(self, log: RunLog) -> None:
        """Measure the held-out batches with gradients on: without, all would be compiled again."""
        found: list[dict[str, float]] = []
        for batch in self.held_out:
            moved = batch.to(self.machine.device)
            _, correct, nats = self.losses(moved)
            found.append(_summary(moved, correct, nats))
        if found:
            means = {name: sum(each[name] for each in found) / len(found) for name in found[0]}
            log.validation(self.counts, means)

    def losses(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """The loss to minimise; whether each target (M,) was the best guess, and its nats (M,)."""
        mask = self.visibility.mask(batch.fields)
        hidden = self.model(batch.ids, batch.positions, mask)
        chosen = hidden.flatten(0, 1)[batch.places]
        total, predicted, nats = tied_cross_entropy(
            chosen,
            self.model.special_rows,
            self.model.embedding,
            batch.targets,
            batch.weights / batch.weights.sum(),
            self.chunk_loss,
        )
        return total, predicted == batch.targets, nats

    def learning_rate(self, progress: float) -> float:
        """Warm-up by steps, then constant, then linear decay by ``progress`` in [0, 1]."""
        warm = min(1.0, (self.counts.steps + 1) / self.config.warmup_steps)
        left = (1.0 - progress) / max(self.config.decay_share, 1e-9)
        return self.config.learning_rate * warm * max(0.0, min(1.0, left))

    def save(self) -> None:
        """Write ``checkpoint.pt`` beside the log, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "tensors": self.model.tensors(),
            "optimiser": self.optimiser.state_dict(),
            "counts": list(astuple(self.counts)),
            "config": asdict(self.config),
        }
        path = self.out / "checkpoint.pt"
        try:
            torch.save(state, path.with_suffix(".part"))
            os.replace(path.with_suffix(".part"), path)
        except (OSError, RuntimeError) as error:
            raise TrainingError(
                f"cannot write {path}: {error}; free some space and resume"
            ) from error

    def resume(self) -> bool:
        """Go on from ``checkpoint.pt`` if there is one."""
        path = self.out / "checkpoint.pt"
        if not path.exists():
            return False
        state = read_checkpoint(path)
        changed = {
            name for name, value in asdict(self.config).items() if state["config"][name] != value
        }
        if changed - {"num_steps", "minutes"}:  # a run may be made longer or shorter
            raise TrainingError(
                f"{path} was made with another {', '.join(sorted(changed))}: choose another --out"
            )
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.counts = Counts(*state["counts"])
        return True


def train(
    examples: Sequence[Path],
    base: Path,
    out: Path,
    config: TrainConfig,
    held_out: Path | None = None,
    machine: Machine | None = None,
) -> Trainer:
    """Train on the files that ``prepare`` wrote; resumes by itself."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.packing.seed)
    machine = machine or Machine.found()
    tensors = read_checkpoint(base)
    special = SpecialIds(*tensors.pop(SPECIAL_IDS).tolist())
    model = Llama(tensors, LlamaShape(), NUM_SPECIAL, machine.dtype).to(machine.device)
    trainer = Trainer(model, examples, special, config, machine, out)
    if held_out is not None:
        trainer.hold_out(held_out)
    trainer.resume()
    trainer.run()
    return trainer


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's dictionary, or a TrainingError that names the file."""
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except UNREADABLE as error:
        raise TrainingError(f"{path} is damaged ({error}): delete it to start again") from error
    return state


def _parameter_groups(model: Llama, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices decay, norms and special rows do not."""
    matrices = [one for name, one in model.named_parameters() if name.startswith("blocks.") and one.ndim > 1]
    others = [one for name, one in model.named_parameters() if not (name.startswith("blocks.") and one.ndim > 1)]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]


def _summary(batch: Batch, correct: Tensor, nats: Tensor) -> dict[str, float]:
    """Nats a token and the share that was right, by kind of target."""
    found = {}
    for number, name in enumerate(KINDS):
        share = batch.weights * (batch.kinds == number)
        total = share.sum().clamp(min=1e-9)
        found[name] = float((share * nats).sum() / total)
        found[f"{name}_right"] = float((share * correct).sum() / total)
    return found


def main() -> None:
    """Parse arguments, resume if there is a checkpoint, train."""
    parser = argparse.ArgumentParser(description="Train the default model.")
    parser.add_argument("--examples", type=Path, required=True, nargs="+")
    parser.add_argument("--held-out", type=Path, help="examples to measure as the run goes on")
    parser.add_argument("--base", type=Path, required=True, help="base.pt, tensors by name")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="optimiser steps (default: each example once)")
    parser.add_argument("--minutes", type=float, help="end after so many minutes of training")
    parser.add_argument("--batch", type=int, default=TrainConfig().batch_packs, help="packs a step")
    parser.add_argument("--learning-rate", type=float, default=TrainConfig().learning_rate)
    arguments = parser.parse_args()
    config = replace(
        TrainConfig(arguments.steps, arguments.minutes, arguments.batch),
        learning_rate=arguments.learning_rate,
    )
    train(arguments.examples, arguments.base, arguments.out, config, arguments.held_out)


if __name__ == "__main__":
    main()
