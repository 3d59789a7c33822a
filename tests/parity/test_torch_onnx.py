"""The exported graph against the same Llama in torch, and against what quantising costs.

The differences are printed; run with ``-s`` to see them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="pip install 'midfill[train]' to compare with torch")

from engine.denoisers.context_cache import Buffers
from engine.denoisers.onnx import canvas_feed, causal_feed
from engine.denoisers.onnx_session import OnnxSession
from engine.models import ModelShape
from engine.training.export import Quantisation, export
from engine.training.quantise import dequantise_four_bit, four_bit
from engine.training.relief import measured_relief
from engine.training.shape import LlamaShape
from random_weights import random_weights
from torch_llama import torch_logits

Floats = NDArray[np.float32]
SMALL = LlamaShape(
    num_layers=3,
    width=128,
    num_heads=6,
    num_kv_heads=2,
    head_width=32,
    ffn_width=160,
    vocab_size=320,
    rope_theta=10_000.0,
)
NUM_CONTEXT, CHUNK, NUM_CANVAS = 70, 32, 9
NUM_TOKENS = NUM_CONTEXT + NUM_CANVAS


def expected_logits(weights: dict[str, Floats], ids: NDArray[np.int64], is_causal: bool) -> Floats:
    """Logits (N, V) of the canvas at the end of ``ids``, by torch."""
    limits = np.arange(NUM_TOKENS) + 1
    if not is_causal:
        limits[NUM_CONTEXT:] = NUM_TOKENS
    return torch_logits(weights, ids, limits, SMALL)[NUM_CONTEXT:]


def onnx_logits(folder: Path, ids: NDArray[np.int64], is_causal: bool) -> Floats:
    """The same by the exported graph, the context in chunks."""
    session = OnnxSession(folder / "model.onnx", num_threads=1)
    shape = ModelShape(SMALL.num_layers, SMALL.num_kv_heads, SMALL.head_width, 8192)
    buffers = Buffers(shape, NUM_TOKENS)
    binding = session.bind(buffers.arrays)
    for start in range(0, NUM_CONTEXT, CHUNK):
        chunk = ids[start : min(start + CHUNK, NUM_CONTEXT)]
        session.run(causal_feed(chunk, start), binding, "logits", None)
    feed = causal_feed if is_causal else canvas_feed
    canvas = feed(ids[NUM_CONTEXT:], NUM_CONTEXT, np.arange(NUM_CANVAS))
    return session.run(canvas, binding, "logits", None)


@pytest.fixture(scope="module")
def weights() -> dict[str, Floats]:
    drawn = random_weights(SMALL, np.random.default_rng(0))
    for name, tensor in drawn.items():
        if "_proj.weight" in name:  # as trained: four bits hold them exactly
            drawn[name] = dequantise_four_bit(four_bit(tensor))
    return drawn


@pytest.fixture(scope="module")
def ids() -> NDArray[np.int64]:
    return np.random.default_rng(1).integers(0, SMALL.vocab_size, NUM_TOKENS)


@pytest.mark.parametrize("is_causal", [False, True])
def test_float32_graph_is_the_trained_model(
    weights: dict[str, Floats], ids: NDArray[np.int64], is_causal: bool, tmp_path: Path
) -> None:
    export(weights, tmp_path, Quantisation.FULL, SMALL)
    expected = expected_logits(weights, ids, is_causal)
    difference = np.abs(expected - onnx_logits(tmp_path, ids, is_causal))
    print(f"float32, causal {is_causal}: max {difference.max():.2e}, mean {difference.mean():.2e}")
    assert difference.max() < 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("is_relieved", [False, True])
def test_quantised_graph_is_near_the_trained_model(
    weights: dict[str, Floats],
    ids: NDArray[np.int64],
    is_causal: bool,
    is_relieved: bool,
    tmp_path: Path,
) -> None:
    """Relief is taken off states by a norm or another product: a factor lost would show."""
    contexts, canvases = [ids[:NUM_CONTEXT]], [ids[NUM_CONTEXT:]]
    relief = measured_relief(weights, contexts, SMALL, canvases) if is_relieved else None
    export(weights, tmp_path, Quantisation.FOUR_BIT, SMALL, relief)
    expected, found = (
        expected_logits(weights, ids, is_causal),
        onnx_logits(tmp_path, ids, is_causal),
    )
    difference = np.abs(expected - found)
    print(f"int4, causal {is_causal}: max {difference.max():.2e}, mean {difference.mean():.2e}")
    # Layers and activations are rounded to eight bits a row, the embedding in blocks of 32.
    assert difference.mean() < 0.05 * expected.std()
    assert np.corrcoef(expected.ravel(), found.ravel())[0, 1] > 0.995


def test_relief_evens_out_what_is_loud(weights: dict[str, Floats], ids: NDArray[np.int64]) -> None:
    """Ten times louder, a channel is relieved by about the root of that; the loudest stay out."""
    louder = dict(weights)
    norm = "model.layers.1.input_layernorm.weight"
    louder[norm] = weights[norm].copy()
    louder[norm][5] *= 10
    louder["model.norm.weight"] = weights["model.norm.weight"].copy()
    louder["model.norm.weight"][7] *= 10
    before, after = (measured_relief(each, [ids], SMALL) for each in (weights, louder))
    factor = after["layers.1.qkv_proj"][5] / before["layers.1.qkv_proj"][5]
    assert 0.8 < factor * 10**0.5 < 1.3
    assert set(after["head"]) == {0.0, 1.0} and after["head"][7] == 0


def test_causal_and_bidirectional_canvases_differ(
    weights: dict[str, Floats], ids: NDArray[np.int64]
) -> None:
    both = [expected_logits(weights, ids, is_causal) for is_causal in (False, True)]
    assert np.abs(both[0][:-1] - both[1][:-1]).max() > 0.01
    assert np.abs(both[0][-1] - both[1][-1]).max() > 0.01  # through the rows before it
