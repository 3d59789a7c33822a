"""The exported graph against the model that was trained, and against what quantising costs.

The differences are printed; run with ``-s`` to see them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to compare with torch")

from engine.denoisers.context_cache import Buffers
from engine.denoisers.onnx import canvas_feed, stored_feed
from engine.denoisers.onnx_session import OnnxSession
from engine.models import ModelShape
from engine.training.export import Quantisation, export
from engine.training.model import PROJECTIONS, AdapterConfig, TwoStream
from engine.training.quantise import dequantise_four_bit, four_bit
from engine.training.random_weights import random_weights
from engine.training.shape import LlamaShape

Floats = NDArray[np.float32]
SMALL = LlamaShape(
    num_layers=3,
    width=96,
    num_heads=6,
    num_kv_heads=2,
    head_width=16,
    ffn_width=160,
    vocab_size=320,
    rope_theta=10_000.0,
)
RANK, NUM_SPECIAL = 8, 17
NUM_CONTEXT, CHUNK, NUM_CANVAS = 70, 32, 9


def torch_logits(weights: dict[str, Floats], ids: NDArray[np.int64], is_causal: bool) -> Floats:
    """Logits (N, V) of the canvas at the end of ``ids``, by the model of the recipe."""
    base = {
        name: torch.from_numpy(tensor)
        for name, tensor in weights.items()
        if name.startswith("model.")
    }
    model = TwoStream(base, SMALL, AdapterConfig(RANK, 1.0), NUM_SPECIAL, torch.float32)
    with torch.no_grad():
        for layer in range(SMALL.num_layers):
            for name in PROJECTIONS:
                for part in ("a", "b"):
                    trained = torch.from_numpy(weights[f"layers.{layer}.{name}.lora_{part}"])
                    model.lora[f"{layer}_{name}_{part}"].copy_(trained)
        context, canvas = torch.from_numpy(ids[:NUM_CONTEXT]), torch.from_numpy(ids[NUM_CONTEXT:])
        positions = torch.arange(len(ids))
        past = model.context(context[None], positions[None, :NUM_CONTEXT], None)
        visible = torch.ones(NUM_CANVAS, len(ids)).bool()
        if is_causal:
            visible = visible.tril(NUM_CONTEXT)
        bias = torch.zeros(visible.shape).masked_fill(~visible, float("-inf"))
        hidden = model.canvas(canvas[None], positions[None, NUM_CONTEXT:], bias[None, None], past)
        logits: Floats = model.head(hidden)[0].numpy()
    return logits


def onnx_logits(folder: Path, ids: NDArray[np.int64], is_causal: bool) -> Floats:
    """The same by the exported graph, the context in chunks."""
    session = OnnxSession(folder / "model.onnx", num_threads=1)
    shape = ModelShape(SMALL.num_layers, SMALL.num_kv_heads, SMALL.head_width, 8192)
    buffers = Buffers(shape, NUM_CONTEXT)
    for start in range(0, NUM_CONTEXT, CHUNK):
        chunk = ids[start : min(start + CHUNK, NUM_CONTEXT)]
        feed = stored_feed(chunk, start, SMALL.num_kv_heads)
        session.run(feed, buffers.arrays, "logits", None)
    visible = np.ones((1, NUM_CANVAS, NUM_CANVAS), bool)
    if is_causal:
        visible = np.tril(visible)
    rows = np.arange(NUM_CANVAS)
    feed = canvas_feed(ids[None, NUM_CONTEXT:], NUM_CONTEXT, visible, rows, SMALL.num_kv_heads)
    return session.run(feed, buffers.arrays, "logits", None)


@pytest.fixture(scope="module")
def weights() -> dict[str, Floats]:
    drawn = random_weights(SMALL, RANK, np.random.default_rng(0))
    for name, tensor in drawn.items():
        if "_proj.weight" in name:  # as from a GGUF: four bits hold them exactly
            drawn[name] = dequantise_four_bit(four_bit(tensor))
    return drawn


@pytest.fixture(scope="module")
def ids() -> NDArray[np.int64]:
    return np.random.default_rng(1).integers(0, SMALL.vocab_size, NUM_CONTEXT + NUM_CANVAS)


@pytest.mark.parametrize("is_causal", [False, True])
def test_float32_graph_is_the_trained_model(
    weights: dict[str, Floats], ids: NDArray[np.int64], is_causal: bool, tmp_path: Path
) -> None:
    export(weights, tmp_path, Quantisation.FULL, SMALL)
    expected, found = torch_logits(weights, ids, is_causal), onnx_logits(tmp_path, ids, is_causal)
    difference = np.abs(expected - found)
    print(f"float32, causal {is_causal}: max {difference.max():.2e}, mean {difference.mean():.2e}")
    assert difference.max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("is_causal", [False, True])
def test_quantised_graph_is_near_the_trained_model(
    weights: dict[str, Floats], ids: NDArray[np.int64], is_causal: bool, tmp_path: Path
) -> None:
    export(weights, tmp_path, Quantisation.FOUR_BIT, SMALL)
    expected, found = torch_logits(weights, ids, is_causal), onnx_logits(tmp_path, ids, is_causal)
    difference = np.abs(expected - found)
    print(f"int4, causal {is_causal}: max {difference.max():.2e}, mean {difference.mean():.2e}")
    # The base's weights are exact; adapters, embedding and activations are rounded to eight bits,
    # which random weights feel more than trained ones.
    assert difference.mean() < 0.08 * expected.std()
    assert np.corrcoef(expected.ravel(), found.ravel())[0, 1] > 0.99


def test_causal_and_bidirectional_canvases_differ(
    weights: dict[str, Floats], ids: NDArray[np.int64]
) -> None:
    both = [torch_logits(weights, ids, is_causal) for is_causal in (False, True)]
    assert np.abs(both[0][:-1] - both[1][:-1]).max() > 0.01
    assert np.abs(both[0][-1] - both[1][-1]).max() > 0.01  # through the rows before it
