"""``midfill models add OWNER/NAME --download``: what it would cost is said and checked first."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from engine.denoisers.families.catalogue import known_type
from engine.denoisers.families.checkpoint import read_config
from engine.errors import BadInput
from engine.models import user_models_folder
from lsp_server.machine import total_memory_gb

if TYPE_CHECKING:
    from engine.remote.hub import Hub, HubModel

_HUB_FOLDER = "hub"
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_SECONDS_BETWEEN = 2.0
_ROOM = 1.02


def is_hub_id(source: str) -> bool:
    """Whether a word is a hub's name of a model: OWNER/NAME and no folder."""
    return _HUB_ID.fullmatch(source) is not None and not source.startswith(".")


def hub_folder(model_id: str) -> Path:
    """Where a downloaded model lies."""
    return user_models_folder() / _HUB_FOLDER / model_id.replace("/", "--")


def is_downloaded(folder: Path) -> bool:
    """Whether a folder was made by a download, so that removing the model may delete it."""
    return folder.parent == user_models_folder() / _HUB_FOLDER


def download(model_id: str, is_forced: bool, out: TextIO) -> Path:
    """Fetch a model's files; the folder they lie in. Goes on where an earlier call stopped.

    Raises BadInput when it does not fit this machine (unless ``is_forced``) or is of no known
    family, RemoteFailed for what the hub does, DamagedWeights for a wrong hash.
    """
    folder = hub_folder(model_id)
    with _hub() as hub:
        model = hub.model(model_id)
        num_bytes = model.num_bytes
        out.write(f"{model_id}: {len(model.files)} files, {num_bytes / 1e9:.2f} GB\n")
        folder.mkdir(parents=True, exist_ok=True)
        _check_disk(model, folder)
        if not is_forced:
            _check_memory(num_bytes)
        progress = _Progress(out)
        # The configuration first: a model of another family costs a few kilobytes.
        ordered = sorted(model.files, key=lambda file: (file.name != "config.json", file.num_bytes))
        for file in ordered:
            hub.fetch(model, file, folder, progress.show)
            if file.name == "config.json":
                _check_family(folder)
    return folder


@contextmanager
def _hub() -> Iterator[Hub]:
    try:
        from engine.remote.hub import Hub
    except ModuleNotFoundError as error:
        raise BadInput(
            f"{error.name} is not installed, so nothing can be downloaded: "
            "run pip install 'midfill[remote]' first"
        ) from error
    hub = Hub.of_environment()
    try:
        yield hub
    finally:
        hub.close()


def _check_family(folder: Path) -> None:
    """Raise UnknownModel for a configuration that no family has."""
    config = read_config(folder)
    if "midfill_family" not in config:
        known_type(config, str(folder / "config.json"))


def _check_disk(model: HubModel, folder: Path) -> None:
    """Raise BadInput when what is missing does not fit the disk."""
    here = sum(path.stat().st_size for path in folder.iterdir() if path.is_file())
    missing = int(max(model.num_bytes - here, 0) * _ROOM)
    free = shutil.disk_usage(folder).free
    if missing > free:
        raise BadInput(
            f"{folder}: {missing / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free: "
            "make room, or set XDG_DATA_HOME to another disk"
        )


def _check_memory(num_bytes: int) -> None:
    """Raise BadInput when not even two bytes a parameter fit this machine's memory."""
    memory = total_memory_gb()
    if memory is not None and num_bytes / 1e9 > memory:
        raise BadInput(
            f"the weights take {num_bytes / 1e9:.1f} GB and this machine has {memory:.0f} GB: "
            "choose a smaller one (midfill models recommend), or say --force"
        )


class _Progress:
    """A line every few seconds: nothing that a log would be filled with."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._last_s = out, time.monotonic()

    def show(self, name: str, num_bytes: int, num_total: int) -> None:
        now = time.monotonic()
        is_done = num_bytes == num_total
        if is_done or now - self._last_s >= _SECONDS_BETWEEN:
            self._last_s = now
            share = 100 * num_bytes // max(num_total, 1)
            self._out.write(f"  {name}: {num_bytes / 1e6:,.1f} MB, {share} %\n")
            self._out.flush()
