"""What reinforcement learning maximises: PPO's clipped objective over groups of samples.

Advantages are a sample's reward less the mean of the others' of its task (leave one out, as in
coupled-GRPO, arXiv:2506.20639): unbiased, and not divided by the group's deviation, which would
favour tasks that are nearly always or never solved; nor is a sample's sum divided by its length,
which would favour long failures (Dr. GRPO, arXiv:2503.20783).
"""

# N tasks, G samples a task, C canvas tokens, R segments a task of S = C + 1 slots, M terms

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.training.rollouts import Rollouts

LEAST_RATE, HIGHEST_RATE = 0.2, 0.8  # of masked tokens in a coupled pair


@dataclass(frozen=True, slots=True)
class Terms:
    """Log-probabilities to take: ids (N, R * S) of segments, ``num`` R, and M tokens of them.

    ``places`` (M,) among N * R * S are the rows that predict ``targets`` (M,); ``samples`` (M,)
    among N * G say whose they are, ``weights`` (M,) what they count.
    """

    ids: Tensor
    num: int
    size: int
    free: bool
    places: Tensor
    targets: Tensor
    samples: Tensor
    weights: Tensor


def leave_one_out(rewards: Tensor) -> Tensor:
    """Advantages (N, G) of rewards (N, G); G is at least 2."""
    others = (rewards.sum(-1, keepdim=True) - rewards) / (rewards.shape[-1] - 1)
    return rewards - others


def causal_terms(rollouts: Rollouts, mid: int) -> Terms:
    """Every token up to the end, given all before it: exact."""
    num_tasks, group, _ = rollouts.ids.shape
    longest = int(rollouts.lengths.max())
    scored = _up_to_end(rollouts)[..., :longest].unsqueeze(2)
    starters = torch.full((num_tasks, group, 1), mid, device=rollouts.ids.device)
    inputs = torch.cat([starters, rollouts.ids[..., :longest]], -1)
    return _terms(inputs, rollouts, scored, 1, free=False)


def coupled_terms(
    rollouts: Rollouts, mid: int, mask: int, num_pairs: int, random: torch.Generator
) -> Terms:
    """Every token once a pair, given those that its copy does not mask: a one-step estimate.

    The two copies of a pair mask complementary tokens (coupled sampling, which halves the variance
    that independent masks would have). What lies behind the end was never seen as text: it is
    masked in every copy and not scored.
    """
    num_tasks, group, canvas = rollouts.ids.shape
    device, scored = rollouts.ids.device, _up_to_end(rollouts).unsqueeze(2)
    sizes = (num_tasks, group, num_pairs)
    rates = LEAST_RATE + (HIGHEST_RATE - LEAST_RATE) * torch.rand(*sizes, 1, generator=random)
    first = (torch.rand(*sizes, canvas, generator=random) < rates).to(device)
    masks = torch.cat([first, ~first], dim=2) | ~scored
    ids = rollouts.ids.unsqueeze(2).expand(masks.shape).masked_fill(masks, mask)
    starters = torch.full((*ids.shape[:3], 1), mid, device=device)
    inputs = torch.cat([starters, ids], -1)
    return _terms(inputs, rollouts, masks & scored, num_pairs, free=True)


def clipped_objective(
    log_p: Tensor, old: Tensor, start: Tensor, advantages: Tensor, clip: float, kl_weight: float
) -> tuple[Tensor, dict[str, Tensor]]:
    """What each term (M,) adds to the loss, and figures (M,) for the log.

    PPO's pessimistic ratio (arXiv:1707.06347) and ``kl_weight`` times the k3 estimate of the
    divergence from ``start`` (Schulman 2020: exp(d) - d - 1 of d = start - now, never negative).
    """
    ratio = (log_p - old).exp()
    clipped = ratio.clamp(1 - clip, 1 + clip)
    gain = torch.minimum(ratio * advantages, clipped * advantages)
    distance = start - log_p
    divergence = distance.exp() - distance - 1
    is_clipped = (ratio * advantages > clipped * advantages).float()
    figures = {"kl": divergence.detach(), "clipped": is_clipped, "nats": -log_p.detach()}
    return kl_weight * divergence - gain, figures


def _up_to_end(rollouts: Rollouts) -> Tensor:
    places = torch.arange(rollouts.ids.shape[-1], device=rollouts.ids.device)
    return places < rollouts.lengths.unsqueeze(-1)


def _terms(inputs: Tensor, rollouts: Rollouts, scored: Tensor, num_pairs: int, free: bool) -> Terms:
    """Terms of inputs (N, G, [copies,] S) of which ``scored`` (N, G, copies, C) count."""
    num_tasks, group = rollouts.ids.shape[:2]
    copies, size = scored.shape[2], inputs.shape[-1]
    at = scored.nonzero()  # task, sample, copy, place
    segment = (at[:, 0] * group + at[:, 1]) * copies + at[:, 2]
    return Terms(
        ids=inputs.reshape(num_tasks, -1),
        num=group * copies,
        size=size,
        free=free,
        places=segment * size + at[:, 3],
        targets=rollouts.ids[at[:, 0], at[:, 1], at[:, 3]],
        samples=at[:, 0] * group + at[:, 1],
        weights=torch.full((len(at),), 1.0 / num_pairs, device=rollouts.ids.device),
    )
