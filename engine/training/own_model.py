"""A user's model: adapters on one that is there, or all of its weights, and its way to the disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import torch

from engine.models import Model, read_model
from engine.training.export import ModelFacts, Quantisation, export, write_manifest
from engine.training.low_rank import LowRankConfig, LowRankLlama
from engine.training.machine import Machine
from engine.training.model import Llama
from engine.training.packing import NUM_SPECIAL
from engine.training.shape import EMBEDDING, Weights
from engine.training.shipped import shipped_relief, shipped_shape, shipped_weights

MODEL_FOLDER = "model"


def full_model(start: Model, machine: Machine) -> Llama:
    """All weights of ``start``, to be trained without being rounded. Raises TrainingError."""
    shape = shipped_shape(start.folder)
    model = Llama(_tensors(start), shape, NUM_SPECIAL, machine.dtype, is_rounded=False)
    return model.to(machine.device)


def adapted_model(start: Model, machine: Machine, config: LowRankConfig, seed: int) -> LowRankLlama:
    """Untrained adapters on ``start``, drawn by ``seed``. Raises TrainingError."""
    torch.manual_seed(seed)
    shape = shipped_shape(start.folder)
    model = LowRankLlama(_tensors(start), shape, NUM_SPECIAL, machine.dtype, config)
    return model.to(machine.device)


def export_model(model: Llama, start: Model, out: Path, data: str, tokens_seen: int) -> Path:
    """Write ``out/model`` unless it is there; bytes, since nothing was trained to be rounded.

    Calibration and relief are the start's. Raises TrainingError, or OSError for a full disk.
    """
    folder, part = out / MODEL_FOLDER, out / f"{MODEL_FOLDER}.part"
    if folder.exists() and read_model(folder).manifest.tokens_seen == tokens_seen:
        return folder
    shutil.rmtree(part, ignore_errors=True)
    shape, relief = shipped_shape(start.folder), shipped_relief(start.folder)
    entries = export(_weights(model, start), part, Quantisation.EIGHT_BIT, shape, relief)
    manifest = start.manifest
    facts = ModelFacts(
        name=f"{manifest.name}-own",
        base=manifest.name,
        data=data,
        recipe_commit=manifest.recipe_commit,
        tokens_seen=tokens_seen,
        calibration=manifest.calibration,
        defaults=manifest.defaults,
    )
    write_manifest(part, entries, facts, start.tokenizer, shape)
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(part, folder)
    return folder


def _weights(model: Llama, start: Model) -> Weights:
    """All tensors to export, by their Hugging Face names."""
    base = _tensors(start)
    tensors = model.merged(base) if isinstance(model, LowRankLlama) else base | model.tensors()
    weights = {name: tensor.float().cpu().numpy() for name, tensor in tensors.items()}
    rows = model.special_rows.detach().float().cpu().numpy()
    weights[EMBEDDING][: len(rows)] = rows
    return weights


def _tensors(start: Model) -> dict[str, torch.Tensor]:
    weights = shipped_weights(start.folder, shipped_shape(start.folder))
    return {name: torch.from_numpy(values) for name, values in weights.items()}
