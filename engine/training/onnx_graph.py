"""The Llama as an ONNX graph, node by node: one set of weights for contexts and canvases.

Keys and values of all tokens live in buffers that are input and output of the same memory: a run
writes its own rows into them, at the tokens' positions, and copies nothing. What a row sees is told
by its limit alone: the slots below it. So a context and a causal pass take each token's own
position plus one, a bidirectional canvas takes its end, and a context token's result does not
depend on how the prefill was cut. A graph's time at few rows goes into the number of its nodes, so
there are as few as possible: one product for query, key and value, one for gate and up.

Inputs: ids, positions, limits (N,) int64; rows (M,) int64, of the N whose logits are wanted, one at
least; cache.<layer>.key, cache.<layer>.value (S, K*head_width), any beginning of the buffers that
holds the rows. Outputs: logits (M, V), and each cache again under its name with ``.next``.
"""

# N tokens, S slots, K key/value heads, G query heads of each, D width, V vocabulary; products with
# keys and values have P batches a head of R rows each, P * R = G * N

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.training.onnx_nodes import MICROSOFT, Floats, Nodes
from engine.training.onnx_projection import Projection, Projector
from engine.training.shape import LlamaShape

HIDDEN_SCORE = -1e9
# Up to this many tokens the query heads of a key are rows of one product, else batches.
FEW_TOKENS = 32
# The products of a layer, by the names that a relief goes by.
QKV, OUT, GATE_UP, DOWN = "qkv_proj", "o_proj", "gate_up_proj", "down_proj"
HEAD = "head"


