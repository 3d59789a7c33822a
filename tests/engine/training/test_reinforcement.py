"""The commands from tasks to a checkpoint that exports, on a tiny model (needs onnx and torch)."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")
pytest.importorskip("onnx", reason="pip install 'midfill[test]'")
pytest.importorskip("zstandard", reason="pip install 'midfill[test]'")

from engine.errors import BadInput
from engine.evaluation.executed import FenceConfig
from engine.training.checkpoint import read_weights
from engine.training.export import Quantisation, export
from engine.training.machine import Machine
from engine.training.model import four_bit_values
from engine.training.pass_rates import measure, report, telling
from engine.training.reinforcement import PolicyConfig, load_policy, reinforce
from engine.training.reinforcer import CAUSAL, MASKED, ReinforcementConfig
from engine.training.rewards import Judge, RewardWeights, VerifiedReward
from engine.training.rollouts import Sampling
from engine.training.shape import LlamaShape
from engine.training.tasks import Task, write_tasks
from source_tree import shipped_weights
from tiny_training import tiny_tensors

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX resource limits")

SHAPE = LlamaShape(num_layers=2, width=64, num_heads=2, num_kv_heads=1, head_width=32, ffn_width=64)
CPU = Machine(torch.device("cpu"))
CONFIG = ReinforcementConfig(
    num_steps=2, num_tasks=2, sampling=Sampling(3, 4, 2), streams=(CAUSAL, MASKED)
)
EXAMPLES = "Twice.\n\n>>> double(2)\n4\n"


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model's folder as ``export`` leaves it, with the real tokenizer."""
    folder = tmp_path_factory.mktemp("model")
    weights = {
        name: (four_bit_values(tensor) if "_proj" in name else tensor).numpy()
        for name, tensor in tiny_tensors(SHAPE).items()
    }
    export(weights, folder, Quantisation.FOUR_BIT, SHAPE)
    shutil.copyfile(shipped_weights() / "tokenizer.json", folder / "tokenizer.json")
    return folder


def tasks() -> list[Task]:
    return [
        Task(
            id=f"sums/core{number}.py:3-3",
            package="sums",
            licence="MIT",
            path=f"sums/core{number}.py",
            language="python",
            before=f'def double(value):\n    """{EXAMPLES}"""\n   ',
            gold=" return value + value",
            after="\n",
            examples=EXAMPLES,
        )
        for number in range(3)
    ]


def test_a_run_leaves_what_the_export_wants(start: Path, tmp_path: Path) -> None:
    write_tasks(tmp_path / "tasks.jsonl", tasks())
    out = tmp_path / "run"
    of_policy = PolicyConfig(start, num_trained=1, context_tokens=64)
    arguments = (tmp_path / "tasks.jsonl", out, of_policy, CONFIG, RewardWeights(), SHAPE, CPU)
    run = reinforce(*arguments)
    assert run.counts.steps == 2
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [entry["steps"] for entry in log] == [1, 2]
    assert all(0 <= entry[name] <= 1 for entry in log for name in ("finished", "parses", "passes"))
    weights = read_weights(out / "base.pt", out / "checkpoint.pt")
    entries = export(weights, tmp_path / "model", Quantisation.FOUR_BIT, SHAPE)
    assert "layers.bin" in entries and (out / "tokenizer.json").exists()
    # A finished run is not trained on.
    assert reinforce(*arguments).counts.steps == 2
    assert len((out / "log.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize("stream", [CAUSAL, MASKED])
def test_rates_are_the_same_for_the_same_seed(start: Path, stream: str) -> None:
    known = {task.id: task for task in tasks()}
    policy, tokenizer = load_policy(PolicyConfig(start, 1, 64), tasks(), SHAPE, CPU)
    reward = VerifiedReward(known, tokenizer, RewardWeights(), Judge(FenceConfig(30.0)))
    rates = [
        measure(policy, list(known), reward, tokenizer.mid_id, Sampling(3, 4, 2), stream, seed=1)
        for _ in range(2)
    ]
    assert rates[0] == rates[1] and set(rates[0]) == set(known)
    assert "change +0.000 [+0.000, +0.000]" in report(rates[0], rates[1])
    some = {"passes": 0.5, "parses": 1.0, "reward": 0.7}
    names = list(known)
    mixed = {names[0]: some, names[1]: some | {"passes": 0.0}, names[2]: some | {"passes": 1.0}}
    assert telling(known, mixed) == [known[names[0]]]
    assert "+0.500" in report(mixed, None)
    with pytest.raises(BadInput, match="no task is in both files"):
        report(mixed, {"another": some})


def test_more_blocks_than_there_are_is_refused(start: Path) -> None:
    with pytest.raises(BadInput, match="3 blocks: the model has 1 to 2"):
        load_policy(PolicyConfig(start, 3), tasks(), SHAPE, CPU)


def test_a_prompt_that_is_cut_keeps_what_stands_before_the_hole(start: Path) -> None:
    policy, tokenizer = load_policy(PolicyConfig(start, 1, 32), tasks(), SHAPE, CPU)
    names = [task.id for task in tasks()]
    places = policy.contexts.segments(names, 2, 5, free=False)
    assert places.lengths.tolist() == [32] * 3
    prompt = tasks()[0].prompt(tokenizer, 32)
    assert np.array_equal(prompt[-8:], tasks()[0].prompt(tokenizer, 64)[-8:])
