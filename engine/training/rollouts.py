"""Samples of a policy: middles written from left to right, or denoised from a masked canvas."""

# N tasks, G samples a task, C canvas tokens, Q samples that go on

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.training.policy import Policy


@dataclass(frozen=True, slots=True)
class Rollouts:
    """``ids`` (N, G, C), <eom> behind the end; ``lengths`` (N, G) of tokens with what ends them.

    ``log_p`` (N, G, C): what the actor gave each token when it was sampled, 0 behind the end. Those
    of masked sampling were drawn beside other masks. ``are_finished`` (N, G): came to an end.
    """

    names: tuple[str, ...]
    ids: Tensor
    lengths: Tensor
    log_p: Tensor
    are_finished: Tensor
    eom: int

    def texts(self) -> list[list[list[int]]]:
        """The ids of each sample without <eom>, by task."""
        return [
            [[token for token in row.tolist() if token != self.eom] for row in rows]
            for rows in self.ids
        ]


@dataclass(frozen=True, slots=True)
class Sampling:
    """``group`` samples a task of up to ``canvas`` tokens; ``num_steps`` of masked sampling."""

    group: int = 8
    canvas: int = 32
    num_steps: int = 16


def sample_causal(
    policy: Policy, names: Sequence[str], mid: int, config: Sampling, random: torch.Generator
) -> Rollouts:
    """Middles token by token, as the causal pass of the model writes them."""
    reading = policy.read(names, config.group, config.canvas + 1, free=False)
    ids, log_p = _empty(policy, len(names), config)
    device = ids.device
    is_open = torch.ones(ids.shape[:2], dtype=torch.bool, device=device)
    last = torch.full(ids.shape[:2], mid, device=device)
    rows = torch.arange(len(names), device=device).unsqueeze(-1)
    for place in range(config.canvas):
        # As many samples a task as the task with most of them has; ended ones fill up.
        samples = is_open.int().argsort(dim=1, descending=True, stable=True)
        samples = samples[:, : int(is_open.sum(1).max())]
        if not samples.numel():
            break
        slots = reading.places.slots(samples, place)
        hidden = policy.act(reading, last.gather(1, samples), slots)
        drawn, chance = _draw(policy.distribution(hidden.flatten(0, 1)), random)
        goes_on = is_open.gather(1, samples)
        token = torch.where(goes_on, drawn.view(samples.shape), policy.special.eom)
        ids[rows, samples, place] = token
        log_p[rows, samples, place] = chance.view(samples.shape) * goes_on
        last = last.scatter(1, samples, token)
        is_open = is_open.scatter(1, samples, goes_on & ~policy.are_ends(names, token))
    return _finished(policy, names, ids, log_p)


def sample_masked(
    policy: Policy, names: Sequence[str], mid: int, config: Sampling, random: torch.Generator
) -> Rollouts:
    """Canvases from all masked on; each step commits those of its draws that are most probable.

    The share of tokens a step is the same; behind a committed <eom> nothing is left
    (``engine.canvas``).
    """
    reading = policy.read(names, config.group, config.canvas + 1, free=True)
    ids, log_p = _empty(policy, len(names), config)
    ids.fill_(policy.special.mask)
    slots = reading.places.canvas_slots()
    starters = torch.full((*ids.shape[:2], 1), mid, device=ids.device)
    for step in range(config.num_steps):
        is_masked = ids == policy.special.mask
        if not is_masked.any():
            break
        hidden = policy.act(reading, torch.cat([starters, ids], -1).flatten(1), slots)
        # The token at place i is predicted by the row before it.
        states = hidden.view(*ids.shape[:2], config.canvas + 1, -1)[:, :, :-1][is_masked]
        drawn, chance = _draw(policy.distribution(states), random)
        sure = torch.full(ids.shape, float("-inf"), device=ids.device)
        sure[is_masked] = chance
        left = is_masked.sum(-1, keepdim=True)
        wanted = (left / (config.num_steps - step)).ceil()
        is_chosen = (sure.argsort(-1, descending=True).argsort(-1) < wanted) & is_masked
        tokens = torch.zeros_like(ids)
        tokens[is_masked] = drawn
        ids = torch.where(is_chosen, tokens, ids)
        log_p = torch.where(is_chosen, sure, log_p)
        are_ends = policy.are_ends(names, ids).int()
        ids = ids.masked_fill(are_ends.cumsum(-1) - are_ends > 0, policy.special.eom)
    return _finished(policy, names, ids, log_p)


def _empty(policy: Policy, num_tasks: int, config: Sampling) -> tuple[Tensor, Tensor]:
    sizes, device = (num_tasks, config.group, config.canvas), policy.table.device
    ids = torch.full(sizes, policy.special.eom, device=device)
    return ids, torch.zeros(sizes, device=device)


def _draw(log_p: Tensor, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """A token of each distribution (M, V), and its log-probability (M,)."""
    cumulative = log_p.exp().cumsum(-1)
    # Numbers of the CPU, which are the same wherever the policy runs.
    chance = torch.rand(len(log_p), 1, generator=random).to(log_p.device)
    drawn = torch.searchsorted(cumulative, chance * cumulative[:, -1:], right=True).squeeze(-1)
    drawn = drawn.clamp(max=log_p.shape[-1] - 1)
    return drawn, log_p.gather(-1, drawn.unsqueeze(-1)).squeeze(-1)


def _finished(policy: Policy, names: Sequence[str], ids: Tensor, log_p: Tensor) -> Rollouts:
    are_ends = policy.are_ends(names, ids)
    are_finished = are_ends.any(-1)
    lengths = torch.where(are_finished, are_ends.int().argmax(-1) + 1, ids.shape[-1])
    places = torch.arange(ids.shape[-1], device=ids.device)
    log_p = log_p * (places < lengths.unsqueeze(-1))
    return Rollouts(tuple(names), ids, lengths, log_p, are_finished, policy.special.eom)
