"""The training loop: autoregressive stage, then block diffusion. Imports torch and numpy alone.

Run as ``python -m engine.training.train --examples X.npz --base base.pt --out DIR``. It resumes
from ``DIR/checkpoint.pt`` with the same data order, optimiser and random state, logs a JSON line a
step to ``DIR/log.jsonl``, and stops cleanly on Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import pickle
import time
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.errors import TrainingError
from engine.training.batch import Batch, SpecialIds, collate
from engine.training.corruption import CorruptionConfig
from engine.training.examples import Examples
from engine.training.loss import tied_cross_entropy
from engine.training.model import AdapterConfig, TwoStream
from engine.training.progress import Counts, RunLog, StepLoss
from engine.training.shape import LlamaShape

SPECIAL_IDS = "special_ids"  # beside the base's tensors: the ids of <mask> and <eom>
# What the unpickler raises depends on where a file is cut (LookupError: half an instruction).
UNREADABLE = (OSError, EOFError, LookupError, RuntimeError, ValueError, pickle.UnpicklingError)
NUM_SPECIAL_ROWS = 17  # the vocabulary's special tokens are its first 17 rows


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Schedule and optimiser. Learning rate: warm-up, constant, linear decay to a tenth at the end.

    ``num_rows`` contexts in all; the first ``autoregressive_share`` of them train the clean passes
    only; corruption warms up over the next ``warmth_share``.
    """

    num_rows: int
    batch_rows: int = 8
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    autoregressive_share: float = 0.12
    warmth_share: float = 0.08
    autoregressive_weight: float = 0.5
    warmup_steps: int = 30
    decay_share: float = 0.35
    clip_norm: float = 1.0
    seed: int = 0
    checkpoint_minutes: float = 5.0


class Trainer:
    """Model, optimiser, data order and random state of one run."""

    def __init__(
        self,
        model: TwoStream,
        examples: Examples,
        special: SpecialIds,
        config: TrainConfig,
        out: Path,
    ) -> None:
        self.model, self.examples, self.special = model, examples, special
        self.config, self.out = config, out
        self.device = model.special_rows.device
        self.random = np.random.default_rng(config.seed)
        self.optimiser = torch.optim.AdamW(
            model.parameters(),
            lr=config.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=config.weight_decay,
            fused=True,
        )
        self.counts = Counts()
        self.order = _order(examples, config)

    def run(self) -> None:
        """Train until ``num_rows`` contexts were seen; checkpoints as it goes and at the end."""
        saved = time.monotonic()
        log = RunLog(self.out / "log.jsonl", self.counts, self.config.num_rows)
        try:
            while self.counts.rows < self.config.num_rows:
                rate = self.learning_rate(self.counts.rows / self.config.num_rows)
                loss, norm = self.train_step()
                log.step(self.counts, loss, rate, norm)
                if time.monotonic() - saved > 60 * self.config.checkpoint_minutes:
                    self.save()
                    saved = time.monotonic()
        except KeyboardInterrupt:
            print(f"\ninterrupted; run the same command again to go on from {self.out}", flush=True)
        self.save()

    def train_step(self) -> tuple[StepLoss, float]:
        """One optimiser step over ``batch_rows`` contexts; losses and gradient norm."""
        seen = self.counts.rows
        progress = seen / self.config.num_rows
        numbers = self.order[seen : seen + self.config.batch_rows]
        batch = self.next_batch(numbers, progress)
        for group in self.optimiser.param_groups:
            group["lr"] = self.learning_rate(progress)
        total, loss = self.losses(batch)
        if not torch.isfinite(total):
            raise TrainingError(
                f"loss is {total.item()} at step {self.counts.steps}: lower --learning-rate"
            )
        torch.autograd.backward(total)
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.counts = Counts(
            seen + len(numbers),
            self.counts.tokens + batch.context_ids.size + batch.ids.size,
            self.counts.holes + batch.num_holes,
            self.counts.steps + 1,
        )
        return loss, float(norm)

    def next_batch(self, numbers: Any, progress: float) -> Batch:
        """Collate the rows of these numbers as the stage at ``progress`` wants them."""
        share = self.config.autoregressive_share
        warmth = float(np.clip((progress - share) / max(self.config.warmth_share, 1e-9), 0.0, 1.0))
        corruption = CorruptionConfig() if progress >= share else None
        rows = [self.examples[int(number)] for number in numbers]
        return collate(rows, self.special, corruption, warmth, self.random)

    def losses(self, batch: Batch) -> tuple[Tensor, StepLoss]:
        """The loss to minimise, and its parts for the log."""
        hidden = hidden_states(self.model, batch, self.device)
        weights = torch.from_numpy(batch.weights).to(self.device)
        causal = torch.from_numpy(batch.is_causal).to(self.device)
        chosen = weights > 0
        scaled = _scaled_weights(weights, causal, self.config.autoregressive_weight)
        targets = torch.from_numpy(batch.targets).to(self.device)
        total, predicted, nats = tied_cross_entropy(
            hidden[chosen],
            self.model.special_rows,
            self.model.embedding,
            targets[chosen],
            scaled[chosen],
        )
        return total, _summary(predicted == targets[chosen], nats, causal[chosen], weights[chosen])

    def learning_rate(self, progress: float) -> float:
        """Warm-up by steps, then constant, then linear decay by ``progress`` in [0, 1]."""
        warm = min(1.0, (self.counts.steps + 1) / self.config.warmup_steps)
        left = (1.0 - progress) / max(self.config.decay_share, 1e-9)
        return self.config.learning_rate * warm * max(0.1, min(1.0, left))

    def save(self) -> None:
        """Write ``checkpoint.pt`` beside the log, whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "random": self.random.bit_generator.state,
            "counts": list(astuple(self.counts)),
            "config": asdict(self.config),
            "adapter": asdict(self.model.adapter),
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
        if changed - {"num_rows"}:  # a run may be made longer or shorter
            raise TrainingError(
                f"{path} was made with another {', '.join(sorted(changed))}: choose another --out"
            )
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.random.bit_generator.state = state["random"]
        self.counts = Counts(*state["counts"])
        return True


def train(
    examples: Path,
    base: Path,
    out: Path,
    config: TrainConfig,
    adapter: AdapterConfig,
    is_compiled: bool = False,
) -> Trainer:
    """Train on the files that ``prepare`` wrote, on a GPU where there is one; resumes by itself."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(config.seed)
    tensors = read_checkpoint(base)
    special = SpecialIds(*tensors.pop(SPECIAL_IDS).tolist())
    model = TwoStream(tensors, LlamaShape(), adapter, NUM_SPECIAL_ROWS)
    if is_compiled:
        model.compile()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    trainer = Trainer(model.to_device(device), Examples(examples), special, config, out)
    trainer.resume()
    trainer.run()
    return trainer


