"""What a finished run is worth: base and adapters as named numpy arrays, ready to export."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.training.model import PROJECTIONS
from engine.training.progress import Counts
from engine.training.shape import LlamaShape
from engine.training.train import SPECIAL_IDS, read_checkpoint

Weights = dict[str, NDArray[np.float32]]


def read_weights(base: Path, checkpoint: Path, shape: LlamaShape | None = None) -> Weights:
    """Base tensors by their Hugging Face names with the trained special rows written in.

    Adapters are ``layers.N.{projection}.lora_a`` (rank, in) and ``.lora_b`` (out, rank), the
    adapters' scale folded into ``lora_b``. Raises TrainingError for a damaged file.
    """
    shape = shape or LlamaShape()
    tensors = read_checkpoint(base)
    state = read_checkpoint(checkpoint)
    model: Mapping[str, torch.Tensor] = state["model"]
    tensors.pop(SPECIAL_IDS, None)
    weights = {name: tensor.float().numpy() for name, tensor in tensors.items()}
    rows = model["special_rows"].float().numpy()
    weights["model.embed_tokens.weight"][: len(rows)] = rows
    for index in range(shape.num_layers):
        for name in PROJECTIONS:
            lower = model[f"lora.{index}_{name}_a"].float()
            upper = model[f"lora.{index}_{name}_b"].float() * state["adapter"]["scale"]
            weights[f"layers.{index}.{name}.lora_a"] = lower.numpy()
            weights[f"layers.{index}.{name}.lora_b"] = upper.numpy()
    return weights


def read_counts(checkpoint: Path) -> Counts:
    """How much the run has seen."""
    return Counts(*read_checkpoint(checkpoint)["counts"])
