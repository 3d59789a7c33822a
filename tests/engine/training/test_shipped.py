"""What was exported can be trained on: its weights come back (needs onnx and torch)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")
pytest.importorskip("onnx", reason="pip install 'midfill[test]'")

from engine.errors import TrainingError
from engine.training.export import Quantisation, export
from engine.training.model import four_bit_values
from engine.training.relief import measured_relief
from engine.training.shape import LlamaShape
from engine.training.shipped import shipped_weights
from tiny_training import tiny_tensors

SHAPE = LlamaShape(
    num_layers=2,
    width=64,
    num_heads=4,
    num_kv_heads=2,
    head_width=32,  # a block of weights belongs to one head
    ffn_width=96,
    vocab_size=128,
)


def test_exported_weights_come_back(tmp_path: Path) -> None:
    tensors = tiny_tensors(SHAPE)
    for name, tensor in tensors.items():
        if tensor.ndim > 1 and "embed" not in name:
            tensors[name] = four_bit_values(tensor)
    weights = {name: tensor.numpy() for name, tensor in tensors.items()}
    relief = measured_relief(weights, [np.arange(20, 60)], SHAPE)
    export(weights, tmp_path, Quantisation.FOUR_BIT, SHAPE, relief)
    found = shipped_weights(tmp_path, SHAPE)
    assert set(found) == set(weights)
    for name, values in weights.items():
        blocks = np.ptp(values.reshape(-1, 32), axis=1).max()
        # Offsets are halves; the embedding has eight bits.
        tolerance = 0.008 * blocks if "embed" in name else 0.001 * blocks
        np.testing.assert_allclose(found[name], values, rtol=0, atol=tolerance, err_msg=name)


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no model to start from"):
        shipped_weights(tmp_path, SHAPE)
