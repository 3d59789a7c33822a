"""The training loop: autoregressive and denoising losses at once. Imports torch and numpy alone.

A run resumes from ``checkpoint.pt`` with the same data order and optimiser, logs JSON lines to
``log.jsonl``, and stops cleanly on Ctrl-C.
"""

# L tokens of a pack

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import TrainingError
from engine.training.batches import Batch, PackDataset, batches
from engine.training.checkpoint import resumed, write_checkpoint
from engine.training.examples import Examples
from engine.training.loss import chunk_loss, tied_cross_entropy
from engine.training.machine import Machine
from engine.training.model import Llama
from engine.training.packing import Epoch, SpecialIds
from engine.training.progress import Counts, RunLog
from engine.training.schedule import Schedule
from engine.training.tally import Tally
from engine.training.visibility import Visibility

CHECKPOINT_FILE, LOG_FILE = "checkpoint.pt", "log.jsonl"
NUM_VALIDATION_STEPS = 2  # as many packs as two steps see


class Trainer:
    """Model, optimiser and place in the data of one run."""

    def __init__(
        self,
        model: Llama,
        examples: Sequence[Path],
        special: SpecialIds,
        schedule: Schedule,
        machine: Machine,
        out: Path,
    ) -> None:
        self.model, self.paths, self.special = model, examples, special
        self.schedule, self.machine, self.out = schedule, machine, out
        self.counts = Counts()
        self.started = time.monotonic()
        self.held_out: list[Batch] = []
        self.optimiser = torch.optim.AdamW(
            _parameter_groups(model, schedule.weight_decay),
            lr=schedule.learning_rate,
            betas=(0.9, 0.95),
            fused=True,
        )
        self.num_packs = math.gcd(machine.packs, schedule.batch_packs)  # through the model at once
        sizes = (self.num_packs, schedule.packing.length)
        self.visibility = Visibility(*sizes, machine.device, machine.is_dense)
        self.chunk_loss = torch.compile(chunk_loss) if machine.is_compiled else chunk_loss
        if machine.is_compiled:
            model.compile()

    def run(self) -> None:
        """Train to the end; checkpoints as it goes, at the end, and when it is interrupted.

        A finished run stays as it is. Raises KeyboardInterrupt again once all is saved.
        """
        if self.schedule.progress(self.counts) >= 1.0:
            return
        saved = time.monotonic()
        log = RunLog(self.out / LOG_FILE, self.counts)
        if not self.counts.steps:
            self.validate(log)
            saved = time.monotonic()
        self.started = saved - self.counts.seconds
        try:
            for parts in self._steps():
                self._train_step(parts, log)
                if self.schedule.progress(self.counts) >= 1.0:
                    break
                if time.monotonic() - saved > 60 * self.schedule.checkpoint_minutes:
                    self.save()
                    saved = time.monotonic()
        except KeyboardInterrupt:
            self.save()
            print(f"\ninterrupted; run the same command again to go on from {self.out}", flush=True)
            raise
        self.validate(log)
        self.save()

    def hold_out(self, examples: Path) -> None:
        """Measure the first packs of these examples as the run goes on."""
        epoch = self._epoch(examples, 0)
        dataset = PackDataset(epoch, 0, 0)
        wanted = min(NUM_VALIDATION_STEPS * self.schedule.batch_packs, len(epoch))
        numbers = range(wanted // self.num_packs * self.num_packs)
        self.held_out = list(batches(dataset, self.num_packs, numbers, self.machine.chunk))

    def _steps(self) -> Iterator[tuple[Batch, ...]]:
        """What each step sees, in parts that fit the machine, from where the run stands."""
        size, passed = self.schedule.batch_packs, 0
        for number in itertools.count():
            for path in self.paths:
                epoch = self._epoch(path, number)
                usable = len(epoch) // size * size
                if not usable:
                    raise TrainingError(f"{path} holds less than a batch: cut more examples")
                skipped = self.counts.packs - passed
                if skipped < usable:
                    yield from self._steps_of(epoch, range(max(skipped, 0), usable), passed)
                passed += usable

    def _steps_of(self, epoch: Epoch, numbers: range, first: int) -> Iterator[tuple[Batch, ...]]:
        """The same of one epoch; its packs are counted from ``first`` on over the run."""
        warm_packs = self.schedule.warmth_steps * self.schedule.batch_packs
        loader = batches(
            PackDataset(epoch, first, warm_packs),
            self.num_packs,
            numbers,
            self.machine.chunk,
            self.machine.num_workers,
            is_pinned=self.machine.device.type == "cuda",
        )
        return zip(*[loader] * (self.schedule.batch_packs // self.num_packs), strict=True)

    def _epoch(self, path: Path, number: int) -> Epoch:
        return Epoch(Examples(path), self.special, self.schedule.packing, number)

    def _train_step(self, parts: Sequence[Batch], log: RunLog) -> None:
        """One optimiser step over a batch that comes in parts."""
        rate = self.schedule.rate(self.counts)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.model.rounding.fill_(float(self.schedule.is_rounded(self.counts)))
        tally, whole = Tally(self.machine.device), sum(float(part.weights.sum()) for part in parts)
        for part in parts:
            torch.autograd.backward(self.loss(part.to(self.machine.device), whole, tally))
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.schedule.clip_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        counts = self.counts
        self.counts = Counts(
            counts.packs + sum(len(part.ids) for part in parts),
            counts.tokens + sum(part.ids.numel() for part in parts),
            counts.steps + 1,
            time.monotonic() - self.started,
        )
        if self.counts.steps % self.machine.log_steps == 0:
            self._log(log, tally.means() | {"norm": float(norm), "learning_rate": rate})
        if self.counts.steps % self.machine.validation_steps == 0:
            self.validate(log)

    def _log(self, log: RunLog, losses: dict[str, float]) -> None:
        if not all(map(math.isfinite, losses.values())):
            raise TrainingError(
                f"the loss is no number at step {self.counts.steps}: lower --learning-rate"
            )
        log.step(self.counts, self.schedule.progress(self.counts), losses)

    def validate(self, log: RunLog) -> None:
        """Measure the held-out packs; what is compiled would be so again without gradients."""
        if not self.held_out:
            return
        tally = Tally(self.machine.device)
        with torch.set_grad_enabled(self.machine.is_compiled):
            for batch in self.held_out:
                self.loss(batch.to(self.machine.device), 1.0, tally)
        log.validation(self.counts, tally.means())

    def loss(self, batch: Batch, whole: float, tally: Tally) -> Tensor:
        """The loss () to minimise; targets weigh ``whole`` together in all parts of the step."""
        mask = self.visibility.mask(batch.fields)
        hidden = self.model(batch.ids, batch.positions, mask)
        total, predicted, nats = tied_cross_entropy(
            hidden.flatten(0, 1)[batch.places],
            self.model.special_rows,
            self.model.embedding,
            batch.targets,
            batch.weights / whole,
            self.machine.chunk,
            self.chunk_loss,
        )
        tally.add(batch, predicted, nats)
        return total

    def save(self) -> None:
        """Write ``checkpoint.pt`` beside the log, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "tensors": self.model.tensors(),
            "optimiser": self.optimiser.state_dict(),
            "counts": list(astuple(self.counts)),
            "config": asdict(self.schedule),
        }
        write_checkpoint(self.out / CHECKPOINT_FILE, state)

    def resume(self) -> bool:
        """Go on from ``checkpoint.pt`` if there is one; a run may be made longer or shorter.

        Raises TrainingError for a damaged checkpoint or one of another schedule.
        """
        may_differ = ("num_steps", "minutes", "checkpoint_minutes")
        state = resumed(self.out / CHECKPOINT_FILE, asdict(self.schedule), may_differ)
        if state is None:
            return False
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.counts = Counts(*state["counts"])
        return True


def _parameter_groups(model: Llama, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices of the layers decay, norms and special rows do not; what is frozen is left out."""
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        is_matrix = name.startswith("blocks.") and parameter.ndim > 1
        (matrices if is_matrix else others).append(parameter)
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
