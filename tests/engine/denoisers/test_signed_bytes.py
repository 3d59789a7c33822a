"""Signed bytes: the same bits as unsigned ones, and only where the processor adds them exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="pip install 'midfill[test]'")

from engine.denoisers.context_cache import Buffers
from engine.denoisers.onnx import causal_feed
from engine.denoisers.onnx_session import OnnxSession
from engine.denoisers.signed_bytes import PROBE_FILE, SIGNED_FILE, signed_graph
from engine.errors import DamagedWeights
from engine.models import ModelShape
from engine.training.export import MODEL_FILE, Quantisation, export
from engine.training.shape import LlamaShape
from random_weights import random_weights

SMALL = LlamaShape(num_layers=2, width=64, num_heads=6, num_kv_heads=2, head_width=16, ffn_width=96)


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    relief = {"head": (np.arange(SMALL.width) != 9).astype(np.float32)}
    weights = random_weights(SMALL, np.random.default_rng(4))
    export(weights, tmp_path, Quantisation.FOUR_BIT, SMALL, relief)
    return tmp_path / MODEL_FILE


def logits(graph: Path, num_tokens: int) -> np.ndarray:
    buffers = Buffers(ModelShape(SMALL.num_layers, SMALL.num_kv_heads, SMALL.head_width, 128), 64)
    ids = np.random.default_rng(5).integers(0, SMALL.vocab_size, num_tokens)
    feed = causal_feed(ids, 0, np.arange(num_tokens))
    session = OnnxSession(graph, num_threads=1)
    return session.run(feed, buffers.bound(64, session.bind), "logits", None)


@pytest.mark.parametrize("num_tokens", [1, 2, 33])
def test_signed_and_unsigned_bytes_give_the_same_bits(graph: Path, num_tokens: int) -> None:
    if signed_graph(graph) is None:
        pytest.skip("this processor has no instructions for sums of byte products")
    signed = logits(graph, num_tokens)
    graph.with_name(PROBE_FILE).unlink()
    assert signed_graph(graph) is None
    assert np.array_equal(signed, logits(graph, num_tokens))


def test_a_sum_that_overflows_means_unsigned_bytes(graph: Path) -> None:
    probe = onnx.load(str(graph.with_name(PROBE_FILE)))
    weights = next(item for item in probe.graph.initializer if item.name == "weights")
    # As from a processor whose pairs end at 32,767: 64 a pair of 127s.
    weights.raw_data = np.full(weights.dims, 64, np.int8).tobytes()
    onnx.save(probe, str(graph.with_name(PROBE_FILE)))
    assert signed_graph(graph) is None
    assert np.isfinite(logits(graph, 3)).all()


def test_a_damaged_probe_is_named(graph: Path) -> None:
    graph.with_name(PROBE_FILE).write_bytes(b"no graph")
    with pytest.raises(DamagedWeights, match=r"probe\.onnx cannot be read: reinstall"):
        signed_graph(graph)


def test_a_model_without_signed_bytes_is_as_it_was(graph: Path) -> None:
    graph.with_name(SIGNED_FILE).unlink()
    assert signed_graph(graph) is None
    assert np.isfinite(logits(graph, 3)).all()
