"""Which model a name stands for, and whether its files are what its manifest says.

A model is a folder with ``manifest.json``. Nothing is downloaded here.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import DamagedWeights, UnknownModel

DEFAULT_MODEL = "default"
MANIFEST_FILE = "manifest.json"
MANIFEST_FORMAT = 2
_SHIPPED = Path(__file__).parent / "weights"


@dataclass(frozen=True, slots=True)
class ModelShape:
    """Sizes that a runtime needs to keep a context: keys and values per layer.

    ``rope_theta``: what keys were turned with; None for manifests that do not tell.
    """

    num_layers: int
    num_kv_heads: int
    head_width: int
    max_positions: int
    rope_theta: float | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a model is and was made from.

    ``files`` maps a file name to its SHA-256. ``tokens_seen`` counts training tokens; ``quality``
    names measured numbers; ``calibration`` and ``defaults`` are for ``engine.judging.confidence``
    and the sampler.
    """

    name: str
    base: str
    data: str
    recipe_commit: str
    tokens_seen: int
    shape: ModelShape
    files: Mapping[str, str]
    quality: Mapping[str, float] = field(default_factory=dict)
    calibration: Mapping[str, float] = field(default_factory=dict)
    defaults: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Model:
    """A model's folder and manifest; ``verify`` before its files are used."""

    folder: Path
    manifest: Manifest

    @property
    def name(self) -> str:
        """The name its manifest gives it."""
        return self.manifest.name

    @property
    def graph(self) -> Path:
        """The ONNX graph; its data files lie beside it."""
        return self.folder / "model.onnx"

    @property
    def tokenizer(self) -> Path:
        """The tokenizer's file."""
        return self.folder / "tokenizer.json"

    def verify(self) -> None:
        """Read every file and compare its SHA-256.

        Raises DamagedWeights naming the first file that is missing or differs.
        """
        for name, expected in self.manifest.files.items():
            path = self.folder / name
            try:
                with path.open("rb") as file:
                    found = _sha256(file.fileno())
            except OSError as error:
                reason = error.strerror or "cannot be read"
                raise DamagedWeights(f"{path}: {reason}: reinstall the model") from error
            if found != expected:
                raise DamagedWeights(
                    f"{path}: SHA-256 {found[:12]}… is not the manifest's {expected[:12]}…: "
                    "reinstall the model"
                )


def resolve(model: str | None = None, models_folder: Path | None = None) -> Model:
    """The model of a name or a folder; the one that ships for None or ``default``.

    Names are those of ``installed``. Raises UnknownModel listing them, DamagedWeights for a
    manifest that cannot be read.
    """
    if model is None or model == DEFAULT_MODEL:
        return read_model(_SHIPPED)
    known = installed(models_folder)
    if model in known:
        return read_model(known[model])
    path = Path(model).expanduser()
    if (path / MANIFEST_FILE).is_file():
        return read_model(path)
    if path.is_dir():
        raise UnknownModel(f"{path}: no {MANIFEST_FILE} in this folder: name a model's folder")
    raise UnknownModel(f"no model named {model}: {_other_names(model, known, models_folder)}")


def _other_names(model: str, known: Mapping[str, Path], models_folder: Path | None) -> str:
    """What could have been meant by a wrong name."""
    from engine.foreign_models import added_models

    names = dict.fromkeys((DEFAULT_MODEL, *known, *added_models(models_folder)))
    near = difflib.get_close_matches(model, names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    if model.count("/") == 1 and not model.startswith((".", "~", "/")):
        return f"midfill models add {model} --download fetches one from a hub"
    return f"there are {', '.join(names)}, or name a model's folder"


def installed(models_folder: Path | None = None) -> dict[str, Path]:
    """Names and folders of the models here: the one that ships, then the user's own by folder."""
    folder = models_folder or user_models_folder()
    found = {DEFAULT_MODEL: _SHIPPED} if (_SHIPPED / MANIFEST_FILE).is_file() else {}
    if folder.is_dir():
        for entry in sorted(folder.iterdir()):
            if (entry / MANIFEST_FILE).is_file():
                found.setdefault(entry.name, entry)
    return found


def user_models_folder() -> Path:
    """Where a user's own models lie: ``midfill/models`` in the platform's data folder."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share"))
    return base / "midfill" / "models"


def read_model(folder: Path) -> Model:
    """The model in ``folder``. Raises DamagedWeights when its manifest cannot be read."""
    path = folder / MANIFEST_FILE
    try:
        record: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DamagedWeights(f"{path} is missing: reinstall the model") from error
    except (OSError, ValueError) as error:
        raise DamagedWeights(f"{path} cannot be read ({error}): reinstall the model") from error
    try:
        written = int(record["format"])
        if written != MANIFEST_FORMAT:
            mend = "upgrade midfill" if written > MANIFEST_FORMAT else "export the model again"
            raise DamagedWeights(f"{path}: format {written} is not {MANIFEST_FORMAT}: {mend}")
        return Model(folder, _manifest(record))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise DamagedWeights(f"{path}: {error} is missing or wrong: reinstall the model") from error


def _manifest(record: Mapping[str, Any]) -> Manifest:
    return Manifest(
        name=record["name"],
        base=record["base"],
        data=record["data"],
        recipe_commit=record["recipe_commit"],
        tokens_seen=record["tokens_seen"],
        shape=ModelShape(**record["shape"]),
        files={name: entry["sha256"] for name, entry in record["files"].items()},
        quality=record["quality"],
        calibration=record["calibration"],
        defaults=record["defaults"],
    )


def _sha256(descriptor: int) -> str:
    digest = hashlib.sha256()
    while chunk := os.read(descriptor, 1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
