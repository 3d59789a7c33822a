"""The loop on a tiny policy: reward rises, runs resume exactly and fail clearly (needs torch)."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import TrainingError
from engine.training.checkpoint import SPECIAL_IDS, read_weights
from engine.training.model import Llama, four_bit_values
from engine.training.policy import Policy
from engine.training.reinforcer import CAUSAL, MASKED, ReinforcementConfig, Reinforcer, _Part
from engine.training.rollouts import Rollouts, Sampling
from tiny_training import MID, SPECIAL, TINY, tiny_tensors

PROMPTS = {f"task {number}": np.array([4, *range(20 + number, 24 + number)]) for number in range(6)}
SHORT = ReinforcementConfig(
    num_steps=4,
    num_tasks=3,
    sampling=Sampling(group=6, canvas=4, num_steps=2),
    streams=(CAUSAL, MASKED),
    learning_rate=3e-3,
    part_tasks=2,
)


def tensors() -> dict[str, torch.Tensor]:
    found = {
        name: four_bit_values(tensor) if "_proj" in name else tensor
        for name, tensor in tiny_tensors().items()
    }
    found["model.embed_tokens.weight"] /= 6
    return found


def share_of_even(rollouts: Rollouts) -> tuple[torch.Tensor, dict[str, float]]:
    """A reward that anybody can check: the share of even ids among those written."""
    is_text = rollouts.ids != SPECIAL.eom
    is_even = (rollouts.ids % 2 == 0) & is_text
    return is_even.sum(-1) / is_text.sum(-1).clamp(min=1), {}


def run_of(folder: Path, config: ReinforcementConfig = SHORT, num_trained: int = 1) -> Reinforcer:
    folder.mkdir(exist_ok=True)
    model = Llama(tensors(), TINY, 17, torch.float32)
    policy = Policy(model, SPECIAL, PROMPTS, num_trained)
    return Reinforcer(policy, list(PROMPTS), share_of_even, MID, config, folder)


def logged(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def assert_equal(left: Reinforcer, right: Reinforcer) -> None:
    assert replace(left.counts, seconds=0) == replace(right.counts, seconds=0)
    for one, other in zip(
        left.policy.learner.parameters(), right.policy.learner.parameters(), strict=True
    ):
        assert torch.equal(one, other)


@pytest.mark.parametrize("stream", [CAUSAL, MASKED])
def test_reward_rises(tmp_path: Path, stream: str) -> None:
    config = replace(SHORT, num_steps=18, streams=(stream,), kl_weight=0.0)
    run_of(tmp_path, config, num_trained=2).run()
    rewards = [entry["reward"] for entry in logged(tmp_path)]
    assert np.mean(rewards[-4:]) > np.mean(rewards[:4]) + 0.2


def test_divergence_holds_the_policy_back(tmp_path: Path) -> None:
    found = {}
    for weight in (0.0, 5.0):
        config = replace(SHORT, num_steps=10, streams=(CAUSAL,), kl_weight=weight)
        run_of(tmp_path / str(weight), config).run()
        found[weight] = logged(tmp_path / str(weight))[-1]["kl"]
    assert 0 <= found[5.0] < found[0.0] / 2


class Interrupted(Reinforcer):
    """Stopped by the user while answers are sampled."""

    def sample(self, names: Sequence[str], stream: str, random: torch.Generator) -> Rollouts:
        if self.counts.steps == 2:
            raise KeyboardInterrupt
        return super().sample(names, stream, random)


class InterruptedUpdate(Reinforcer):
    """Stopped by the user while weights are updated."""

    def _learn(self, parts: Sequence[_Part], num_samples: int) -> dict[str, float]:
        if self.counts.steps == 2:
            signal.raise_signal(signal.SIGINT)
        return super()._learn(parts, num_samples)


@pytest.mark.parametrize("while_updating", [False, True])
def test_an_interrupted_and_resumed_run_equals_an_uninterrupted_one(
    tmp_path: Path, while_updating: bool
) -> None:
    straight = run_of(tmp_path / "whole")
    straight.run()
    first = run_of(tmp_path / "halves")
    first.__class__ = InterruptedUpdate if while_updating else Interrupted
    with pytest.raises(KeyboardInterrupt):
        first.run()
    second = run_of(tmp_path / "halves")
    # An update that was under way was finished first.
    assert second.resume() and second.counts.steps == 2 + while_updating
    second.run()
    assert_equal(straight, second)
    assert [entry["steps"] for entry in logged(tmp_path / "halves")] == [1, 2, 3, 4]


def test_a_step_in_parts_is_the_same_step(tmp_path: Path) -> None:
    whole = run_of(tmp_path / "whole", replace(SHORT, num_steps=1, part_tasks=8))
    parts = run_of(tmp_path / "parts", replace(SHORT, num_steps=1, part_tasks=1))
    before = [each.detach().clone() for each in parts.policy.learner.parameters()]
    for run in (whole, parts):
        run.run()
    moved = 0.0
    for one, other, old in zip(
        whole.policy.learner.parameters(), parts.policy.learner.parameters(), before, strict=True
    ):
        # Adam's first steps are as long where a gradient is all but nothing.
        assert float((one - other).detach().abs().mean()) < 0.02 * SHORT.learning_rate
        moved += float((one - old).detach().abs().mean())
    assert moved > 0


def test_every_task_is_seen_once_an_epoch(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    epochs = [run._drawn(number) + run._drawn(number + 1) for number in (0, 2)]
    assert all(sorted(epoch) == sorted(PROMPTS) for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_the_checkpoint_is_the_exports(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    run.run()
    base = tmp_path / "base.pt"
    torch.save({**tensors(), SPECIAL_IDS: torch.tensor([SPECIAL.mask, SPECIAL.eom])}, base)
    weights = read_weights(base, tmp_path / "checkpoint.pt")
    read = {name: torch.from_numpy(values) for name, values in weights.items()}
    model = Llama(read, TINY, 17, torch.float32)
    learned = dict(run.policy.model.named_parameters())
    start = dict(Llama(tensors(), TINY, 17, torch.float32).named_parameters())
    for name, value in model.named_parameters():
        wanted = learned[name].detach()
        is_matrix = name.startswith("blocks") and wanted.ndim > 1
        assert torch.equal(value, four_bit_values(wanted) if is_matrix else wanted)
    changed = {name for name, value in model.named_parameters() if not value.equal(start[name])}
    assert {"final_norm", "blocks.1.attention_norm", "blocks.1.down"} <= changed
    assert not any(name.startswith("blocks.0") for name in changed)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(TrainingError, match=r"checkpoint.pt is damaged.*delete it"):
        run.resume()


def test_another_run_does_not_resume_but_a_longer_one_does(tmp_path: Path) -> None:
    run_of(tmp_path).save()
    assert run_of(tmp_path, replace(SHORT, num_steps=9, part_tasks=1)).resume()
    with pytest.raises(TrainingError, match="another kl_weight: choose another --out"):
        run_of(tmp_path, replace(SHORT, kl_weight=0.5)).resume()
    with pytest.raises(TrainingError, match="another blocks: choose another --out"):
        run_of(tmp_path, num_trained=2).resume()


def test_a_full_disk_is_a_clear_error(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    run.out = tmp_path / "missing" / "folder"
    with pytest.raises(TrainingError, match=r"cannot write .*resume"):
        run.save()


def test_a_loss_that_is_no_number_is_named(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    with torch.no_grad():
        run.policy.learner.final_norm[0] = float("nan")
    with pytest.raises(TrainingError, match="no number at step 0: lower --learning-rate"):
        run.run()