def hidden_states(model: TwoStream, batch: Batch, device: torch.device) -> Tensor:
    """Final hidden states (B, N, D) of the batch's canvas stream."""

    def put(array: Any) -> Tensor:
        return torch.from_numpy(array).to(device, non_blocking=True)

    seen = None if batch.context_visible is None else _bias(put(batch.context_visible), model.dtype)
    past = model.context(put(batch.context_ids), put(batch.context_positions), seen)
    visible = _bias(put(batch.visible), model.dtype)
    return model.canvas(put(batch.ids), put(batch.positions), visible, past)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's dictionary, or a TrainingError that names the file."""
    try:
        state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    except UNREADABLE as error:
        raise TrainingError(f"{path} is damaged ({error}): delete it to start again") from error
    return state


def _bias(visible: Tensor, dtype: torch.dtype) -> Tensor:
    """Additive mask (B, 1, …), made once a batch: layers would each convert a boolean one."""
    bias = torch.zeros(visible.shape, dtype=dtype, device=visible.device)
    return bias.masked_fill_(~visible, float("-inf")).unsqueeze(1)


def _scaled_weights(weights: Tensor, causal: Tensor, autoregressive_weight: float) -> Tensor:
    clean, noisy = weights * causal, weights * ~causal
    if not noisy.any():
        return clean / clean.sum()
    return autoregressive_weight * clean / clean.sum() + noisy / noisy.sum()


def _summary(correct: Tensor, nats: Tensor, causal: Tensor, weights: Tensor) -> StepLoss:
    def means(part: Tensor) -> tuple[float, float] | None:
        share = weights * part
        if not part.any():
            return None
        total = share.sum()
        return float((share * nats).sum() / total), float((share * correct).sum() / total)

    clean, noisy = means(causal), means(~causal)
    if clean is None:
        raise TrainingError("a batch without a clean pass: the examples file is damaged")
    return StepLoss(*clean, *(noisy or (None, None)))


def _order(examples: Examples, config: TrainConfig) -> Any:
    """Row numbers: a new shuffle each epoch, with rows of like length in one batch."""
    random = np.random.default_rng(config.seed)
    batches: list[Any] = []
    while len(batches) * config.batch_rows < config.num_rows:
        numbers = random.permutation(len(examples))
        for pool in np.array_split(numbers, max(len(numbers) // (8 * config.batch_rows), 1)):
            ordered = pool[np.argsort(examples.lengths[pool], kind="stable")]
            whole = ordered[: len(ordered) // config.batch_rows * config.batch_rows]
            batches += [*random.permutation(whole.reshape(-1, config.batch_rows))]
    return np.concatenate(batches)


def main() -> None:
    """Parse arguments, resume if there is a checkpoint, train."""
    parser = argparse.ArgumentParser(description="Train the adapters of the default model.")
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="base.pt, tensors by name")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rows", type=int, help="contexts to see (default: each once)")
    parser.add_argument("--learning-rate", type=float, default=TrainConfig(1).learning_rate)
    parser.add_argument("--rank", type=int, default=AdapterConfig().rank)
    parser.add_argument("--compile", action="store_true", help="fuse blocks with torch.compile")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = TrainConfig(arguments.rows or len(Examples(arguments.examples)))
    config = replace(config, learning_rate=arguments.learning_rate)
    adapter = AdapterConfig(rank=arguments.rank)
    train(arguments.examples, arguments.base, arguments.out, config, adapter, arguments.compile)


if __name__ == "__main__":
    main()
