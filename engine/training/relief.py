"""How much of a product's large activations its weights take over, measured on some texts.

SmoothQuant (arXiv:2211.10438): each input channel is divided by the root of its size over that of
its weights, so that both are as even as the other and a byte is enough for either. A channel's size
is its root mean square here, not its peak: a few tokens have activations hundreds of times larger
than all others, and a step of their own.
"""

# I input features, T tokens of a context, N of a canvas

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from engine.canvas import Ids
from engine.denoisers.onnx import causal_feed
from engine.training.export import MODEL_FILE, Quantisation, export
from engine.training.onnx_graph import HEAD, OUT
from engine.training.onnx_nodes import Floats
from engine.training.shape import LlamaShape

LEAST = 1e-5
# Channels of the head's input that are multiplied in full.
NUM_LOUD = 32
NOTHING: Ids = np.empty(0, np.int64)


def measured_relief(
    weights: Mapping[str, Floats],
    contexts: Sequence[Ids],
    shape: LlamaShape | None = None,
    canvases: Sequence[Ids] = (),
) -> dict[str, Floats]:
    """What a product's input (I,) is multiplied with, by the product's name in the graph.

    ``weights`` as for ``export``; ``contexts`` (T,) of ids each; ``canvases`` (N,), bidirectional,
    behind the first of them.
    """
    shape = shape or LlamaShape()
    with tempfile.TemporaryDirectory() as folder:
        export(weights, Path(folder), Quantisation.FULL, shape)
        model = onnx.load(str(Path(folder) / MODEL_FILE))
    readers = _readers(model)
    strongest = {
        tensor.name: np.abs(numpy_helper.to_array(tensor)).max(axis=0)
        for tensor in model.graph.initializer
        if tensor.name in readers
    }
    session = _with_outputs(model, list(readers.values()))
    feeds = [_feed(*each, shape) for each in zip_longest(contexts, canvases, fillvalue=NOTHING)]
    sizes = _sizes(session, feeds)
    return {
        name: _relief(name, sizes[states], strongest[name], shape)
        for name, states in readers.items()
    }


def _relief(name: str, sizes: Floats, strongest: Floats, shape: LlamaShape) -> Floats:
    if name == HEAD:
        # A few channels are many times louder than the others, to which bytes do justice alone.
        quiet = np.ones_like(sizes)
        quiet[np.argsort(-sizes)[:NUM_LOUD]] = 0
        return quiet
    if name.endswith(OUT):
        # What relieves it is taken off the values, each of which a head of every group reads.
        sizes = np.sqrt((sizes.reshape(shape.num_groups, -1) ** 2).mean(axis=0))
        strongest = strongest.reshape(shape.num_groups, -1).max(axis=0)
        sizes, strongest = (np.tile(each, shape.num_groups) for each in (sizes, strongest))
    relief = np.sqrt(np.maximum(strongest, LEAST) / np.maximum(sizes, LEAST))
    even: Floats = (relief / np.exp(np.log(relief).mean())).astype(np.float32)
    return even


def _readers(model: onnx.ModelProto) -> dict[str, str]:
    """The states that each product with weights reads, by the product's name."""
    constants = {tensor.name for tensor in model.graph.initializer}
    return {
        node.input[1]: node.input[0]
        for node in model.graph.node
        if node.op_type == "FusedMatMul" and node.input[1] in constants
    }


def _with_outputs(model: onnx.ModelProto, names: Sequence[str]) -> onnxruntime.InferenceSession:
    """A session that gives ``names`` and nothing else."""
    del model.graph.output[:]
    for name in names:
        model.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    # Over two gigabytes a model cannot be handed over as bytes; this one is a quarter of that.
    return onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )


def _sizes(
    session: onnxruntime.InferenceSession, feeds: Iterable[Mapping[str, NDArray[Any]]]
) -> dict[str, Floats]:
    """The root mean square (I,) of each channel of the session's outputs."""
    names = [output.name for output in session.get_outputs()]
    squares: dict[str, list[Floats]] = {name: [] for name in names}
    for feed in feeds:
        for name, values in zip(names, session.run(names, feed), strict=True):
            rows = values.reshape(-1, values.shape[-1])
            squares[name].append((rows**2).mean(axis=0))
    return {name: np.sqrt(np.mean(each, axis=0)) for name, each in squares.items()}


def _feed(context: Ids, canvas: Ids, shape: LlamaShape) -> dict[str, NDArray[Any]]:
    """Both in one run, all of whose rows are wanted."""
    ids = np.concatenate([context, canvas])
    feed = dict(causal_feed(ids, 0))
    feed["limits"][len(context) :] = len(ids)
    feed["rows"] = np.arange(len(ids))
    for layer in range(shape.num_layers):
        for part in ("key", "value"):
            sizes = len(ids), shape.num_kv_heads * shape.head_width
            feed[f"cache.{layer}.{part}"] = np.zeros(sizes, np.float32)
    return feed
