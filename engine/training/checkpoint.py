"""What a run keeps, and what a finished one is worth: named arrays, ready to export.

Imports torch and numpy alone.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch

from engine.errors import TrainingError
from engine.training.progress import Counts
from engine.training.shape import EMBEDDING, Weights

State = dict[str, Any]
SPECIAL_IDS = "special_ids"  # beside the base's tensors: the ids of <mask> and <eom>
# What the unpickler raises depends on where a file is cut (LookupError: half an instruction).
UNREADABLE = (OSError, EOFError, LookupError, RuntimeError, ValueError, pickle.UnpicklingError)


def read_checkpoint(path: Path) -> State:
    """A file's dictionary, or a TrainingError that names the file."""
    try:
        state: State = torch.load(path, weights_only=True, map_location="cpu")
    except UNREADABLE as error:
        raise TrainingError(f"{path} is damaged ({error}): delete it to start again") from error
    return state


def resumed(
    path: Path, config: Mapping[str, Any], may_differ: Collection[str] = ()
) -> State | None:
    """The state of a run that goes on, None where there is none.

    Raises TrainingError for a damaged file, or one of a run whose ``config`` was another, but for
    the names in ``may_differ``.
    """
    if not path.exists():
        return None
    state = read_checkpoint(path)
    before = state.get("config", {})
    changed = {name for name, value in config.items() if before.get(name, ...) != value}
    if changed := changed - set(may_differ):
        raise TrainingError(
            f"{path} was made with another {', '.join(sorted(changed))}: choose another --out"
        )
    return state


def write_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write the file whole or not at all. Raises TrainingError for a full disk."""
    part = path.with_suffix(".part")
    try:
        torch.save(dict(state), part)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        raise TrainingError(f"cannot write {path}: {error}; free some space and resume") from error


def read_weights(base: Path, checkpoint: Path) -> Weights:
    """All tensors by their Hugging Face names, layers rounded to the four bits that ship.

    The embedding is the base's, the trained special rows written in. Raises TrainingError for a
    damaged file or one of another trainer.
    """
    tensors, state = read_checkpoint(base), read_checkpoint(checkpoint)
    tensors.pop(SPECIAL_IDS, None)
    if "tensors" not in state:
        raise TrainingError(f"{checkpoint} is of another trainer: train again")
    tensors |= state["tensors"]
    weights = {name: tensor.float().numpy() for name, tensor in tensors.items()}
    rows = state["model"]["special_rows"].float().numpy()
    weights[EMBEDDING][: len(rows)] = rows
    return weights


def read_counts(checkpoint: Path) -> Counts:
    """How much the run has seen."""
    return Counts(*read_checkpoint(checkpoint)["counts"])
