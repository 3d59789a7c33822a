"""The two-stream Llama as an ONNX graph, node by node.

One graph for both streams: ``scale`` is 0 for the context (frozen base) and 1 for canvases (base
and adapters). The context's keys and values live in buffers of fixed size that are input and output
of the same memory: a run writes the rows ``slots`` into them and copies nothing. Attention to the
context and to the canvas are separate products under one softmax, so that canvases of a batch share
the context, and a context token's result does not depend on how the prefill was cut.

Inputs: ids, positions, limits (B, N) int64; canvas_bias (B, N, N) float32, added to the scores of
canvas tokens among each other; scale (1,); store (W,) int64, rows whose keys and values are kept;
slots (K, W, 2) int64, where; rows (M,) int64 of the B*N whose logits are wanted;
cache.<layer>.key, cache.<layer>.value (K, S, head_width). A row sees the slots below its limit.
Outputs: logits (M, V), and each cache again under its name with ``.next``.
"""

# B canvases, N tokens, S slots, K key/value heads, G query heads of each, D width, V vocabulary

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.training.onnx_nodes import MICROSOFT, Floats, Nodes
from engine.training.onnx_projection import Adapter, Projection, Projector
from engine.training.shape import LlamaShape

HIDDEN_SCORE = -1e9


@dataclass(frozen=True, slots=True)
class GraphWeights:
    """Base by Hugging Face names, adapters by ``layers.N.<projection>.lora_a`` and ``.lora_b``.

    ``lora_b`` carries the adapters' scale. The embedding holds the trained special rows already.
    """

    base: Mapping[str, Floats]
    adapters: Mapping[str, Floats]

    def adapter(self, layer: int, name: str) -> Adapter | None:
        """One projection's adapter, None when it has none."""
        prefix = f"layers.{layer}.{name}"
        if f"{prefix}.lora_a" not in self.adapters:
            return None
        return Adapter(self.adapters[f"{prefix}.lora_a"], self.adapters[f"{prefix}.lora_b"])


