"""What a model runs on, and why: found out before a runtime is imported, since that takes seconds.

``MIDFILL_DEVICE`` (the command line's ``--device``) says which is wanted:

- ``auto``: the GPU, if there is one that PyTorch can use; else the CPU
- ``cpu``: the model that ships on ONNX Runtime, others on PyTorch
- ``cuda``, ``cuda:1``, …: that GPU, or an error
- ``torch-cpu``: the CPU, all models on PyTorch (to compare)
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata

from engine.errors import BadInput, UnknownModel

VARIABLE = "MIDFILL_DEVICE"
AUTO, CPU, CUDA, TORCH_CPU = "auto", "cpu", "cuda", "torch-cpu"
NEEDED = ("torch", "transformers", "safetensors", "tokenizers")
# The graph's file holds the norms.
_NEEDED_TO_CONVERT = ("torch", "transformers", "onnx")
_INSTALL = "pip install 'midfill[torch]'"
_DRIVER = "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"


@dataclass(frozen=True, slots=True)
class Device:
    """``torch``: PyTorch's name for it, None where ONNX Runtime runs. ``why`` it was taken.

    ``is_asked_for``: by its name, so that nothing else will do.
    """

    torch: str | None
    why: str
    is_asked_for: bool


def checked_device(asked: str) -> str:
    """A device's name as it may be asked for. Raises BadInput."""
    if asked in (AUTO, CPU, TORCH_CPU) or re.fullmatch(r"cuda(:\d+)?", asked):
        return asked
    raise BadInput(f"no device {asked}: there are {AUTO}, {CPU}, {CUDA}, {CUDA}:1 and {TORCH_CPU}")


def asked_device(device: str | None) -> str:
    """``device``, else what the environment says, else ``auto``. Raises BadInput."""
    return checked_device(device or os.environ.get(VARIABLE) or AUTO)


def chosen_device(device: str | None = None) -> Device:
    """What the model that ships runs on. Raises BadInput for what there is not."""
    asked = asked_device(device)
    if asked == CPU:
        return Device(None, "asked for", True)
    if asked == AUTO:
        reason = why_no_gpu()
        return Device(CUDA if reason is None else None, reason or "a GPU was found", False)
    check_libraries("the model that ships", _NEEDED_TO_CONVERT)
    return Device("cpu" if asked == TORCH_CPU else asked, "asked for", True)


def torch_device(device: str | None = None) -> str | None:
    """PyTorch's name of the device for models that run nowhere else; None: what it finds."""
    asked = asked_device(device)
    return {AUTO: None, CPU: "cpu", TORCH_CPU: "cpu"}.get(asked, asked)


def check_libraries(what: str, needed: Sequence[str]) -> None:
    """Raise UnknownModel naming the libraries that ``what`` needs and that are not installed."""
    missing = _missing(needed)
    if missing:
        raise UnknownModel(f"{what}: needs {' and '.join(missing)}: {_INSTALL}")


def why_no_gpu() -> str | None:
    """Why PyTorch would find no GPU, as far as one can see from outside; None if it should."""
    num_gpus = _num_gpus()
    if not num_gpus:
        return "no NVIDIA driver" if num_gpus is None else "the NVIDIA driver shows no GPU"
    missing = _missing(_NEEDED_TO_CONVERT)
    if missing:
        return f"the GPU needs {' and '.join(missing)}: {_INSTALL}"
    version = metadata.version("torch")
    return f"torch {version} is built for the CPU alone" if "+cpu" in version else None


def _missing(needed: Sequence[str]) -> list[str]:
    return [name for name in needed if importlib.util.find_spec(name) is None]


def _num_gpus() -> int | None:
    """GPUs that NVIDIA's driver shows this process; None without a driver."""
    try:
        driver = ctypes.CDLL(_DRIVER)
    except OSError:
        return None
    number = ctypes.c_int()
    failed = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(number))
    return 0 if failed else number.value
