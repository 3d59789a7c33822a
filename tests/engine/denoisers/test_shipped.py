"""A small model in the format of the one that ships, on PyTorch: memory, recordings, reuse."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnx", reason="pip install 'midfill[torch]'")

from engine.canvas import Canvas, HoleCanvas, Ids
from engine.denoisers.key_values import NUM_FIRST_SLOTS
from engine.denoisers.onnx import OnnxDenoiser
from engine.denoisers.protocol import Denoiser, Logits
from engine.denoisers.replays import Replays
from engine.denoisers.shipped import shipped_denoiser
from engine.denoisers.torch import TorchDenoiser
from engine.errors import BadInput, Cancelled, DamagedWeights
from engine.models import read_model
from engine.training.export import ModelFacts, Quantisation, export, write_manifest
from engine.training.relief import measured_relief
from engine.training.shape import LlamaShape
from random_weights import random_weights

pytestmark = pytest.mark.torch
TOKENIZER = Path(__file__).parents[3] / "engine" / "weights" / "tokenizer.json"
SMALL = LlamaShape(num_layers=3, width=96, num_heads=6, num_kv_heads=2, head_width=16, ffn_width=96)
FACTS = ModelFacts("random", "none", "none", "none", 0)
CPU = torch.device("cpu")


def ids(seed: int, length: int) -> Ids:
    return np.random.default_rng(seed).integers(17, SMALL.vocab_size, length)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("random")
    weights = random_weights(SMALL, np.random.default_rng(0))
    relief = measured_relief(weights, [ids(1, 60)], SMALL)
    entries = export(weights, folder, Quantisation.FOUR_BIT, SMALL, relief)
    write_manifest(folder, entries, FACTS, TOKENIZER, SMALL)
    return folder


@pytest.fixture
def denoiser(folder: Path) -> TorchDenoiser:
    return shipped_denoiser(read_model(folder), CPU)


def canvas(num_before: int = 90, sizes: tuple[int, ...] = (6, 4)) -> Canvas:
    """Holes with half of their tokens committed."""
    holes = []
    for number, size in enumerate(sizes):
        hole = HoleCanvas.masked(size, mask_id=16)
        for index in range(0, size, 2):
            hole.commit(index, int(ids(7 + number, size)[index]), 0.5)
        holes.append(hole)
    pieces = (ids(1, num_before), *(ids(50 + at, 3) for at in range(len(sizes) - 1)), ids(2, 30))
    return Canvas(ids(99, 5), pieces, holes, 0, 0)


def logits(denoiser: Denoiser, is_causal: bool, *canvases: Canvas) -> list[Logits]:
    handle = denoiser.prefill(canvases[0])
    wanted = [np.arange(one.starts[-1]) for one in canvases]
    return denoiser.predict(handle, canvases, wanted, is_causal)


def on_a_device_that_fails(denoiser: TorchDenoiser, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The CPU under a number has no room for what a pass sees; how often it was asked for some."""
    layers = denoiser.layers
    layers.device = torch.device("cpu", 0)
    real, asked = torch.Tensor.new_empty, list[int]()

    def new_empty(tensor: torch.Tensor, *sizes: int) -> torch.Tensor:
        if layers.device.index == 0:
            asked.append(sizes[1])
            raise torch.OutOfMemoryError("tried to allocate too much")
        return real(tensor, *sizes)

    monkeypatch.setattr(torch.Tensor, "new_empty", new_empty)
    return asked


@pytest.mark.parametrize("is_causal", [False, True])
def test_logits_are_those_of_the_graph_but_for_its_rounding(
    is_causal: bool, folder: Path, denoiser: TorchDenoiser
) -> None:
    graph = OnnxDenoiser(read_model(folder), num_threads=1)
    [found] = logits(denoiser, is_causal, canvas())
    [expected] = logits(graph, is_causal, canvas())
    away = np.abs(found - expected).max() / np.abs(expected).max()
    print(f"\nat most {away:.3%} of the largest logit apart")
    assert away < 0.1


def test_without_memory_the_cpu_goes_on_with_what_was_kept(
    folder: Path, denoiser: TorchDenoiser, monkeypatch: pytest.MonkeyPatch
) -> None:
    [expected] = logits(shipped_denoiser(read_model(folder), CPU), True, canvas())
    handle = denoiser.prefill(canvas())
    asked = on_a_device_that_fails(denoiser, monkeypatch)
    [found] = denoiser.predict(handle, [canvas()], [np.arange(10)], True)
    np.testing.assert_array_equal(found, expected)
    assert asked == [1] and denoiser.layers.device == CPU
    assert denoiser.place == (
        "CPU, float32 (out of memory on cpu:0: going on with the CPU, which is slower)"
    )


