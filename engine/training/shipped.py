"""The weights that a model's folder stands for, to go on training from them."""

# O output features, I input features, J = I / 32 blocks

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from engine.denoisers.expansion import EXPANSION_FILE
from engine.errors import TrainingError
from engine.training.export import MANIFEST_FILE, MODEL_FILE
from engine.training.quantise import (
    BLOCK,
    EightBit,
    Floats,
    FourBit,
    dequantise_eight_bit,
    dequantise_four_bit,
)
from engine.training.shape import EMBEDDING, LlamaShape, Weights


def shipped_weights(folder: Path, shape: LlamaShape) -> Weights:
    """All tensors by their Hugging Face names, as ``engine.training.export`` wrote them.

    Raises TrainingError for a folder that holds no such model.
    """
    try:
        index = json.loads((folder / EXPANSION_FILE).read_text(encoding="utf-8"))
        products = {name: _product(folder, entry) for name, entry in index.items()}
        reliefs = {name: _relief(folder, entry) for name, entry in index.items()}
        graph = onnx.load(str(folder / MODEL_FILE), load_external_data=False).graph
        norms = {
            tensor.name: numpy_helper.to_array(tensor)
            for tensor in graph.initializer
            if tensor.name.endswith("norm")
        }
        weights = {EMBEDDING: products["head"], "model.norm.weight": norms["model.norm"].copy()}
        for layer in range(shape.num_layers):
            weights |= _layer(layer, products, reliefs, norms, shape)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{folder} holds no model to start from: {error}") from error
    return weights


def shipped_shape(folder: Path) -> LlamaShape:
    """The sizes of the model in ``folder``, read off its products.

    Raises TrainingError for a folder that holds no such model.
    """
    try:
        index = json.loads((folder / EXPANSION_FILE).read_text(encoding="utf-8"))
        sizes = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))["shape"]
        vocab_size, width = index["head"]["shape"]
        return LlamaShape(
            num_layers=sizes["num_layers"],
            width=width,
            num_heads=index["layers.0.o_proj"]["shape"][1] // sizes["head_width"],
            num_kv_heads=sizes["num_kv_heads"],
            head_width=sizes["head_width"],
            ffn_width=index["layers.0.down_proj"]["shape"][1],
            vocab_size=vocab_size,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{folder} holds no model to start from: {error}") from error


def shipped_relief(folder: Path) -> dict[str, Floats]:
    """What each product's input (I,) is multiplied with, for an export like the folder's own.

    Raises TrainingError for a folder that holds no such model.
    """
    try:
        index = json.loads((folder / EXPANSION_FILE).read_text(encoding="utf-8"))
        return {name: _relief(folder, entry) for name, entry in index.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(f"{folder} holds no model to start from: {error}") from error


def _layer(
    layer: int,
    products: Mapping[str, Floats],
    reliefs: Mapping[str, Floats],
    norms: Mapping[str, Floats],
    shape: LlamaShape,
) -> Weights:
    """A layer's tensors; what relieves a product's input is in the norm before it."""
    ours, theirs = f"layers.{layer}", f"model.layers.{layer}"
    kv_width = shape.num_kv_heads * shape.head_width
    query, key, value = np.split(products[f"{ours}.qkv_proj"], (-2 * kv_width, -kv_width))
    gate, up = np.split(products[f"{ours}.gate_up_proj"], 2)
    before, between = f"{theirs}.input_layernorm", f"{theirs}.post_attention_layernorm"
    return {
        f"{before}.weight": norms[before] / reliefs[f"{ours}.qkv_proj"],
        f"{between}.weight": norms[between] / reliefs[f"{ours}.gate_up_proj"],
        f"{theirs}.self_attn.q_proj.weight": _by_keys(query, 0, shape),
        f"{theirs}.self_attn.k_proj.weight": key,
        f"{theirs}.self_attn.v_proj.weight": value,
        f"{theirs}.self_attn.o_proj.weight": _by_keys(products[f"{ours}.o_proj"], 1, shape),
        f"{theirs}.mlp.gate_proj.weight": gate,
        f"{theirs}.mlp.up_proj.weight": up,
        f"{theirs}.mlp.down_proj.weight": products[f"{ours}.down_proj"],
    }


def _by_keys(weight: Floats, axis: int, shape: LlamaShape) -> Floats:
    """Heads of one key together, as published; in the file those of a group are."""
    sizes = shape.num_groups, shape.num_kv_heads, shape.head_width
    order = np.arange(weight.shape[axis]).reshape(sizes).swapaxes(0, 1).ravel()
    return weight.take(order, axis)


def _product(folder: Path, entry: Mapping[str, Any]) -> Floats:
    """A product's weights (O, I)."""
    num_out, num_in = entry["shape"]
    sizes = num_out, num_in // BLOCK
    codes = _read(folder, entry["codes"], np.uint8, (*sizes, BLOCK * entry["bits"] // 8))
    scales = _read(folder, entry["scales"], np.float16, sizes).astype(np.float32)
    if entry["bits"] == 8:
        return dequantise_eight_bit(EightBit(codes, scales), num_in)
    offsets = _read(folder, entry["offsets"], np.float16, sizes).astype(np.float32)
    return dequantise_four_bit(FourBit(codes, scales, offsets))


def _relief(folder: Path, entry: Mapping[str, Any]) -> Floats:
    """What a product's input (I,) was multiplied with."""
    relief: Floats = _read(folder, entry["relief"], np.float32, (entry["shape"][1],))
    return relief


def _read(
    folder: Path, place: tuple[str, int], dtype: type[np.generic], shape: tuple[int, ...]
) -> NDArray[Any]:
    name, offset = place
    return np.fromfile(folder / name, dtype, int(np.prod(shape)), offset=offset).reshape(shape)
