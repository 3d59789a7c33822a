"""The loop of reinforcement learning: sample, have it judged, learn. Imports torch and numpy alone.

A step samples a group of answers to each of some tasks and raises the probability of those that
earned more than the others (GRPO without its biases, see ``engine.training.objective``), of the
causal pass, of the masked one, or of both in turn. A run resumes from ``checkpoint.pt`` exactly,
and stops cleanly on Ctrl-C: everything random follows from the seed and the number of the step.
"""

# N tasks a step, G samples a task, C canvas tokens, M terms

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.errors import TrainingError
from engine.training.checkpoint import resumed, write_checkpoint
from engine.training.objective import (
    Terms,
    causal_terms,
    clipped_objective,
    coupled_terms,
    leave_one_out,
)
from engine.training.policy import Policy
from engine.training.progress import Counts, RunLog
from engine.training.rollouts import Rollouts, Sampling, sample_causal, sample_masked
from engine.training.segments import Segments
from engine.training.trainer import CHECKPOINT_FILE, LOG_FILE

CAUSAL, MASKED = "causal", "masked"
Reward = Callable[[Rollouts], tuple[Tensor, dict[str, float]]]


@dataclass(frozen=True, slots=True)
class ReinforcementConfig:
    """Length of a run, what a step samples, and how far it may move the policy.

    ``streams`` take turns; masked samples are judged by ``num_pairs`` coupled pairs of copies.
    ``updates`` of the weights are made from the same samples, whose ratio is clipped at ``clip``;
    ``kl_weight`` holds the policy to its start. ``part_tasks`` go through the learner at a time:
    that changes memory and nothing else.
    """

    num_steps: int = 200
    num_tasks: int = 8
    sampling: Sampling = field(default_factory=Sampling)
    streams: tuple[str, ...] = (CAUSAL,)
    num_pairs: int = 2
    updates: int = 2
    learning_rate: float = 2e-5
    warmup_steps: int = 5
    clip: float = 0.2
    kl_weight: float = 0.02
    clip_norm: float = 1.0
    part_tasks: int = 4
    seed: int = 0
    checkpoint_minutes: float = 5.0


@dataclass(slots=True)
class _Part:
    """Some tasks' terms, ready for the learner: what does not change from update to update."""

    terms: Terms
    below: Tensor
    places: Segments
    advantages: Tensor
    start: Tensor
    old: Tensor | None = None


