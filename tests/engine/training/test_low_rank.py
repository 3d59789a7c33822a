"""Adapters: nothing at first, merged weights that answer as they do (needs torch)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.training.low_rank import LowRankConfig, LowRankLlama
from engine.training.machine import Machine
from engine.training.model import Llama
from engine.training.packing import LossWeights, PackingConfig
from engine.training.schedule import Schedule
from engine.training.trainer import Trainer
from tiny_training import SPECIAL, TINY, counting, tiny_tensors

LENGTH = 12
CPU = Machine(torch.device("cpu"), chunk=64, validation_steps=1000)
SCHEDULE = Schedule(
    num_steps=20,
    batch_packs=2,
    warmup_steps=2,
    learning_rate=1e-2,
    packing=PackingConfig(128, LossWeights(context=1.0, noisy=0.0)),
)


def hidden(model: Llama) -> torch.Tensor:
    ids = torch.arange(20, 20 + LENGTH)[None]
    visible = torch.ones(LENGTH, LENGTH).tril().bool()[None, None]
    with torch.no_grad():
        return model(ids, torch.arange(LENGTH)[None], visible)


def full(tensors: dict[str, torch.Tensor]) -> Llama:
    return Llama(tensors, TINY, 17, torch.float32, is_rounded=False)


def adapted(num_layers: int | None = None) -> LowRankLlama:
    torch.manual_seed(1)
    config = LowRankConfig(rank=4, num_layers=num_layers)
    return LowRankLlama(tiny_tensors(), TINY, 17, torch.float32, config)


def trained(folder: Path, model: Llama, schedule: Schedule = SCHEDULE) -> Trainer:
    folder.mkdir(exist_ok=True)
    trainer = Trainer(model, [counting(folder)], SPECIAL, schedule, CPU, folder)
    trainer.resume()
    trainer.run()
    return trainer


def test_untrained_adapters_change_nothing() -> None:
    torch.testing.assert_close(hidden(adapted()), hidden(full(tiny_tensors())))


def test_merged_weights_are_the_frozen_ones_and_what_was_trained(tmp_path: Path) -> None:
    model = adapted()
    trained(tmp_path, model)
    merged = model.merged(tiny_tensors())
    assert not torch.allclose(hidden(model), hidden(full(tiny_tensors())), atol=0.01)
    torch.testing.assert_close(hidden(model), hidden(full(merged)), atol=1e-4, rtol=1e-3)


def test_layers_below_the_last_ones_stay_as_they_were(tmp_path: Path) -> None:
    model = adapted(num_layers=1)
    trained(tmp_path, model)
    tensors, merged = tiny_tensors(), model.merged(tiny_tensors())
    changed = {name for name, tensor in merged.items() if not torch.equal(tensor, tensors[name])}
    assert changed and all(name.startswith("model.layers.1.") for name in changed)


def test_a_run_goes_on_from_the_adapters_alone(tmp_path: Path) -> None:
    straight = trained(tmp_path / "whole", adapted())
    trained(tmp_path / "halves", adapted(), replace(SCHEDULE, num_steps=20, minutes=None))
    state = torch.load(tmp_path / "halves" / "checkpoint.pt", weights_only=True)
    assert all("down" in name or "up" in name for name in state["model"] if "blocks" in name)
    again = adapted()
    trained(tmp_path / "halves", again)
    torch.testing.assert_close(hidden(again), hidden(straight.model))
