"""Bytes out of four-bit blocks: what they stand for, and what is said of files that are damaged."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="pip install 'midfill[test]' to build a model to test with")

import onnxruntime

from engine.denoisers.expansion import EXPANSION_FILE, ZERO, expanded
from engine.errors import DamagedWeights
from engine.training.export import MODEL_FILE, Quantisation, export
from engine.training.onnx_nodes import MICROSOFT, Nodes
from engine.training.quantise import dequantise_four_bit, four_bit
from engine.training.shape import LlamaShape
from random_weights import random_weights

SMALL = LlamaShape(num_layers=2, width=64, num_heads=6, num_kv_heads=2, head_width=16, ffn_width=96)
NAME = "layers.1.gate_up_proj"


def exported(folder: Path) -> tuple[Path, np.ndarray, dict[str, np.ndarray]]:
    """A small model's graph, one product's weights (O, I) and what it was relieved by."""
    random = np.random.default_rng(4)
    weights = random_weights(SMALL, random)
    relief = {
        NAME: random.uniform(0.5, 2.0, SMALL.width).astype(np.float32),
        "layers.1.down_proj": random.uniform(0.5, 2.0, SMALL.ffn_width).astype(np.float32),
        "head": (np.arange(SMALL.width) != 9).astype(np.float32),
    }
    export(weights, folder, Quantisation.FOUR_BIT, SMALL, relief)
    parts = [weights[f"model.layers.1.mlp.{part}_proj.weight"] for part in ("gate", "up")]
    return folder / MODEL_FILE, np.concatenate(parts), relief


def test_bytes_stand_for_the_stored_weights(tmp_path: Path) -> None:
    graph, weight, relief = exported(tmp_path)
    found = expanded(graph, num_threads=2)
    assert len(found) == 2 * SMALL.num_layers * 4 + 3
    codes, steps = found[f"{NAME}.bytes"], found[f"{NAME}.steps"]
    assert codes.dtype == np.int8 and codes.shape == (SMALL.width, 2 * SMALL.ffn_width)
    expected = dequantise_four_bit(four_bit(weight)) / relief[NAME]
    # The next product is relieved by these.
    expected[SMALL.ffn_width :] *= relief["layers.1.down_proj"][:, None]
    # Scales and offsets are stored in half precision.
    slack = steps[:, None] / 2 + 1e-3 * np.abs(expected).max()
    assert np.all(np.abs(codes.T.astype(np.float32) * steps[:, None] - expected) <= slack)
    assert farthest_pair(codes).min() >= 126


def test_loud_channels_of_the_head_are_kept_apart(tmp_path: Path) -> None:
    graph, _, _ = exported(tmp_path)
    found = expanded(graph, num_threads=1)
    table = random_weights(SMALL, np.random.default_rng(4))["model.embed_tokens.weight"]
    assert np.all(found["head.bytes"][9] == 0)
    assert found["head.loud"].shape == (1, SMALL.vocab_size)
    assert np.abs(found["head.loud"][0] - table[:, 9]).max() < 0.01 * np.abs(table).max()


def farthest_pair(codes: np.ndarray) -> np.ndarray:
    """The largest sum of two neighbours (I, O) of one sign, (O,)."""
    pairs = codes.T.astype(int).reshape(codes.shape[1], -1, 2)
    return np.maximum(pairs.clip(min=0).sum(axis=2), -pairs.clip(max=0).sum(axis=2)).max(axis=1)


def product(codes: np.ndarray, states: np.ndarray, path: Path) -> np.ndarray:
    """Bytes (N, I) times bytes (I, O) as the graph multiplies them."""
    nodes = Nodes(path.parent, {})
    nodes.input("states", np.uint8, ["N", codes.shape[0]])
    one, zero = nodes.real(1.0, "one"), nodes.constant("zero", np.array(ZERO, np.uint8))
    inputs = "states", nodes.constant("codes", codes), one, one, zero
    nodes.output("sums", nodes.add("MatMulIntegerToFloat", *inputs, domain=MICROSOFT), "NO")
    nodes.save(path)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (sums,) = session.run(None, {"states": states})
    return np.asarray(sums)


@pytest.mark.parametrize("num_rows", [1, 2, 5, 16, 33])
def test_sums_are_exact_on_every_processor(tmp_path: Path, num_rows: int) -> None:
    weights = random_weights(SMALL, random := np.random.default_rng(6))
    # Every other output as loud as can be, in all of its weights: up, down, by pairs.
    signs = np.ones((3, SMALL.ffn_width), np.float32)
    signs[1] = -1
    signs[2, SMALL.ffn_width // 2 :] = -1
    weights["model.layers.0.mlp.down_proj.weight"][0:6:2] = signs * 0.1
    export(weights, tmp_path, Quantisation.FOUR_BIT, SMALL)
    codes = expanded(tmp_path / MODEL_FILE, 1)["layers.0.down_proj.bytes"]
    assert farthest_pair(codes)[:6:2].tolist() == [128, 128, 128]
    assert farthest_pair(codes).max() == 128
    states = random.choice([0, 1, 128, 255], (num_rows, SMALL.ffn_width)).astype(np.uint8)
    states[0] = 255
    sums = (states.astype(int) - ZERO) @ codes.astype(int)
    assert np.array_equal(product(codes, states, tmp_path / "product.onnx"), sums)


def test_one_thread_or_two_make_no_difference(tmp_path: Path) -> None:
    graph, _, _ = exported(tmp_path)
    one, two = expanded(graph, 1), expanded(graph, 2)
    assert one.keys() == two.keys()
    assert all(np.array_equal(one[name], two[name]) for name in one)


def test_a_graph_without_an_expansion_needs_none(tmp_path: Path) -> None:
    assert expanded(tmp_path / MODEL_FILE, 1) == {}


@pytest.mark.parametrize("text", ["", "[]", '{"a": {"shape": [2, 32]}}', "\0"])
def test_a_damaged_index_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / EXPANSION_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(DamagedWeights, match=r"expansion\.json: .*reinstall the model"):
        expanded(tmp_path / MODEL_FILE, 1)


def test_a_file_that_ends_early_is_named(tmp_path: Path) -> None:
    graph, _, _ = exported(tmp_path)
    index = json.loads((tmp_path / EXPANSION_FILE).read_text(encoding="utf-8"))
    file = tmp_path / index[NAME]["codes"][0]
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(DamagedWeights, match="reinstall the model"):
        expanded(graph, 1)
