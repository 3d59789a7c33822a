"""Models that others published and the user added: which folder a name or path stands for.

The list lies beside the user's own models. Their files stay where they are.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import BadInput, DamagedWeights, UnknownModel
from engine.models import DEFAULT_MODEL, MANIFEST_FILE, user_models_folder

LIST_FILE = "added.json"
_CONFIG_FILE = "config.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class AddedModel:
    """A folder, its family, its size in memory, and the SHA-256 of each file."""

    folder: str
    family: str
    num_bytes: int
    files: Mapping[str, str]


def foreign_folder(model: str, models_folder: Path | None = None) -> Path | None:
    """The folder of an added model's name or of a path that holds one; None for any other."""
    if model == DEFAULT_MODEL:
        return None
    added = added_models(models_folder).get(model)
    path = Path(added.folder if added else model).expanduser()
    if added and not path.is_dir():
        raise UnknownModel(
            f"{path} of the model {model} is gone: midfill models remove {model}, or put it back"
        )
    is_own = (path / MANIFEST_FILE).is_file()
    return path if not is_own and (path / _CONFIG_FILE).is_file() else None


def added_models(models_folder: Path | None = None) -> dict[str, AddedModel]:
    """The user's list by name. Raises DamagedWeights when it cannot be read."""
    path = _list_file(models_folder)
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return {name: AddedModel(**entry) for name, entry in record.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise DamagedWeights(
            f"{path} cannot be read ({error}): delete it and add the models again"
        ) from error


def write_added(models: Mapping[str, AddedModel], models_folder: Path | None = None) -> None:
    """Replace the list at once: a reader sees the old or the new one."""
    path = _list_file(models_folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    text = json.dumps({name: asdict(model) for name, model in models.items()}, indent=1)
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)


def verify_added(name: str, model: AddedModel) -> None:
    """Compare every file with its SHA-256. Raises DamagedWeights naming the first that differs."""
    for file, expected in model.files.items():
        path = Path(model.folder) / file
        try:
            found = sha256(path)
        except OSError as error:
            raise DamagedWeights(f"{path}: {error.strerror}: fetch {name} again") from error
        if found != expected:
            raise DamagedWeights(
                f"{path}: SHA-256 {found[:12]}… is not {expected[:12]}…, which was added: fetch it "
                f"again, or midfill models remove {name} and add it anew"
            )


def checked_name(name: str) -> str:
    """A name that is no path and no name of ours. Raises BadInput."""
    if not name or name in ("default", "scripted") or set(name) & set("/\\"):
        raise BadInput(f"{name or 'an empty name'} cannot name a model: choose another with --name")
    return name


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _list_file(models_folder: Path | None) -> Path:
    return (models_folder or user_models_folder()) / LIST_FILE