class LlamaGraph:
    """Adds the nodes of a Llama to ``nodes``, in the order they run.

    ``weights`` by Hugging Face names. ``relief`` (I,) by ``layers.N.<product>``: what the product's
    input is multiplied with, by the norm or the product before it, and its weights divided by.
    """

    def __init__(
        self,
        nodes: Nodes,
        projector: Projector,
        weights: Mapping[str, Floats],
        relief: Mapping[str, Floats],
        shape: LlamaShape,
        max_positions: int,
    ) -> None:
        self.nodes, self.projector, self.shape = nodes, projector, shape
        self.weights, self.relief = weights, relief
        self._declare_inputs()
        table = self._table()
        residual = projector.embed(self._row("ids"), table)
        self.cosine, self.sine = self._rope_tables(max_positions)
        self.positions = self._row("positions")
        self.slots = nodes.add("Unsqueeze", self.positions, nodes.shape(-1))
        self.heads = self._heads()
        self.bias = self._bias()
        normed = self._norm(residual, f"{_layer(0)}.input_layernorm", self._relief(0, QKV))
        for layer in range(shape.num_layers):
            attended = self._attention(*self._query_key_value(layer, normed))
            if layer + 1 == shape.num_layers:
                # Nobody reads what comes of other rows from here on.
                attended, residual = self._wanted(attended), self._wanted(residual)
            normed, residual = self._add_and_norm(
                residual,
                self._project(layer, OUT, attended),
                f"{_layer(layer)}.post_attention_layernorm",
                self._relief(layer, GATE_UP),
            )
            mixed = self._feed_forward(layer, normed)
            normed, residual = self._next(layer + 1, residual, mixed)
        flat = nodes.add("Reshape", normed, nodes.shape(-1, shape.width))
        nodes.output("logits", projector.head(flat, table), "MV")

    def _declare_inputs(self) -> None:
        nodes, shape = self.nodes, self.shape
        for name in ("ids", "positions", "limits"):
            nodes.input(name, np.int64, ["N"])
        nodes.input("rows", np.int64, ["M"])
        for layer in range(shape.num_layers):
            for part in ("key", "value"):
                sizes: list[int | str] = ["S", shape.num_kv_heads * shape.head_width]
                nodes.input(f"cache.{layer}.{part}", np.float32, sizes)

    def _row(self, name: str) -> str:
        """(N,) -> (1, N): the runtime's operators want a batch."""
        return self.nodes.add("Unsqueeze", name, self.nodes.shape(0))

    def _wanted(self, states: str) -> str:
        return self.nodes.add("Gather", states, "rows", attributes={"axis": 1})

    def _rope_tables(self, max_positions: int) -> tuple[str, str]:
        """Cosine and sine (max_positions, head_width / 2) of the rotary embedding."""
        half = np.arange(0, self.shape.head_width, 2) / self.shape.head_width
        angles = np.arange(max_positions)[:, None] * self.shape.rope_theta**-half
        cosine = self.nodes.constant("rope.cosine", np.cos(angles).astype(np.float32))
        return cosine, self.nodes.constant("rope.sine", np.sin(angles).astype(np.float32))

    def _heads(self) -> str:
        """The sizes (R, P, K, head_width) that queries are given for their products.

        Many tokens make P = G batches a head of keys, which threads can share evenly (K = 3 of them
        they cannot); a few make one, which reads the keys once.
        """
        nodes, shape = self.nodes, self.shape
        num_tokens = nodes.add("Shape", "ids")
        is_many = nodes.add("Less", nodes.shape(FEW_TOKENS), num_tokens)
        many = nodes.shape(-1, shape.num_groups, shape.num_kv_heads, shape.head_width)
        few = nodes.shape(-1, 1, shape.num_kv_heads, shape.head_width)
        return nodes.add("Where", is_many, many, few)

    def _bias(self) -> str:
        """What is added to the scores, (R, S)."""
        nodes = self.nodes
        num_slots = nodes.add("Gather", nodes.add("Shape", "cache.0.key"), nodes.scalar(0))
        slots = nodes.add("Range", nodes.scalar(0), num_slots, nodes.scalar(1))
        columns = nodes.add("Unsqueeze", "limits", nodes.shape(-1))
        parts = nodes.add("Gather", self.heads, nodes.shape(1))
        repeats = nodes.add("Div", nodes.shape(self.shape.num_groups), parts)
        repeats = nodes.add("Concat", nodes.shape(1), repeats, attributes={"axis": 0})
        repeated = nodes.add("Tile", columns, repeats)
        is_visible = nodes.add("Less", slots, nodes.add("Reshape", repeated, nodes.shape(-1, 1)))
        visible, hidden = nodes.real(0.0, "visible"), nodes.real(HIDDEN_SCORE, "hidden")
        return nodes.add("Where", is_visible, visible, hidden)

    def _query_key_value(self, layer: int, normed: str) -> tuple[str, str, str]:
        """Query (1, N, G*K*head_width); key and value (S, 1, K, head_width) with the new rows."""
        nodes, shape = self.nodes, self.shape
        width = shape.head_width
        sizes = shape.num_heads * width, shape.num_kv_heads * width
        product = self._project(layer, QKV, normed)
        both, value = self._split(product, sum(sizes), sizes[1])
        rotated = nodes.add(
            "RotaryEmbedding",
            both,
            self.positions,
            self.cosine,
            self.sine,
            domain=MICROSOFT,
            attributes={
                "num_heads": shape.num_heads + shape.num_kv_heads,
                "rotary_embedding_dim": width,
            },
        )
        query, key = self._split(rotated, *sizes)
        return query, self._written(layer, "key", key), self._written(layer, "value", value)

    def _written(self, layer: int, part: str, states: str) -> str:
        """States (1, N, K*head_width) put into their slots; the whole buffer by heads."""
        nodes, shape = self.nodes, self.shape
        cache = f"cache.{layer}.{part}"
        written = nodes.add("ScatterND", cache, self.slots, states, name=f"{cache}.next")
        nodes.output(written, written, "SH")
        sizes = nodes.shape(-1, 1, shape.num_kv_heads, shape.head_width)
        return nodes.add("Reshape", written, sizes)

    def _attention(self, query: str, key: str, value: str) -> str:
        """Query (1, N, G*K*head_width) against a buffer (S, 1, K, head_width), laid out as query.

        The query's heads are so ordered that those of one key stand together, as rows or as
        batches, and products read the buffers as they lie.
        """
        nodes, shape = self.nodes, self.shape
        scores = nodes.add(
            "FusedMatMul",
            nodes.add("Reshape", query, self.heads),
            key,
            domain=MICROSOFT,
            attributes={
                "transB": 1,
                "transBatchA": 1,
                "transBatchB": 1,
                "alpha": shape.head_width**-0.5,
            },
        )
        shares = nodes.add("Softmax", nodes.add("Add", scores, self.bias), attributes={"axis": -1})
        mixed = nodes.add(
            "FusedMatMul", shares, value, domain=MICROSOFT, attributes={"transBatchB": 1}
        )
        rows = nodes.add("Transpose", mixed, attributes={"perm": [2, 0, 1, 3]})
        return nodes.add("Reshape", rows, nodes.shape(1, -1, shape.num_heads * shape.head_width))

    def _feed_forward(self, layer: int, normed: str) -> str:
        ffn_width = self.shape.ffn_width
        gate, up = self._split(self._project(layer, GATE_UP, normed), ffn_width, ffn_width)
        # QuickGelu with alpha 1 is SiLU.
        gate = self.nodes.add("QuickGelu", gate, domain=MICROSOFT, attributes={"alpha": 1.0})
        return self._project(layer, DOWN, self.nodes.add("Mul", gate, up))

    def _split(self, states: str, *widths: int) -> list[str]:
        attributes = {"axis": -1}
        sizes = self.nodes.shape(*widths)
        return self.nodes.add_many(
            "Split", range(len(widths)), states, sizes, attributes=attributes
        )

    def _project(self, layer: int, product: str, states: str) -> str:
        return self.projector.project(states, self._projection(layer, product))

    def _projection(self, layer: int, product: str) -> Projection:
        """A layer's product, its outputs multiplied with what the next one is relieved by."""
        shape, name = self.shape, f"layers.{layer}.{product}"
        kv_width = shape.num_kv_heads * shape.head_width
        if product == QKV:
            parts = [self._by_groups(self._weight(layer, "self_attn.q_proj"), axis=0)]
            parts += [self._weight(layer, f"self_attn.{part}_proj") for part in "kv"]
            # One value is read by a head of each group, whose relief is the same.
            gains = [
                np.ones(len(parts[0]) + kv_width, np.float32),
                self._relief(layer, OUT)[:kv_width],
            ]
        elif product == OUT:
            parts = [self._by_groups(self._weight(layer, "self_attn.o_proj"), axis=1)]
            gains = [np.ones(len(parts[0]), np.float32)]
        elif product == GATE_UP:
            parts = [self._weight(layer, f"mlp.{part}_proj") for part in ("gate", "up")]
            gains = [np.ones(len(parts[0]), np.float32), self._relief(layer, DOWN)]
        else:
            parts = [self._weight(layer, "mlp.down_proj")]
            gains = [np.ones(len(parts[0]), np.float32)]
        weight, gain = np.concatenate(parts), np.concatenate(gains)
        return Projection(name, weight, self._relief(layer, product), gain)

    def _by_groups(self, weight: Floats, axis: int) -> Floats:
        """Heads in the order (K, G) put into the order (G, K)."""
        shape = self.shape
        sizes = (shape.num_kv_heads, shape.num_groups, shape.head_width)
        order = np.arange(np.prod(sizes)).reshape(sizes).transpose(1, 0, 2).ravel()
        return weight.take(order, axis)

    def _weight(self, layer: int, name: str) -> Floats:
        return self.weights[f"{_layer(layer)}.{name}.weight"]

    def _relief(self, layer: int, product: str) -> Floats:
        shape = self.shape
        width = {OUT: shape.num_heads * shape.head_width, DOWN: shape.ffn_width}
        plain = np.ones(width.get(product, shape.width), np.float32)
        return self.relief.get(f"layers.{layer}.{product}", plain).astype(np.float32)

    def _table(self) -> Projection:
        weight = self.weights["model.embed_tokens.weight"]
        relief = self.relief.get(HEAD, np.ones(self.shape.width, np.float32))
        return Projection(HEAD, weight, relief, np.ones(len(weight), np.float32))

    def _norm(self, states: str, name: str, relief: Floats) -> str:
        return self.nodes.add(
            "SimplifiedLayerNormalization",
            states,
            self._norm_weight(name, relief),
            attributes={"axis": -1, "epsilon": self.shape.norm_epsilon},
        )

    def _next(self, layer: int, residual: str, states: str) -> tuple[str, str]:
        """The input of ``layer``, or of the head behind the last one, and the sum so far."""
        if layer == self.shape.num_layers:
            plain = np.ones(self.shape.width, np.float32)
            return self._add_and_norm(residual, states, "model.norm", plain)
        name = f"{_layer(layer)}.input_layernorm"
        return self._add_and_norm(residual, states, name, self._relief(layer, QKV))

    def _add_and_norm(
        self, residual: str, states: str, name: str, relief: Floats
    ) -> tuple[str, str]:
        """The relieved norm of ``residual + states``, and that sum."""
        normed, total = self.nodes.add_many(
            "SkipSimplifiedLayerNormalization",
            (0, 3),
            residual,
            states,
            self._norm_weight(name, relief),
            domain=MICROSOFT,
            attributes={"epsilon": self.shape.norm_epsilon},
        )
        return normed, total

    def _norm_weight(self, name: str, relief: Floats) -> str:
        weight = self.weights[f"{name}.weight"].astype(np.float32) * relief
        return self.nodes.constant(name, weight)


def _layer(layer: int) -> str:
    return f"model.layers.{layer}"
