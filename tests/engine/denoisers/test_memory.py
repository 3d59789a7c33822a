"""Too little memory on the device: fewer texts at once, then the CPU; and recorded forwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from engine.denoisers.families.checkpoint import read_checkpoint
from engine.denoisers.passes import Answer, Pass
from engine.denoisers.replays import Replays
from engine.denoisers.stock_layers import StockLayers
from engine.denoisers.stock_model import read_stock_model
from engine.errors import MidfillError
from tiny_checkpoints import TINY, write_checkpoint

pytestmark = pytest.mark.torch


class Small(StockLayers):
    """Layers on a device with room for ``max_fitting`` texts at once; the CPU has more of it."""

    max_fitting, has_cpu = 2, True

    def _run(self, passes: Sequence[Pass]) -> list[Answer]:
        is_first_device = self.device.index == 0
        if len(passes) > self.max_fitting and (is_first_device or not self.has_cpu):
            raise torch.OutOfMemoryError("tried to allocate too much")
        return super()._run(passes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("memory") / "m", TINY["converted-llama"])


def small(folder: Path) -> Small:
    """The device that fails is the CPU under a number, so that the arithmetic is real."""
    layers = Small(read_stock_model(read_checkpoint(folder), torch.float32), torch.device("cpu"))
    layers.device = torch.device("cpu", 0)
    return layers


def passes_of(num_passes: int) -> list[Pass]:
    random = np.random.default_rng(0)
    return [
        Pass(random.integers(0, 256, 6), np.tril(np.ones((6, 6), np.bool_)), np.arange(6))
        for _ in range(num_passes)
    ]


def test_fewer_at_once_give_the_same_answers(folder: Path) -> None:
    passes = passes_of(7)
    model = read_stock_model(read_checkpoint(folder), torch.float32)
    expected = StockLayers(model, torch.device("cpu")).run(passes)
    layers = small(folder)
    for answer, wanted in zip(layers.run(passes), expected, strict=True):
        np.testing.assert_array_equal(answer.logits, wanted.logits)
    assert layers.max_rows == 1
    assert layers.notices == [
        f"out of memory on cpu:0: at most {size} texts at once" for size in (3, 1)
    ]


def test_with_no_room_for_one_the_cpu_goes_on(folder: Path) -> None:
    layers = small(folder)
    layers.max_fitting = 0
    [answer] = layers.run(passes_of(1))
    assert np.isfinite(answer.logits).all()
    assert layers.device == torch.device("cpu")
    assert "CPU" in layers.notices[-1]
    assert layers.place == f"CPU, float32 ({layers.notices[-1]})"


def test_with_no_room_anywhere_the_error_says_what_to_do(folder: Path) -> None:
    layers = small(folder)
    layers.max_fitting, layers.has_cpu = 0, False
    with pytest.raises(MidfillError, match=r"no memory for 6 tokens: show it less text"):
        layers.run(passes_of(1))


def test_a_recorded_forward_takes_new_inputs_and_old_shapes() -> None:
    calls = []

    def function(inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        calls.append(tuple(inputs[0].shape))
        return (inputs[0] + inputs[1], inputs[0] * inputs[1])

    replays = Replays(function, torch.device("cpu"))
    for size in (2, 3, 2):
        for number in (1.0, 5.0):
            first, second = torch.full((size,), number), torch.arange(size).float()
            added, multiplied = replays((first, second))
            assert torch.equal(added, first + second)
            assert torch.equal(multiplied, first * second)
    assert replays.num_recordings == 2