class Reinforcer:
    """Policy, optimiser and place in the order of tasks of one run."""

    def __init__(
        self,
        policy: Policy,
        names: Sequence[str],
        reward: Reward,
        mid: int,
        config: ReinforcementConfig,
        out: Path,
    ) -> None:
        self.policy, self.names, self.reward, self.mid = policy, list(names), reward, mid
        self.config, self.out = config, out
        self.counts = Counts()
        self.started = time.monotonic()
        self.optimiser = torch.optim.AdamW(
            policy.learner.parameters(),
            lr=config.learning_rate,
            betas=(0.9, 0.95),
            weight_decay=0.0,
        )

    def run(self) -> None:
        """Train to the end; checkpoints as it goes, at the end, and when it is interrupted.

        Raises KeyboardInterrupt again once all is saved, TrainingError for a full disk or a loss
        that is no number.
        """
        log = RunLog(self.out / LOG_FILE, self.counts)
        saved = time.monotonic()
        self.started = saved - self.counts.seconds
        try:
            while self.counts.steps < self.config.num_steps:
                self._step(log)
                if time.monotonic() - saved > 60 * self.config.checkpoint_minutes:
                    self.save()
                    saved = time.monotonic()
        except KeyboardInterrupt:
            self.save()
            print(f"\ninterrupted; run the same command again to go on from {self.out}", flush=True)
            raise
        self.save()

    def sample(self, names: Sequence[str], stream: str, random: torch.Generator) -> Rollouts:
        """A group of answers of the actor to each of the tasks."""
        draw = sample_causal if stream == CAUSAL else sample_masked
        return draw(self.policy, names, self.mid, self.config.sampling, random)

    def _step(self, log: RunLog) -> None:
        config, number = self.config, self.counts.steps
        random = torch.Generator().manual_seed(1_000_003 * config.seed + number)
        stream = config.streams[number % len(config.streams)]
        rollouts = self.sample(self._drawn(number), stream, random)
        rewards, figures = self.reward(rollouts)
        advantages = leave_one_out(rewards)
        # Whose samples all earned the same teach nothing.
        telling = advantages.abs().amax(-1).gt(1e-6).nonzero().squeeze(-1)
        figures = {
            "reward": float(rewards.mean()),
            **figures,
            "telling": len(telling) / len(rewards),
        }
        figures["length"] = float(rollouts.lengths.float().mean())
        parts = [
            self._part(_some(rollouts, rows), advantages[rows], stream, random)
            for rows in torch.split(telling, config.part_tasks)
            if len(rows)
        ]
        with _uninterrupted():
            figures |= self._learn(parts, rewards.numel())
            self.counts = Counts(
                self.counts.packs + len(rewards),
                self.counts.tokens + int(rollouts.lengths.sum()),
                number + 1,
                time.monotonic() - self.started,
            )
            log.step(self.counts, self.counts.steps / config.num_steps, figures)

    def _drawn(self, number: int) -> list[str]:
        """The tasks of a step: each once an epoch, in an order of its own."""
        wanted = range(number * self.config.num_tasks, (number + 1) * self.config.num_tasks)
        chosen = []
        for at in wanted:
            epoch, place = divmod(at, len(self.names))
            order = np.random.default_rng((self.config.seed, epoch)).permutation(len(self.names))
            chosen.append(self.names[order[place]])
        return chosen

    def _part(
        self, rollouts: Rollouts, advantages: Tensor, stream: str, random: torch.Generator
    ) -> _Part:
        policy, config = self.policy, self.config
        if stream == CAUSAL:
            terms = causal_terms(rollouts, self.mid)
        else:
            mask = policy.special.mask
            terms = coupled_terms(rollouts, self.mid, mask, config.num_pairs, random)
        places = policy.contexts.segments(rollouts.names, terms.num, terms.size, terms.free)
        below = policy.below(rollouts.names, terms.ids, places)
        with torch.no_grad():
            hidden = policy.above(policy.start, below, places).flatten(0, 1)
            start = policy.log_p(hidden[terms.places], terms.targets)
        of_terms = advantages.to(below.device).flatten()[terms.samples]
        return _Part(terms, below, places, of_terms, start)

    def _learn(self, parts: Sequence[_Part], num_samples: int) -> dict[str, float]:
        """Update the weights from these parts; figures of the last update, none without parts."""
        warm = min(1.0, (self.counts.steps + 1) / max(self.config.warmup_steps, 1))
        for group in self.optimiser.param_groups:
            group["lr"] = self.config.learning_rate * warm
        figures: dict[str, float] = {}
        # One number for all samples, long or short (Dr. GRPO).
        budget = num_samples * self.config.sampling.canvas
        for _ in range(self.config.updates if parts else 0):
            found = [self._backward(part, budget) for part in parts]
            total = sum(float(each["weight"]) for each in found)
            figures = {
                name: sum(float(each[name]) for each in found) / total
                for name in ("kl", "clipped", "nats")
            }
            parameters = self.policy.learner.parameters()
            norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.clip_norm)
            figures["norm"] = float(norm)
            if not all(map(math.isfinite, figures.values())):
                raise TrainingError(
                    f"the loss is no number at step {self.counts.steps}: lower --learning-rate"
                )
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
        self.policy.sync()
        return figures

    def _backward(self, part: _Part, budget: int) -> dict[str, Tensor]:
        """Add a part's gradients; sums of its figures, and the weight of its terms."""
        policy, terms = self.policy, part.terms
        hidden = policy.above(policy.learner, part.below, part.places).flatten(0, 1)
        log_p = policy.log_p(hidden[terms.places], terms.targets)
        if part.old is None:
            part.old = log_p.detach()
        loss, figures = clipped_objective(
            log_p, part.old, part.start, part.advantages, self.config.clip, self.config.kl_weight
        )
        torch.autograd.backward((loss * terms.weights).sum() / budget)
        sums = {name: (values * terms.weights).sum() for name, values in figures.items()}
        return sums | {"weight": terms.weights.sum()}

    def save(self) -> None:
        """Write ``checkpoint.pt``, whole or not at all, as ``read_weights`` wants it."""
        policy = self.policy
        trained = {"model.norm.weight"} | {
            f"model.layers.{number}"
            for number in range(policy.num_frozen, policy.model.shape.num_layers)
        }
        state = {
            "model": {
                "special_rows": policy.model.special_rows,
                **policy.learner.state_dict(),
            },
            "tensors": {
                name: tensor
                for name, tensor in policy.model.tensors().items()
                if name in trained or ".".join(name.split(".")[:3]) in trained
            },
            "optimiser": self.optimiser.state_dict(),
            "counts": list(astuple(self.counts)),
            "config": self._identity(),
        }
        write_checkpoint(self.out / CHECKPOINT_FILE, state)

    def resume(self) -> bool:
        """Go on from ``checkpoint.pt`` if there is one; a run may be made longer or shorter.

        Raises TrainingError for a damaged checkpoint or one of another run.
        """
        state = resumed(self.out / CHECKPOINT_FILE, self._identity())
        if state is None:
            return False
        self.policy.load(learned(state))
        self.optimiser.load_state_dict(state["optimiser"])
        self.counts = Counts(*state["counts"])
        return True

    def _identity(self) -> dict[str, object]:
        """What a run cannot change on its way."""
        settings = asdict(self.config) | {
            "blocks": len(self.policy.learner.blocks),
            "temperature": self.policy.temperature,
            "tasks": sha256("\n".join(self.names).encode()).hexdigest(),
        }
        for name in ("num_steps", "checkpoint_minutes", "part_tasks"):
            del settings[name]
        return settings


def learned(state: Mapping[str, Any]) -> dict[str, Tensor]:
    """The learner's weights in a checkpoint."""
    return {name: value for name, value in state["model"].items() if name != "special_rows"}


def _some(rollouts: Rollouts, rows: Tensor) -> Rollouts:
    """The rollouts of some tasks."""
    names = tuple(rollouts.names[row] for row in rows.tolist())
    rows = rows.to(rollouts.ids.device)
    return replace(
        rollouts,
        names=names,
        ids=rollouts.ids[rows],
        lengths=rollouts.lengths[rows],
        log_p=rollouts.log_p[rows],
        are_finished=rollouts.are_finished[rows],
    )


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits until the end of this block, so that weights and counts fit each other."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked: list[int] = []

    def later(number: int, _: FrameType | None) -> None:
        asked.append(number)

    before = signal.signal(signal.SIGINT, later)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if asked:
        raise KeyboardInterrupt
