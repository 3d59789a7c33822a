"""Learning from what a user took and turned down, against the model that they judged.

A text's reward is what training makes it likelier, r = beta (log p(y|x) - log p_start(y|x)), as in
DPO (arXiv:2305.18290). Accepted and rejected texts stand at different places, so there are no
pairs: each is classified by itself, accepted ones above a running mean of the rewards and rejected
ones below (BCO, arXiv:2404.04656). Texts are read from left to right, where likelihoods are exact.
"""

# L tokens of a sequence, T of its text

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.errors import TrainingError
from engine.training.checkpoint import read_checkpoint, write_checkpoint
from engine.training.judged_texts import JudgedSequence
from engine.training.machine import Machine
from engine.training.model import Llama

CHECKPOINT_FILE = "checkpoint.pt"
CHECKPOINT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class PreferenceConfig:
    """``beta`` of the reward; ``likelihood_share``: what the accepted texts' own nats count.

    Training ends after ``num_epochs`` or ``minutes``.
    """

    minutes: float = 20.0
    num_epochs: int = 2
    batch: int = 8
    learning_rate: float = 5e-4
    beta: float = 0.2
    likelihood_share: float = 0.05
    momentum: float = 0.9
    seed: int = 0


@dataclass(slots=True)
class _Progress:
    """What a run knows beside its weights. ``shift``: the running mean of the rewards."""

    num_steps: int = 0
    seconds: float = 0.0
    shift: float = 0.0
    reference: list[float] = field(default_factory=list)


class PreferenceTrainer:
    """Trains adapters on judged sequences; goes on from ``out/checkpoint.pt`` where there is one.

    Raises TrainingError for a damaged checkpoint, a full disk, or a reward that is no number.
    """

    def __init__(
        self,
        model: Llama,
        sequences: Sequence[JudgedSequence],
        config: PreferenceConfig,
        machine: Machine,
        out: Path,
    ) -> None:
        self.model, self.sequences, self.config = model, sequences, config
        self.machine, self.path = machine, out / CHECKPOINT_FILE
        self.progress = _Progress()
        trained = [one for one in model.parameters() if one.requires_grad]
        self.optimiser = torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=0.0)
        accepted = sum(one.is_accepted for one in sequences)
        # Both kinds count the same, however many there are.
        self.weights = (
            len(sequences) / (2 * (len(sequences) - accepted)),
            len(sequences) / (2 * accepted),
        )
        if self.path.exists():
            self._resume()

    @property
    def share_done(self) -> float:
        """The part of the run that is done, in texts or in time."""
        most = self.config.num_epochs * math.ceil(len(self.sequences) / self.config.batch)
        by_time = self.progress.seconds / (60 * self.config.minutes)
        return max(by_time, self.progress.num_steps / most)

    def run(self) -> None:
        """Train to the end. Raises KeyboardInterrupt again once all is saved."""
        started = saved = time.monotonic() - self.progress.seconds
        try:
            self._measure_reference()
            for batch in itertools.islice(self._batches(), self.progress.num_steps, None):
                if self.share_done >= 1.0:
                    break
                self._step(batch)
                self.progress.seconds = time.monotonic() - started
                if time.monotonic() - saved > CHECKPOINT_SECONDS:
                    self._save()
                    saved = time.monotonic()
        except KeyboardInterrupt:
            self._save()
            print("\ninterrupted; run the same command again to go on", flush=True)
            raise
        self._save()

    def _measure_reference(self) -> None:
        """Log likelihoods of all texts as long as the adapters are untrained."""
        known = self.progress.reference
        for one in self.sequences[len(known) :]:
            known.append(log_likelihood_of(self.model, one, self.machine))

    def _batches(self) -> Iterator[list[int]]:
        for epoch in itertools.count():
            random = np.random.default_rng((self.config.seed, epoch))
            order = random.permutation(len(self.sequences)).tolist()
            for start in range(0, len(order), self.config.batch):
                yield order[start : start + self.config.batch]

    def _step(self, batch: Sequence[int]) -> None:
        rewards = []
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * (1.0 - self.share_done)
        for number in batch:
            reward, loss = self._loss(number)
            torch.autograd.backward(loss / len(batch))
            rewards.append(reward)
        if not all(map(math.isfinite, rewards)):
            raise TrainingError(f"a reward is no number at step {self.progress.num_steps}")
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        mean = sum(rewards) / len(rewards)
        momentum = self.config.momentum
        self.progress.shift = momentum * self.progress.shift + (1 - momentum) * mean
        self.progress.num_steps += 1
        print(
            f"step {self.progress.num_steps} · {self.share_done:.0%} · reward {mean:+.3f}",
            flush=True,
        )

    def _loss(self, number: int) -> tuple[float, Tensor]:
        """A text's reward, and the loss () of calling it accepted or rejected by that."""
        one = self.sequences[number]
        likelihood = log_likelihood(self.model, one, self.machine)
        reward = self.config.beta * (likelihood - self.progress.reference[number])
        sign = 1.0 if one.is_accepted else -1.0
        loss = -self.weights[one.is_accepted] * F.logsigmoid(sign * (reward - self.progress.shift))
        if one.is_accepted:
            loss = loss - self.config.likelihood_share * likelihood / one.num_targets
        return float(reward.detach()), loss

    def _save(self) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "progress": asdict(self.progress),
        }
        write_checkpoint(self.path, state)

    def _resume(self) -> None:
        state = read_checkpoint(self.path)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.progress = _Progress(**state["progress"])


def log_likelihood(model: Llama, one: JudgedSequence, machine: Machine) -> Tensor:
    """Log p () of the text behind its context, with gradients."""
    ids = torch.from_numpy(one.ids).to(machine.device)
    length = len(ids) - 1
    places = torch.arange(length, device=machine.device)
    visible = (places[:, None] >= places)[None, None]
    hidden = model(ids[None, :-1], places[None], visible)[0, -one.num_targets :]
    rows = model.special_rows
    table = torch.cat([rows.to(model.dtype), model.embedding[len(rows) :]])
    log_p = torch.log_softmax((hidden @ table.T).float(), dim=-1)
    return log_p.gather(-1, ids[-one.num_targets :, None]).sum()


def log_likelihood_of(model: Llama, one: JudgedSequence, machine: Machine) -> float:
    """The same without gradients."""
    with torch.no_grad():
        return float(log_likelihood(model, one, machine))
