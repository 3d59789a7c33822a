"""Advantages and the clipped objective, against what the papers say (needs torch)."""

from __future__ import annotations

import math

import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.training.objective import clipped_objective, leave_one_out


def test_an_advantage_is_the_reward_less_the_others_mean() -> None:
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.2], [0.5, 0.5, 0.5, 0.5]])
    found = leave_one_out(rewards)
    others = [(0 + 0 + 0.2) / 3, (1 + 0 + 0.2) / 3, (1 + 0 + 0.2) / 3, 1 / 3]
    assert found[0].tolist() == pytest.approx(
        [1 - others[0], -others[1], -others[2], 0.2 - others[3]]
    )
    assert found[1].tolist() == pytest.approx([0.0] * 4)
    assert found.sum(-1).tolist() == pytest.approx([0.0, 0.0], abs=1e-6)


def of(
    ratio: float, advantage: float, kl_weight: float = 0.0, start: float = 0.0
) -> tuple[float, float]:
    """Loss of one term at this ratio to the old policy, and its gradient by the log-probability."""
    log_p = torch.tensor([math.log(ratio)], requires_grad=True)
    loss, _ = clipped_objective(
        log_p, torch.zeros(1), log_p.detach() + start, torch.tensor([advantage]), 0.2, kl_weight
    )
    loss.sum().backward()
    assert log_p.grad is not None
    return float(loss.detach()), float(log_p.grad)


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "gradient"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.1, 1.0, -1.1, -1.1),
        (1.5, 1.0, -1.2, 0.0),  # far enough in the right direction
        (0.5, 1.0, -0.5, -0.5),  # the pessimistic side is never clipped
        (0.5, -1.0, 0.8, 0.0),
        (1.5, -1.0, 1.5, 1.5),
    ],
)
def test_a_ratio_is_clipped_where_that_gains(
    ratio: float, advantage: float, loss: float, gradient: float
) -> None:
    assert of(ratio, advantage) == (pytest.approx(loss), pytest.approx(gradient))


def test_divergence_is_never_negative_and_pulls_back() -> None:
    for start in (-1.0, -0.1, 0.0, 0.1, 1.0):
        loss, gradient = of(1.0, 0.0, kl_weight=1.0, start=start)
        assert loss == pytest.approx(math.expm1(start) - start, abs=1e-6)
        assert gradient == pytest.approx(-math.expm1(start), abs=1e-6)


def test_k3_estimates_the_divergence() -> None:
    random = torch.Generator().manual_seed(0)
    now, start = torch.randn(2, 20, generator=random).log_softmax(-1)
    drawn = torch.multinomial(now.exp(), 200_000, replacement=True, generator=random)
    zeros = torch.zeros(len(drawn))
    _, figures = clipped_objective(now[drawn], now[drawn], start[drawn], zeros, 0.2, 1.0)
    exact = float((now.exp() * (now - start)).sum())
    assert float(figures["kl"].mean()) == pytest.approx(exact, rel=0.05)
