"""The model that ships: its files against torch on the weights that they stand for.

The differences are printed; run with ``-s`` to see them.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="pip install 'midfill[train]' to compare with torch")
onnx = pytest.importorskip("onnx", reason="pip install 'midfill[test]'")

from engine.canvas import Canvas, HoleCanvas
from engine.denoisers.expansion import BLOCK, EXPANSION_FILE
from engine.denoisers.onnx import OnnxDenoiser
from engine.models import Model, read_model
from engine.reading.layout import SuffixFirst
from engine.tokenizer import BPETokenizer
from engine.training.quantise import EightBit, FourBit, dequantise_eight_bit, dequantise_four_bit
from engine.training.shape import LlamaShape
from torch_llama import torch_logits

WEIGHTS = Path(__file__).parents[2] / "engine" / "weights"
SHAPE = LlamaShape()
Floats = NDArray[np.float32]

pytestmark = pytest.mark.skipif(
    not (WEIGHTS / "manifest.json").exists(), reason="no model ships with this commit"
)


def read_products(folder: Path) -> dict[str, Floats]:
    """Each product's weights (O, I), and what its input is relieved by, under ``<name>.relief``."""
    products = {}
    index = json.loads((folder / EXPANSION_FILE).read_text(encoding="utf-8"))
    for name, entry in index.items():
        num_out, num_in = entry["shape"]
        sizes = num_out, num_in // BLOCK

        def part(kind: str, dtype: type, *shape: int, entry: dict = entry) -> np.ndarray:
            file, offset = entry[kind]
            count = int(np.prod(shape))
            return np.fromfile(folder / file, dtype, count, offset=offset).reshape(shape)

        codes = part("codes", np.uint8, *sizes, BLOCK * entry["bits"] // 8)
        scales = part("scales", np.float16, *sizes).astype(np.float32)
        if entry["bits"] == 4:
            offsets = part("offsets", np.float16, *sizes).astype(np.float32)
            products[name] = dequantise_four_bit(FourBit(codes, scales, offsets))
        else:
            products[name] = dequantise_eight_bit(EightBit(codes, scales), num_in)
        products[f"{name}.relief"] = part("relief", np.float32, num_in)
    return products


def read_weights(graph: Path) -> dict[str, Floats]:
    """What the files stand for, by Hugging Face names."""
    products = read_products(graph.parent)
    norms = {
        item.name: onnx.numpy_helper.to_array(item).copy()
        for item in onnx.load(str(graph), load_external_data=False).graph.initializer
        if item.name.endswith("norm")
    }
    weights = {
        "model.embed_tokens.weight": products["head"],
        "model.norm.weight": norms["model.norm"],
    }
    kv_width = SHAPE.num_kv_heads * SHAPE.head_width
    for layer in range(SHAPE.num_layers):
        ours, theirs = f"layers.{layer}", f"model.layers.{layer}"
        for norm, product in (("input", "qkv"), ("post_attention", "gate_up")):
            name = f"{theirs}.{norm}_layernorm"
            weights[f"{name}.weight"] = norms[name] / products[f"{ours}.{product}_proj.relief"]
        query, key, value = np.split(products[f"{ours}.qkv_proj"], (-2 * kv_width, -kv_width))
        gate, up = np.split(products[f"{ours}.gate_up_proj"], 2)
        for name, weight in {
            "self_attn.q_proj": by_keys(query, 0),
            "self_attn.k_proj": key,
            "self_attn.v_proj": value,
            "self_attn.o_proj": by_keys(products[f"{ours}.o_proj"], 1),
            "mlp.gate_proj": gate,
            "mlp.up_proj": up,
            "mlp.down_proj": products[f"{ours}.down_proj"],
        }.items():
            weights[f"{theirs}.{name}.weight"] = weight
    return weights


def by_keys(weight: Floats, axis: int) -> Floats:
    """Heads of one key together, as published; in the file those of a group are."""
    sizes = SHAPE.num_groups, SHAPE.num_kv_heads, SHAPE.head_width
    order = np.arange(weight.shape[axis]).reshape(sizes).swapaxes(0, 1).ravel()
    return weight.take(order, axis)


def some_canvas(tokenizer: BPETokenizer) -> Canvas:
    source = inspect.getsource(textwrap.dedent)
    before, behind = source.split("    # Look for the longest", 1)
    pieces = tokenizer.encode(before), tokenizer.encode(behind[:300])
    hole = HoleCanvas.masked(16, tokenizer.mask_id)
    return Canvas(np.empty(0, np.int64), pieces, [hole], cursor_hole=0, rest_tokens=0)


def compare(model: Model) -> None:
    denoiser = OnnxDenoiser(model, num_threads=2)
    canvas = some_canvas(denoiser.tokenizer)
    layout = SuffixFirst.of(denoiser.tokenizer)
    handle = denoiser.prefill(canvas)
    (found,) = denoiser.predict(handle, [canvas], [np.arange(16)])
    stream = layout.canvases(canvas)
    ids = np.concatenate([handle.ids, stream.ids])
    limits = np.arange(len(ids)) + 1
    limits[handle.num_tokens :] = len(ids)
    logits = torch_logits(read_weights(model.graph), ids, limits, SHAPE)
    expected = logits[handle.num_tokens :][stream.rows]
    difference = np.abs(found - expected)
    spread = expected.std()
    print(f"max {difference.max():.3f}, mean {difference.mean():.3f}, logits' spread {spread:.2f}")
    assert difference.mean() < 0.1 * spread
    p, q = softmax(expected), softmax(found)
    divergence = (p * (np.log(p) - np.log(q))).sum(axis=1)
    print(f"KL divergence: max {divergence.max():.4f}, mean {divergence.mean():.4f}")
    assert divergence.mean() < 0.05


def softmax(logits: Floats) -> NDArray[np.float64]:
    shares = np.exp(logits.astype(np.float64) - logits.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.torch
def test_the_shipped_graph_is_near_torch_on_its_own_weights() -> None:
    compare(read_model(WEIGHTS))
