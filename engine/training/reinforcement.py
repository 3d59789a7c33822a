"""Reinforcement learning on tasks with verifiable answers, after training.

Run as ``python -m engine.training.reinforcement --tasks tasks.jsonl --from engine/weights --out DIR
--steps N``, on a GPU where there is one; ``engine.training.prepare_tasks`` cuts the tasks. Beside
``checkpoint.pt`` lie ``base.pt`` and ``tokenizer.json``, so that ``engine.training.checkpoint``'s
``read_weights`` and all that follows it in the recipe take it as any other run.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.errors import BadInput, MidfillError
from engine.tokenizer import BPETokenizer
from engine.training.checkpoint import SPECIAL_IDS, write_checkpoint
from engine.training.export import TOKENIZER_FILE
from engine.training.machine import Machine
from engine.training.model import Llama
from engine.training.packing import NUM_SPECIAL, SpecialIds
from engine.training.policy import Policy
from engine.training.reinforcer import CAUSAL, MASKED, ReinforcementConfig, Reinforcer
from engine.training.rewards import Judge, RewardWeights, VerifiedReward
from engine.training.rollouts import Sampling
from engine.training.shape import LlamaShape
from engine.training.shipped import shipped_weights
from engine.training.tasks import Task, read_tasks

BASE_FILE = "base.pt"
STREAMS = {CAUSAL: (CAUSAL,), MASKED: (MASKED,), "both": (CAUSAL, MASKED)}


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """``start``: a model's folder. Of its blocks the last ``num_trained`` are trained, all by None.

    Contexts hold up to ``context_tokens``.
    """

    start: Path
    num_trained: int | None = None
    context_tokens: int = 384
    temperature: float = 1.0
    seed: int = 0


def load_policy(
    config: PolicyConfig,
    tasks: Sequence[Task],
    shape: LlamaShape | None = None,
    machine: Machine | None = None,
) -> tuple[Policy, BPETokenizer]:
    """The model in the folder as a policy for these tasks. Raises BadInput for too many blocks."""
    machine, shape = machine or Machine.found(), shape or LlamaShape()
    num_trained = shape.num_layers if config.num_trained is None else config.num_trained
    if not 1 <= num_trained <= shape.num_layers:
        raise BadInput(f"{num_trained} blocks: the model has 1 to {shape.num_layers}")
    tokenizer = BPETokenizer(config.start / TOKENIZER_FILE)
    tensors = {
        name: torch.from_numpy(values)
        for name, values in shipped_weights(config.start, shape).items()
    }
    model = Llama(tensors, shape, NUM_SPECIAL, machine.dtype).to(machine.device)
    prompts = {task.id: task.prompt(tokenizer, config.context_tokens) for task in tasks}
    policy = Policy(
        model,
        SpecialIds(tokenizer.mask_id, tokenizer.eom_id),
        prompts,
        num_trained,
        config.temperature,
        config.seed,
        lines=[task.id for task in tasks if task.is_line],
        breaks=[
            token for token in range(tokenizer.vocab_size) if b"\n" in tokenizer.token_bytes(token)
        ],
    )
    return policy, tokenizer


def reinforce(
    tasks: Path,
    out: Path,
    of_policy: PolicyConfig,
    config: ReinforcementConfig,
    weights: RewardWeights,
    shape: LlamaShape | None = None,
    machine: Machine | None = None,
) -> Reinforcer:
    """Train to the end of the run; goes on from ``out/checkpoint.pt`` where there is one.

    Raises BadInput for a file that holds no tasks, TrainingError for a damaged file, a full disk or
    a loss that is no number.
    """
    out.mkdir(parents=True, exist_ok=True)
    shape = shape or LlamaShape()
    read = {task.id: task for task in read_tasks(tasks)}
    policy, tokenizer = load_policy(of_policy, list(read.values()), shape, machine)
    _write_base(of_policy.start, out, shape, policy.special)
    judge = Judge()
    reward = VerifiedReward(read, tokenizer, weights, judge)
    reinforcer = Reinforcer(policy, list(read), reward, tokenizer.mid_id, config, out)
    reinforcer.resume()
    try:
        reinforcer.run()
    finally:
        judge.close()
    return reinforcer


def _write_base(start: Path, out: Path, shape: LlamaShape, special: SpecialIds) -> None:
    """What ``read_weights`` and the recipe's export want beside a checkpoint."""
    if not (out / TOKENIZER_FILE).exists():
        shutil.copyfile(start / TOKENIZER_FILE, out / TOKENIZER_FILE)
    if (out / BASE_FILE).exists():
        return
    tensors = {
        name: torch.from_numpy(values) for name, values in shipped_weights(start, shape).items()
    }
    ids = torch.tensor([special.mask, special.eom])
    write_checkpoint(out / BASE_FILE, {**tensors, SPECIAL_IDS: ids})


def main() -> None:
    """Parse arguments, resume if there is a checkpoint, train."""
    default, sampling, rewards = ReinforcementConfig(), Sampling(), RewardWeights()
    parser = argparse.ArgumentParser(description="Reinforce a model on tasks that can be verified.")
    add_policy_arguments(parser)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=default.num_steps)
    parser.add_argument("--stream", choices=STREAMS, default=CAUSAL)
    parser.add_argument("--tasks-per-step", type=int, default=default.num_tasks)
    parser.add_argument("--group", type=int, default=sampling.group, help="samples a task")
    parser.add_argument("--masked-steps", type=int, default=sampling.num_steps)
    parser.add_argument(
        "--updates", type=int, default=default.updates, help="of one step's samples"
    )
    parser.add_argument("--learning-rate", type=float, default=default.learning_rate)
    parser.add_argument("--kl", type=float, default=default.kl_weight, help="weight of divergence")
    parser.add_argument("--similarity", type=float, default=rewards.similarity)
    arguments = parser.parse_args()
    config = ReinforcementConfig(
        num_steps=arguments.steps,
        num_tasks=arguments.tasks_per_step,
        sampling=Sampling(arguments.group, arguments.canvas, arguments.masked_steps),
        streams=STREAMS[arguments.stream],
        updates=arguments.updates,
        learning_rate=arguments.learning_rate,
        kl_weight=arguments.kl,
        seed=arguments.seed,
    )
    weights = RewardWeights(similarity=arguments.similarity)
    try:
        reinforce(arguments.tasks, arguments.out, policy_config(arguments), config, weights)
    except KeyboardInterrupt:
        sys.exit(130)
    except MidfillError as error:
        sys.exit(f"error: {error}")


def add_policy_arguments(parser: argparse.ArgumentParser) -> None:
    """What running and measuring a policy have in common."""
    default = PolicyConfig(Path())
    parser.add_argument("--tasks", type=Path, required=True)
    parser.add_argument("--from", dest="start", type=Path, required=True, help="a model's folder")
    parser.add_argument("--blocks", type=int, help="train the last so many (default: all)")
    parser.add_argument("--context", type=int, default=default.context_tokens, help="tokens")
    parser.add_argument("--canvas", type=int, default=Sampling().canvas, help="tokens of an answer")
    parser.add_argument("--temperature", type=float, default=default.temperature)
    parser.add_argument("--seed", type=int, default=default.seed)


def policy_config(arguments: argparse.Namespace) -> PolicyConfig:
    """The settings that ``add_policy_arguments`` asked for."""
    return PolicyConfig(
        arguments.start,
        arguments.blocks,
        arguments.context,
        arguments.temperature,
        arguments.seed,
    )


if __name__ == "__main__":
    main()
