"""How often a policy solves each task of a file: before and after, and which tasks can teach.

Run as ``python -m engine.training.pass_rates --tasks tasks.jsonl --from engine/weights``;
``--run DIR`` measures what a run has learned, ``--out`` keeps the rates, ``--against`` compares
with kept ones, and ``--keep FILE`` writes the tasks that are solved sometimes: those that always
fail or never do teach nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from engine.errors import BadInput, MidfillError
from engine.evaluation.statistics import estimate
from engine.training.checkpoint import read_checkpoint
from engine.training.policy import Policy
from engine.training.reinforcement import add_policy_arguments, load_policy, policy_config
from engine.training.reinforcer import CAUSAL, MASKED, learned
from engine.training.rewards import Judge, RewardWeights, VerifiedReward
from engine.training.rollouts import Sampling, sample_causal, sample_masked
from engine.training.tasks import Task, read_tasks, write_tasks
from engine.training.trainer import CHECKPOINT_FILE

Rates = dict[str, dict[str, float]]  # by task: reward, passes, parses


def measure(
    policy: Policy,
    names: Sequence[str],
    reward: VerifiedReward,
    mid: int,
    sampling: Sampling,
    stream: str,
    seed: int,
    tasks_at_once: int = 8,
) -> Rates:
    """Mean reward and shares over a group of samples of each task.

    Task by task the same seed gives the same random numbers, whatever the policy.
    """
    draw = sample_causal if stream == CAUSAL else sample_masked
    rates: Rates = {}
    for at in range(0, len(names), tasks_at_once):
        some = names[at : at + tasks_at_once]
        random = torch.Generator().manual_seed(1_000_003 * seed + at)
        rollouts = draw(policy, some, mid, sampling, random)
        for name, judged in zip(some, reward.judge(rollouts), strict=True):
            share = 1.0 / len(judged)
            rates[name] = {
                "reward": share * sum(each.reward(reward.weights) for each in judged),
                "passes": share * sum(bool(each.passes) for each in judged),
                "parses": share * sum(each.parses for each in judged),
            }
        print(f"\r{len(rates)} of {len(names)} tasks", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rates


def report(rates: Rates, before: Rates | None) -> str:
    """Means over tasks with 95 % intervals; of differences too, task by task, where asked."""
    lines = []
    for name in ("reward", "passes", "parses"):
        line = f"{name:8}{_shown([rate[name] for rate in rates.values()])}"
        if before is not None:
            common = [task for task in rates if task in before]
            changes = [rates[task][name] - before[task][name] for task in common]
            line += f", change {_shown(changes)}"
        lines.append(line)
    return "\n".join([f"{len(rates)} tasks", *lines])


def _shown(values: Sequence[float]) -> str:
    found = estimate(values)
    if found is None:
        raise BadInput("no task is in both files: measure the same --tasks")
    return f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def telling(tasks: Mapping[str, Task], rates: Rates) -> list[Task]:
    """The tasks that were solved in some samples and not in others."""
    return [tasks[name] for name, rate in rates.items() if 0 < rate["passes"] < 1]


def main() -> None:
    """Parse arguments, measure, report."""
    parser = argparse.ArgumentParser(description="Measure how often a policy solves its tasks.")
    add_policy_arguments(parser)
    parser.add_argument("--run", type=Path, help="the folder of a run to measure")
    parser.add_argument("--samples", type=int, default=8, help="samples a task")
    parser.add_argument("--stream", choices=(CAUSAL, MASKED), default=CAUSAL)
    parser.add_argument("--masked-steps", type=int, default=Sampling().num_steps)
    parser.add_argument("--out", type=Path, help="keep the rates of each task here")
    parser.add_argument("--against", type=Path, help="rates to compare with")
    parser.add_argument("--keep", type=Path, help="write the tasks solved sometimes here")
    try:
        _run(parser.parse_args())
    except MidfillError as error:
        sys.exit(f"error: {error}")


def _run(arguments: argparse.Namespace) -> None:
    before = None if arguments.against is None else _read(arguments.against)
    tasks = {task.id: task for task in read_tasks(arguments.tasks)}
    config, state = policy_config(arguments), None
    if arguments.run is not None:
        state = read_checkpoint(arguments.run / CHECKPOINT_FILE)
        config = replace(config, num_trained=state["config"]["blocks"])
    policy, tokenizer = load_policy(config, list(tasks.values()))
    if state is not None:
        policy.load(learned(state))
    judge = Judge()
    reward = VerifiedReward(tasks, tokenizer, RewardWeights(), judge)
    sampling = Sampling(arguments.samples, arguments.canvas, arguments.masked_steps)
    stream, seed = arguments.stream, arguments.seed
    rates = measure(policy, list(tasks), reward, tokenizer.mid_id, sampling, stream, seed)
    judge.close()
    print(report(rates, before))
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(rates), encoding="utf-8")
    if arguments.keep is not None:
        print(f"{write_tasks(arguments.keep, telling(tasks, rates))} tasks in {arguments.keep}")


def _read(path: Path) -> Rates:
    try:
        rates: Rates = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: no rates ({error}); --out keeps some") from error
    return rates


if __name__ == "__main__":
    main()
