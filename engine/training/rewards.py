"""Rewards that can be verified: the text parses, and the tests of its function pass.

Tests run in the fence of ``engine.evaluation.executed``. What was judged once is remembered:
samples of a task repeat each other, more and more as a run goes on.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.evaluation.executed import Fence, FenceConfig, Verdict
from engine.evaluation.metrics import edit_similarity, parses_no_worse
from engine.tokenizer import BPETokenizer
from engine.training.doctests import program
from engine.training.filters import is_python
from engine.training.rollouts import Rollouts
from engine.training.tasks import Task

FENCE = FenceConfig(wall_seconds=10.0, cpu_seconds=3)


@dataclass(frozen=True, slots=True)
class RewardWeights:
    """What it is worth that a text parses, passes its tests, and how like the original it is.

    ``similarity`` shapes the reward (0 to 1 of it, as much as the edit similarity): for tasks
    without tests something has to tell an empty answer, which parses, from the right one.
    """

    parses: float = 0.2
    passes: float = 1.0
    similarity: float = 0.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was verified of one text; ``passes`` is None where there is no test."""

    parses: bool
    passes: bool | None
    similarity: float

    def reward(self, weights: RewardWeights) -> float:
        """One number, 0 at least."""
        return (
            weights.parses * self.parses
            + weights.passes * bool(self.passes)
            + weights.similarity * self.similarity * self.parses
        )


class Judge:
    """Judges texts, several at a time. Raises BadInput where programs cannot be fenced in."""

    def __init__(self, config: FenceConfig = FENCE) -> None:
        self._fence = Fence(config)
        self._known: dict[tuple[str, str], Judgement] = {}
        self._pool = ThreadPoolExecutor(os.cpu_count())

    def judge(self, tasks: Sequence[Task], texts: Sequence[str | None]) -> list[Judgement]:
        """A judgement for each text in its task's hole; None, a text without an end, is worth 0."""
        pairs = {(task.id, text): task for task, text in zip(tasks, texts, strict=True)}
        new = [
            (task, text)
            for (name, text), task in pairs.items()
            if text is not None and (name, text) not in self._known
        ]
        for (task, text), found in zip(new, self._pool.map(self._of, new), strict=True):
            self._known[task.id, text] = found
        return [
            self._known[task.id, text] if text is not None else _without_end(task)
            for task, text in zip(tasks, texts, strict=True)
        ]

    def close(self) -> None:
        """Wait for what runs, start nothing more."""
        self._pool.shutdown(cancel_futures=True)

    def _of(self, asked: tuple[Task, str]) -> Judgement:
        task, text = asked
        hole = task.hole
        parses = bool(text.strip()) and parses_no_worse(hole, [text])
        if task.language == "python" and is_python(task.filled(task.gold)):
            parses = parses and is_python(task.filled(text))
        passes = None
        if task.examples:
            passes = parses and self._fence.run(program(task, text)).verdict is Verdict.PASSED
        return Judgement(parses, passes, edit_similarity([text], [task.gold]))


def _without_end(task: Task) -> Judgement:
    return Judgement(False, False if task.examples else None, 0.0)


class VerifiedReward:
    """The rewards of rollouts for tasks by name, and what was verified of them."""

    def __init__(
        self,
        tasks: Mapping[str, Task],
        tokenizer: BPETokenizer,
        weights: RewardWeights,
        judge: Judge | None = None,
    ) -> None:
        self._tasks, self._tokenizer, self.weights = tasks, tokenizer, weights
        self._judge = judge or Judge()

    def __call__(self, rollouts: Rollouts) -> tuple[Tensor, dict[str, float]]:
        """Rewards (N, G), and the shares of samples that ended, parsed and passed."""
        judged = self.judge(rollouts)
        rewards = [[each.reward(self.weights) for each in group] for group in judged]
        every = [each for group in judged for each in group]
        tested = [bool(each.passes) for each in every if each.passes is not None]
        figures = {
            "finished": float(rollouts.are_finished.float().mean()),
            "parses": sum(each.parses for each in every) / len(every),
        }
        if tested:
            figures["passes"] = sum(tested) / len(tested)
        return torch.tensor(rewards), figures

    def judge(self, rollouts: Rollouts) -> list[list[Judgement]]:
        """The judgement of each sample, by task."""
        group = rollouts.ids.shape[1]
        tasks = [self._tasks[name] for name in rollouts.names for _ in range(group)]
        ended = rollouts.are_finished.flatten().tolist()
        written = [ids for rows in rollouts.texts() for ids in rows]
        texts = [
            self._text(task, ids) if is_ended else None
            for task, ids, is_ended in zip(tasks, written, ended, strict=True)
        ]
        judged = self._judge.judge(tasks, texts)
        return [judged[at : at + group] for at in range(0, len(judged), group)]

    def _text(self, task: Task, ids: Sequence[int]) -> str:
        text = self._tokenizer.decode_bytes(np.array(ids, np.int64)).decode("utf-8", "replace")
        return text.partition("\n")[0] if task.is_line else text
