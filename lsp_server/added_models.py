"""``midfill models add``, ``remove`` and ``recommend``: models that others published.

A model stays where it was fetched to; the list keeps its name, folder and hashes. Nothing is
downloaded unless that is asked for (``hub_models``).
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from engine.denoisers.families.checkpoint import Checkpoint, is_checkpoint, read_checkpoint
from engine.errors import BadInput, UnknownModel
from engine.foreign_models import (
    AddedModel,
    added_models,
    checked_name,
    sha256,
    verify_added,
    write_added,
)
from engine.models import installed
from engine.request import Request
from engine.spans import ByteOffset
from lsp_server.hub_models import download, is_downloaded, is_hub_id
from lsp_server.machine import total_memory_gb

_CPU_BYTES, _GPU_BYTES = 4, 2
# Beside the weights: one text's activations, the interpreter, the libraries.
_OVERHEAD_GB = 1.5
_DEFAULT_BILLIONS = 0.135
_PROBE = "def double(x):\n    return "
_KEPT = ("*.safetensors", "*.json", "merges.txt")


@dataclass(frozen=True, slots=True)
class Published:
    """A model to be fetched from a hub: its size in 10⁹ parameters, and what it is good at.

    ``active``: of a mixture of experts, those that a token meets.
    """

    hub_id: str
    billions: float
    note: str
    active: float | None = None


PUBLISHED = (
    Published("fredzzp/open-dcoder-0.5B", 0.5, "the smallest"),
    Published("JetLM/SDAR-1.7B-Chat", 1.7, "one hole at a time, keeps its context"),
    Published("JetLM/SDAR-4B-Chat", 4.0, "one hole at a time, keeps its context"),
    Published("Dream-org/DreamOn-v0-7B", 7.6, "trained to end its holes"),
    Published("Dream-org/Dream-Coder-v0-Instruct-7B", 7.6, "code"),
    Published("apple/DiffuCoder-7B-cpGRPO", 7.6, "code"),
    Published("GSAI-ML/LLaDA-1.5", 8.0, "general"),
    Published(
        "ByteDance-Seed/Stable-DiffCoder-8B-Base",
        8.3,
        "code, one hole at a time, keeps its context",
    ),
    Published("inclusionAI/LLaDA2.0-mini", 16.3, "general, one hole at a time", 1.4),
    Published("google/diffusiongemma-26B-A4B-it", 26.0, "general, one hole at a time", 4.0),
)


@dataclass(frozen=True, slots=True)
class AddOptions:
    """``name``: what to call it; ``is_downloaded``: fetch it; ``is_forced``: too large or not."""

    name: str | None = None
    is_downloaded: bool = False
    is_forced: bool = False


def add_model(source: str, options: AddOptions, out: TextIO) -> int:
    """Put a model on the list under its name (its folder's); fetch it first if that is wanted.

    Raises BadInput for a name that is taken or a hub id without ``is_downloaded``, UnknownModel or
    DamagedWeights for a folder that holds no whole model, and what ``download`` raises.
    """
    is_hub = is_hub_id(source) and not Path(source).exists()
    chosen = checked_name(options.name or Path(source).expanduser().resolve().name)
    added = added_models()
    if chosen in added or chosen in installed():
        raise BadInput(f"a model is called {chosen} already: choose another with --name")
    if is_hub and options.is_downloaded:
        folder = download(source, options.is_forced, out)
    else:
        folder = _folder(source)
    checkpoint = read_checkpoint(folder)
    _check_tensors(checkpoint, out)
    _write_fit(checkpoint, out)
    files: dict[str, str] = {}
    for path in sorted({path for pattern in _KEPT for path in folder.glob(pattern)}):
        out.write(f"  {path.name}: {path.stat().st_size / 1e6:,.1f} MB\n")
        files[path.name] = sha256(path)
    model = AddedModel(str(folder), checkpoint.family.name, checkpoint.num_bytes, files)
    write_added({**added, chosen: model})
    out.write(f"added: --model {chosen}\n")
    return 0


def remove_model(name: str, out: TextIO) -> int:
    """Take a model off the list; files that midfill downloaded are deleted, others stay.

    Raises UnknownModel for another name.
    """
    added = added_models()
    if name not in added:
        names = ", ".join(added) or "none"
        raise UnknownModel(f"no added model named {name}: there are {names}")
    folder = added.pop(name).folder
    write_added(added)
    if is_downloaded(Path(folder)):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise BadInput(
                f"removed {name}, but {folder} cannot be deleted: {error.strerror}: do it by hand"
            ) from error
        out.write(f"removed {name} and what was downloaded of it\n")
    else:
        out.write(f"removed {name}; its files are still in {folder}\n")
    return 0


def verify_added_model(name: str, out: TextIO) -> bool:
    """Compare an added model's files with their SHA-256; False for a name that was not added."""
    model = added_models().get(name)
    if model is None:
        return False
    verify_added(name, model)
    out.write(f"{name}: {len(model.files)} files, {model.num_bytes / 1e6:,.0f} MB, whole\n")
    return True


def list_added(out: TextIO) -> None:
    """A line for each added model."""
    for name, model in added_models().items():
        out.write(f"{name}: {model.family}, {model.num_bytes / 1e9:.1f} GB in {model.folder}\n")


def added_entries() -> list[dict[str, object]]:
    """Plain values of the added models, in the shape of ``models list --json``."""
    return [
        {"name": name, "model": name, "base": model.family, "folder": model.folder, "quality": {}}
        for name, model in added_models().items()
    ]


def recommend(out: TextIO) -> int:
    """What fits this machine. Estimates from the number of parameters, and said to be such."""
    memory = total_memory_gb()
    has = "unknown memory" if memory is None else f"{memory:.0f} GB of memory"
    out.write(f"this machine: {has}\n")
    pass_ms = _measured_pass_ms()
    out.write(
        f"default: ships with midfill, a pass takes {pass_ms:.0f} ms here: take it without a GPU\n"
    )
    out.write("others, by estimate (memory by parameters, passes by the one measured here):\n")
    for model in PUBLISHED:
        cpu, gpu = _needed_gb(model.billions, _CPU_BYTES), _needed_gb(model.billions, _GPU_BYTES)
        fits = "" if memory is None or cpu <= memory else ": too much for this machine"
        out.write(f"  {model.hub_id}: {model.note}\n")
        slow_s = pass_ms / 1000 * (model.active or model.billions) / _DEFAULT_BILLIONS
        out.write(
            f"    GPU with {gpu:.0f} GB, or {cpu:.0f} GB on a CPU (at least {slow_s:.1f} s a pass)"
            f"{fits}\n"
        )
    out.write("midfill models add ID --download fetches one\n")
    return 0


def _measured_pass_ms() -> float:
    """Milliseconds of one pass of the model that ships, its context known."""
    import engine

    infiller = engine.load()
    request = Request(_PROBE, ByteOffset(len(_PROBE)), path="probe.py")
    infiller.infill(request)
    outcome = infiller.infill(request)
    return outcome.timings_ms.get("denoise", 0.0) / max(outcome.forwards, 1)


def _folder(source: str) -> Path:
    folder = Path(source).expanduser().resolve()
    if folder.is_dir():
        if not is_checkpoint(folder):
            raise UnknownModel(f"{folder}: no config.json here: name the folder that holds it")
        return folder
    if is_hub_id(source):
        raise BadInput(
            f"{source}: no such folder, and nothing is downloaded unasked: "
            f"midfill models add {source} --download"
        )
    raise BadInput(f"{folder}: no such folder: fetch the model first")


def _check_tensors(checkpoint: Checkpoint, out: TextIO) -> None:
    """Raise DamagedWeights when a tensor that the model's layers need is not there."""
    try:
        from engine.denoisers.stock_model import check_tensors
    except ModuleNotFoundError as error:
        out.write(
            f"its tensors are not checked: {error.name} is not installed, and running the model "
            "needs pip install 'midfill[torch]'\n"
        )
        return
    check_tensors(checkpoint)


def _write_fit(checkpoint: Checkpoint, out: TextIO) -> None:
    billions = checkpoint.num_parameters / 1e9
    cpu, gpu = _needed_gb(billions, _CPU_BYTES), _needed_gb(billions, _GPU_BYTES)
    out.write(
        f"{checkpoint.family.title}: {billions:.2f} billion parameters; by estimate {cpu:.1f} GB "
        f"on a CPU, {gpu:.1f} GB on a GPU\n"
    )
    memory = total_memory_gb()
    if memory is not None and cpu > memory:
        out.write(f"  this machine has {memory:.0f} GB: it needs a GPU\n")


def _needed_gb(billions: float, num_bytes: int) -> float:
    return billions * num_bytes + _OVERHEAD_GB
