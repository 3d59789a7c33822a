"""``midfill models``: which models are here, and whether their files are whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

from engine.models import Manifest, Model, installed, read_model, resolve, user_models_folder
from lsp_server.added_models import added_entries, list_added, verify_added_model


def list_models(is_json: bool, out: TextIO) -> int:
    """Print each model that a name stands for: lines for people, or one JSON list."""
    folders = installed()
    manifests = {name: read_model(folder).manifest for name, folder in folders.items()}
    if is_json:
        entries = [_entry(name, folders[name], manifests[name]) for name in folders]
        entries += added_entries()
        out.write(json.dumps(entries) + "\n")
        return 0 if folders else 1
    for name, manifest in manifests.items():
        out.write(
            f"{name}: {manifest.name}, from {manifest.base}, {manifest.tokens_seen:,} tokens seen\n"
        )
        for measure, value in manifest.quality.items():
            out.write(f"  {measure}: {value:g}\n")
    list_added(out)
    if not folders:
        out.write("no model is installed: reinstall midfill\n")
    out.write(f"your own models: a folder each in {user_models_folder()}\n")
    return 0 if folders else 1


def _entry(name: str, folder: Path, manifest: Manifest) -> dict[str, Any]:
    """Plain values of one model; ``name`` is what ``--model`` and the setting take."""
    return {
        "name": name,
        "model": manifest.name,
        "base": manifest.base,
        "folder": str(folder),
        "quality": dict(manifest.quality),
    }


def verify_model(name: str | None, out: TextIO) -> int:
    """Compare every file with its SHA-256; DamagedWeights names the first that differs."""
    if name is not None and verify_added_model(name, out):
        return 0
    model = resolve(name)
    model.verify()
    out.write(f"{model.name}: {len(model.manifest.files)} files, {size_mb(model):.0f} MB, whole\n")
    return 0


def size_mb(model: Model) -> float:
    """Size of the files that the manifest names."""
    return sum((model.folder / name).stat().st_size for name in model.manifest.files) / 1e6
