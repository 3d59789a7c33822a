"""The chunked loss against plain cross entropy (needs torch)."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from torch.nn import functional as F

from engine.training.batches import stacked
from engine.training.loss import tied_cross_entropy
from engine.training.packing import Epoch, PackingConfig
from tiny_training import SPECIAL, counting


@pytest.mark.parametrize("chunk", [64, 700, 1000])
def test_loss_and_gradients_are_those_of_plain_cross_entropy(chunk: int) -> None:
    torch.manual_seed(0)
    hidden = torch.randn(700, 16, requires_grad=True)
    special = torch.randn(3, 16, requires_grad=True)
    table, targets, weights = torch.randn(50, 16), torch.randint(0, 50, (700,)), torch.rand(700)
    total, predicted, nats = tied_cross_entropy(hidden, special, table, targets, weights, chunk)
    found = torch.autograd.grad(2 * total, (hidden, special))
    logits = hidden @ torch.cat([special, table[3:]]).T
    plain = F.cross_entropy(logits, targets, reduction="none")
    expected = torch.autograd.grad(2 * (weights * plain).sum(), (hidden, special))
    torch.testing.assert_close(total, (weights * plain).sum())
    torch.testing.assert_close(nats, plain)
    assert torch.equal(predicted, logits.argmax(-1))
    for left, right in zip(found, expected, strict=True):
        torch.testing.assert_close(left, right, atol=1e-4, rtol=1e-4)


def test_what_fills_a_chunk_up_changes_nothing(tmp_path: Path) -> None:
    from engine.training.examples import Examples

    epoch = Epoch(Examples(counting(tmp_path, 6)), SPECIAL, PackingConfig(512), 0)
    packs = [epoch.build(index, 1.0) for index in range(len(epoch))]
    exact, filled = stacked(packs, 1), stacked(packs, 100)
    count = len(exact.places)
    assert len(filled.places) % 100 == 0 and len(filled.places) > count
    assert torch.equal(filled.places[:count], exact.places)
    assert torch.equal(filled.weights[:count], exact.weights) and not filled.weights[count:].any()
    hidden, special, table = (
        torch.randn(512 * len(packs), 8),
        torch.randn(17, 8),
        torch.randn(97, 8),
    )
    totals = [
        tied_cross_entropy(hidden[one.places], special, table, one.targets, one.weights, 100)[0]
        for one in (exact, filled)
    ]
    torch.testing.assert_close(*totals)