def test_passes_that_are_recorded_give_the_same_whatever_they_see(
    folder: Path, denoiser: TorchDenoiser
) -> None:
    """As on a GPU: one recording for all contexts of a bucket, new ones when slots have moved."""
    plain = shipped_denoiser(read_model(folder), CPU)
    layers = denoiser.layers
    layers._replays = replays = Replays(layers._forward, CPU)
    handles = []
    for size in (90, 120, 100):
        one, wanted = canvas(size), [np.arange(10)]
        handles.append(denoiser.prefill(one))
        [found] = denoiser.predict(handles[-1], [one], wanted)
        [expected] = plain.predict(plain.prefill(one), [one], wanted)
        np.testing.assert_array_equal(found, expected)
    assert 0 < replays.num_recordings < denoiser.passes.num_forwards
    # Other contexts fill all slots.
    held = layers._key_values.hold(layers._key_values.take(NUM_FIRST_SLOTS // 2))
    more = layers._key_values.hold(layers._key_values.take(NUM_FIRST_SLOTS // 2 - 600))
    again = [denoiser.prefill(canvas(500 + extra)) for extra in range(2)]
    assert layers._key_values.num_slots > NUM_FIRST_SLOTS
    [found] = denoiser.predict(handles[-1], [one], wanted)
    np.testing.assert_array_equal(found, expected)
    del held, more, again


def test_passes_that_cannot_be_recorded_are_run_as_they_are(denoiser: TorchDenoiser) -> None:
    def refused(_: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        raise RuntimeError("operation not permitted when stream is capturing")

    [expected] = logits(denoiser, True, canvas())
    denoiser.layers._replays = Replays(refused, CPU)
    [found] = logits(denoiser, True, canvas())
    np.testing.assert_array_equal(found, expected)
    assert denoiser.place == (
        "CPU, float32 (passes are not recorded, which is slower: operation not permitted when "
        "stream is capturing)"
    )


def test_contexts_share_slots_and_give_them_back(denoiser: TorchDenoiser) -> None:
    held = denoiser.layers._key_values
    first = denoiser.prefill(canvas())
    num_tokens = first.num_tokens
    assert held.num_held == num_tokens
    longer = canvas()
    longer.context = (np.concatenate([longer.context[0], ids(3, 9)]), *longer.context[1:])
    second = denoiser.prefill(longer, first)
    assert held.num_held == num_tokens + second.num_tokens - second.num_reused
    del first
    assert held.num_held == second.num_tokens
    del second
    assert held.num_held == 0


def test_a_hole_alone_and_among_others(denoiser: TorchDenoiser) -> None:
    others = [canvas(90, sizes) for sizes in ((6, 4), (6, 3), (9, 4), (6, 4))]
    for is_causal in (False, True):
        before = denoiser.passes.num_forwards
        together = logits(denoiser, is_causal, *others)
        num_reading = -(-denoiser.prefill(others[0]).num_tokens // 64)
        num_forwards = denoiser.passes.num_forwards - before - 2 * num_reading
        assert num_forwards < len(others), "none was shared"
        for one, answer in zip(others, together, strict=True):
            handle = denoiser.prefill(others[0])
            [alone] = denoiser.predict(handle, [one], [np.arange(one.starts[-1])], is_causal)
            np.testing.assert_array_equal(alone, answer)


def test_a_cancelled_request_reads_nothing(denoiser: TorchDenoiser) -> None:
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        denoiser.prefill(canvas(), cancel=cancel)
    assert denoiser.layers._key_values.num_held == 0


def test_what_cannot_be_is_said(folder: Path, tmp_path: Path, denoiser: TorchDenoiser) -> None:
    with pytest.raises(BadInput, match=r"tokens are over the model's 8192"):
        denoiser.prefill(canvas(9000))
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "expansion.json").write_text("{}")
    with pytest.raises(DamagedWeights, match=r"reinstall the model"):
        shipped_denoiser(read_model(tmp_path), CPU)


def test_half_precision_is_close(folder: Path, denoiser: TorchDenoiser) -> None:
    half = shipped_denoiser(read_model(folder), CPU, torch.bfloat16)
    assert half.place.startswith("CPU, bfloat16")
    values: Any = [logits(each, True, canvas())[0] for each in (denoiser, half)]
    assert np.abs(values[0] - values[1]).max() < 0.1 * np.abs(values[0]).max()