class LlamaGraph:
    """Adds the nodes of a Llama to ``nodes``, in the order they run."""

    def __init__(
        self,
        nodes: Nodes,
        projector: Projector,
        weights: GraphWeights,
        shape: LlamaShape,
        max_positions: int,
    ) -> None:
        self.nodes, self.projector, self.weights, self.shape = nodes, projector, weights, shape
        self._declare_inputs()
        hidden = projector.embed("ids", weights.base["model.embed_tokens.weight"])
        self.cosine, self.sine = self._rope_tables(max_positions)
        self.bias = self._bias()
        residual = hidden
        normed = self._norm(hidden, "model.layers.0.input_layernorm")
        for layer in range(shape.num_layers):
            attended = self._attention(layer, normed)
            normed, residual = self._add_and_norm(
                residual, attended, f"model.layers.{layer}.post_attention_layernorm"
            )
            mixed = self._feed_forward(layer, normed)
            is_last = layer + 1 == shape.num_layers
            following = "model.norm" if is_last else f"model.layers.{layer + 1}.input_layernorm"
            normed, residual = self._add_and_norm(residual, mixed, following)
        flat = nodes.add("Reshape", normed, nodes.shape(-1, shape.width))
        nodes.output("logits", projector.head(nodes.add("Gather", flat, "rows")), "MV")

    def _declare_inputs(self) -> None:
        nodes, shape = self.nodes, self.shape
        for name in ("ids", "positions", "limits"):
            nodes.input(name, np.int64, ["B", "N"])
        nodes.input("canvas_bias", np.float32, ["B", "N", "N"])
        nodes.input("scale", np.float32, [1])
        nodes.input("store", np.int64, ["W"])
        nodes.input("slots", np.int64, [shape.num_kv_heads, "W", 2])
        nodes.input("rows", np.int64, ["M"])
        for layer in range(shape.num_layers):
            for part in ("key", "value"):
                sizes: list[int | str] = [shape.num_kv_heads, "S", shape.head_width]
                nodes.input(f"cache.{layer}.{part}", np.float32, sizes)

    def _rope_tables(self, max_positions: int) -> tuple[str, str]:
        """Cosine and sine (max_positions, head_width / 2) of the rotary embedding."""
        half = np.arange(0, self.shape.head_width, 2) / self.shape.head_width
        angles = np.arange(max_positions)[:, None] * self.shape.rope_theta**-half
        cosine = self.nodes.constant("rope.cosine", np.cos(angles).astype(np.float32))
        return cosine, self.nodes.constant("rope.sine", np.sin(angles).astype(np.float32))

    def _bias(self) -> str:
        """What is added to the scores, (B, 1, G*N, S+N): hidden slots, then the canvas's bias."""
        nodes = self.nodes
        num_slots = nodes.add("Gather", nodes.add("Shape", "cache.0.key"), nodes.scalar(1))
        slots = nodes.add("Range", nodes.scalar(0), num_slots, nodes.scalar(1))
        limits = nodes.add("Unsqueeze", "limits", nodes.shape(-1))
        is_visible = nodes.add("Less", slots, limits)
        context = nodes.add(
            "Where", is_visible, nodes.real(0.0, "visible"), nodes.real(HIDDEN_SCORE, "hidden")
        )
        both = nodes.add("Concat", context, "canvas_bias", attributes={"axis": 2})
        heads = nodes.add("Unsqueeze", both, nodes.shape(1))
        return nodes.add("Tile", heads, nodes.shape(1, 1, self.shape.num_groups, 1))

    def _attention(self, layer: int, normed: str) -> str:
        nodes, shape = self.nodes, self.shape
        query, key, value = self._project(layer, normed, "q_proj", "k_proj", "v_proj")
        query, key = self._rotate(query, shape.num_heads), self._rotate(key, shape.num_kv_heads)
        past_key = self._write(f"cache.{layer}.key", key)
        past_value = self._write(f"cache.{layer}.value", value)
        query, key, value = self._grouped(query), self._heads(key), self._heads(value)
        scores = nodes.add(
            "Concat",
            self._scores(query, past_key),
            self._scores(query, key),
            attributes={"axis": -1},
        )
        scores = nodes.add("Add", scores, self.bias)
        shares = nodes.add("Softmax", scores, attributes={"axis": -1})
        sizes = self._split_sizes()
        past_share, share = nodes.add_many("Split", 2, shares, sizes, attributes={"axis": -1})
        mixed = nodes.add(
            "Add",
            nodes.add("MatMul", past_share, past_value),
            nodes.add("MatMul", share, value),
        )
        return self._project(layer, self._ungrouped(mixed), "o_proj")[0]

    def _scores(self, query: str, key: str) -> str:
        attributes = {"transB": 1, "alpha": self.shape.head_width**-0.5}
        return self.nodes.add("FusedMatMul", query, key, domain=MICROSOFT, attributes=attributes)

    def _split_sizes(self) -> str:
        """[S, N], computed once."""
        if self.nodes.has("split_sizes"):
            return "split_sizes"
        sizes = [
            self.nodes.add("Gather", self.nodes.add("Shape", name), self.nodes.shape(1))
            for name in ("cache.0.key", "ids")
        ]
        return self.nodes.add("Concat", *sizes, attributes={"axis": 0}, name="split_sizes")

    def _rotate(self, states: str, num_heads: int) -> str:
        return self.nodes.add(
            "RotaryEmbedding",
            states,
            "positions",
            self.cosine,
            self.sine,
            domain=MICROSOFT,
            attributes={"num_heads": num_heads, "rotary_embedding_dim": self.shape.head_width},
        )

    def _write(self, cache: str, states: str) -> str:
        """Put the ``store`` rows of states (B, N, K*head_width) into the cache's slots."""
        nodes, shape = self.nodes, self.shape
        rows = nodes.add("Reshape", states, nodes.shape(-1, shape.num_kv_heads, shape.head_width))
        kept = nodes.add("Gather", rows, "store")
        kept = nodes.add("Transpose", kept, attributes={"perm": [1, 0, 2]})
        written = nodes.add("ScatterND", cache, "slots", kept, name=f"{cache}.next")
        nodes.output(written, written, "KSH")
        return written

    def _grouped(self, states: str) -> str:
        """(B, N, K*G*head_width) -> (B, K, G*N, head_width)."""
        nodes, shape = self.nodes, self.shape
        sizes = (0, 0, shape.num_kv_heads, shape.num_groups, shape.head_width)
        split = nodes.add("Reshape", states, nodes.shape(*sizes))
        moved = nodes.add("Transpose", split, attributes={"perm": [0, 2, 3, 1, 4]})
        return nodes.add("Reshape", moved, nodes.shape(0, 0, -1, shape.head_width))

    def _ungrouped(self, states: str) -> str:
        nodes, shape = self.nodes, self.shape
        sizes = (0, 0, shape.num_groups, -1, shape.head_width)
        split = nodes.add("Reshape", states, nodes.shape(*sizes))
        moved = nodes.add("Transpose", split, attributes={"perm": [0, 3, 1, 2, 4]})
        return nodes.add("Reshape", moved, nodes.shape(0, 0, shape.num_heads * shape.head_width))

    def _heads(self, states: str) -> str:
        """(B, N, K*head_width) -> (B, K, N, head_width)."""
        nodes, shape = self.nodes, self.shape
        sizes = nodes.shape(0, 0, shape.num_kv_heads, shape.head_width)
        split = nodes.add("Reshape", states, sizes)
        return nodes.add("Transpose", split, attributes={"perm": [0, 2, 1, 3]})

    def _feed_forward(self, layer: int, normed: str) -> str:
        gate, up = self._project(layer, normed, "gate_proj", "up_proj")
        # QuickGelu with alpha 1 is SiLU.
        gate = self.nodes.add("QuickGelu", gate, domain=MICROSOFT, attributes={"alpha": 1.0})
        return self._project(layer, self.nodes.add("Mul", gate, up), "down_proj")[0]

    def _project(self, layer: int, states: str, *names: str) -> list[str]:
        return self.projector.project(states, [self._projection(layer, name) for name in names])

    def _projection(self, layer: int, name: str) -> Projection:
        part = "mlp" if name in ("gate_proj", "up_proj", "down_proj") else "self_attn"
        weight = self.weights.base[f"model.layers.{layer}.{part}.{name}.weight"]
        return Projection(f"layers.{layer}.{name}", weight, self.weights.adapter(layer, name))

    def _norm(self, states: str, name: str) -> str:
        return self.nodes.add(
            "SimplifiedLayerNormalization",
            states,
            self._norm_weight(name),
            attributes={"axis": -1, "epsilon": self.shape.norm_epsilon},
        )

    def _add_and_norm(self, residual: str, states: str, name: str) -> tuple[str, str]:
        """The norm of ``residual + states``, and that sum."""
        outputs = self.nodes.add_many(
            "SkipSimplifiedLayerNormalization",
            4,
            residual,
            states,
            self._norm_weight(name),
            domain=MICROSOFT,
            attributes={"epsilon": self.shape.norm_epsilon},
        )
        return outputs[0], outputs[3]

    def _norm_weight(self, name: str) -> str:
        weight: NDArray[np.float32] = self.weights.base[f"{name}.weight"].astype(np.float32)
        return self.nodes.constant(name, weight)
