"""What a model runs on: asked for, found, not there, there and broken; and why."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from engine.denoisers import device, placed
from engine.denoisers.device import VARIABLE, Device, chosen_device, torch_device
from engine.denoisers.onnx import OnnxDenoiser
from engine.denoisers.placed import placed_denoiser
from engine.denoisers.protocol import Denoiser, Placed
from engine.errors import BadInput, UnknownModel
from engine.models import Model, resolve


@pytest.fixture
def has_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """NVIDIA's driver shows a GPU, and every library is there, built for it."""
    monkeypatch.setattr(device, "_num_gpus", lambda: 1)
    monkeypatch.setattr(device.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(device.metadata, "version", lambda _: "2.13.0")


def test_the_environment_decides_where_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_device() == chosen_device("cpu") == Device(None, "asked for", True)
    monkeypatch.setenv(VARIABLE, "gpu")
    with pytest.raises(BadInput, match=r"no device gpu: there are auto, cpu, cuda, cuda:1"):
        chosen_device()
    assert chosen_device("cpu").torch is None


def test_a_gpu_is_taken_where_one_is_found(has_gpu: None) -> None:
    del has_gpu
    assert chosen_device("auto") == Device("cuda", "a GPU was found", False)
    assert chosen_device("cuda:1") == Device("cuda:1", "asked for", True)
    assert chosen_device("torch-cpu") == Device("cpu", "asked for", True)
    assert [torch_device(name) for name in ("auto", "cpu", "torch-cpu", "cuda:1")] == [
        None, "cpu", "cpu", "cuda:1",
    ]  # fmt: skip


def test_why_there_is_no_gpu(has_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    del has_gpu
    monkeypatch.setattr(device.metadata, "version", lambda _: "2.13.0+cpu")
    said = chosen_device("auto")
    assert said == Device(None, "torch 2.13.0+cpu is built for the CPU alone", False)
    monkeypatch.setattr(device.importlib.util, "find_spec", lambda _: None)
    assert chosen_device("auto").why == (
        "the GPU needs torch and transformers and onnx: pip install 'midfill[torch]'"
    )
    with pytest.raises(UnknownModel, match=r"needs torch and .*midfill\[torch\]"):
        chosen_device("cuda")
    for found, why in ((0, "the NVIDIA driver shows no GPU"), (None, "no NVIDIA driver")):
        monkeypatch.setattr(device, "_num_gpus", lambda found=found: found)
        assert chosen_device("auto").why == why


def failing(error: Exception) -> Callable[[Model, Device], Denoiser]:
    def load(model: Model, chosen: Device) -> Denoiser:
        del model, chosen
        raise error

    return load


def test_a_gpu_that_does_not_work_is_said_and_the_cpu_taken(
    has_gpu: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    del has_gpu
    error = RuntimeError("CUDA error: the driver is\ntoo old")
    monkeypatch.setattr(placed, "_on_torch", failing(error))
    with caplog.at_level(logging.WARNING, "midfill.engine"):
        denoiser = placed_denoiser(resolve(), "auto")
    said = "cuda does not work: CUDA error: the driver is too old"
    assert f"{said}; going on with the CPU" in caplog.text
    assert isinstance(denoiser, OnnxDenoiser) and isinstance(denoiser, Placed)
    assert denoiser.place == f"CPUExecutionProvider ({said})"
    with pytest.raises(BadInput, match=rf"{said}: mend it, or ask for the device cpu"):
        placed_denoiser(resolve(), "cuda")


def test_a_gpu_that_is_not_there_is_an_error_when_it_is_asked_for() -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    pytest.importorskip("onnx")
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(BadInput, match=r"cuda does not work: .*ask for the device cpu"):
        placed_denoiser(resolve(), "cuda")
