"""How much of a layer's large activations its weights take over, measured on some contexts.

SmoothQuant (arXiv:2211.10438): each input channel is divided by the root of its size over that of
its weights, so that both are as even as the other and a byte is enough for either. A channel's size
is its root mean square here, not its peak: a few tokens have activations hundreds of times larger
than all others, and a step of their own.
"""

# I input features, O output features, N tokens of a context

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from engine.canvas import Ids
from engine.denoisers.onnx import stored_feed
from engine.training.export import MODEL_FILE, Quantisation, export
from engine.training.onnx_nodes import Floats
from engine.training.shape import LlamaShape

LEAST = 1e-5


def measured_relief(
    weights: Mapping[str, Floats], contexts: Sequence[Ids], shape: LlamaShape | None = None
) -> dict[str, Floats]:
    """What activations (I,) are multiplied with, by the first projection that reads them.

    ``weights`` as for ``export``; ``contexts`` (N,) of ids each.
    """
    shape = shape or LlamaShape()
    with tempfile.TemporaryDirectory() as folder:
        export(weights, Path(folder), Quantisation.FULL, shape)
        readers, session = _with_inputs_shown(Path(folder) / MODEL_FILE)
    sizes = _sizes(session, list(readers), contexts, shape)
    found = {}
    for states, names in readers.items():
        strongest = np.max([np.abs(_weight(weights, name)).max(axis=0) for name in names], axis=0)
        relief = np.sqrt(np.maximum(strongest, LEAST) / np.maximum(sizes[states], LEAST))
        found[names[0]] = (relief / np.exp(np.log(relief).mean())).astype(np.float32)
    return found


def _with_inputs_shown(
    graph: Path,
) -> tuple[dict[str, list[str]], onnxruntime.InferenceSession]:
    """Which projections read which states, and a session that gives the states."""
    model = onnx.load(str(graph))
    readers: dict[str, list[str]] = {}
    for node in model.graph.node:
        if node.op_type == "FusedMatMul" and node.input[1].startswith("layers."):
            readers.setdefault(node.input[0], []).append(node.input[1].removesuffix(".weight"))
    for states in readers:
        model.graph.output.append(
            helper.make_tensor_value_info(states, onnx.TensorProto.FLOAT, None)
        )
    # Over two gigabytes a model cannot be handed over as bytes; this one is a quarter of that.
    return readers, onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def _sizes(
    session: onnxruntime.InferenceSession,
    states: Sequence[str],
    contexts: Sequence[Ids],
    shape: LlamaShape,
) -> dict[str, Floats]:
    """The root mean square (I,) of each channel, with adapters and without."""
    squares: dict[str, list[Floats]] = {name: [] for name in states}
    for ids in contexts:
        cache = (shape.num_kv_heads, len(ids), shape.head_width)
        caches = {
            f"cache.{layer}.{part}": np.zeros(cache, np.float32)
            for layer in range(shape.num_layers)
            for part in ("key", "value")
        }
        feed = stored_feed(ids, 0, shape.num_kv_heads) | caches
        for scale in (0, 1):
            feed["scale"] = np.full(1, scale, np.float32)
            for name, values in zip(states, session.run(states, feed), strict=True):
                rows = values.reshape(-1, values.shape[-1])
                squares[name].append((rows**2).mean(axis=0))
    return {name: np.sqrt(np.mean(each, axis=0)) for name, each in squares.items()}


def _weight(weights: Mapping[str, Floats], name: str) -> Floats:
    """A projection's weight (O, I) by its name in the graph, ``layers.N.<projection>``."""
    _, layer, projection = name.split(".")
    part = "mlp" if projection in ("gate_proj", "up_proj", "down_proj") else "self_attn"
    return weights[f"model.layers.{layer}.{part}.{projection}.weight"]
