"""Projections, embedding and head of the ONNX graph, in full or in quantised weights."""

# D width, V vocabulary, I input features, O output features, R rank, J blocks of the input features

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.training.onnx_nodes import MICROSOFT, Attributes, Floats, Nodes
from engine.training.quantise import BLOCK, eight_bit, four_bit

# Activations are rounded to eight bits per row and block inside the kernel: the fastest on a CPU,
# and a row's result still depends on that row alone.
ACCURACY_LEVEL = 4
FLOAT = 1  # the number of float32 among ONNX's types


@dataclass(frozen=True, slots=True)
class Adapter:
    """``down`` (R, I) and ``up`` (O, R): ``scale * up @ down @ x`` is added to the projection."""

    down: Floats
    up: Floats


class Projector(Protocol):
    """Writes products with weights into a graph."""

    def embed(self, ids: str, table: Floats) -> str:
        """Rows of the table (V, D) by ids (B, N)."""
        ...

    def head(self, hidden: str) -> str:
        """Logits (M, V) of hidden (M, D) against the table that was embedded with."""
        ...

    def project(self, name: str, states: str, weight: Floats, adapter: Adapter | None) -> str:
        """States (B, N, I) times weight (O, I), with the adapter as far as ``scale`` says."""
        ...


class FullProjector:
    """Everything in float32: what the quantised file is compared with."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes

    def embed(self, ids: str, table: Floats) -> str:
        """Rows of the table (V, D) by ids (B, N)."""
        return self.nodes.add("Gather", self.nodes.constant("embedding", table), ids)

    def head(self, hidden: str) -> str:
        """Logits (M, V) of hidden (M, D)."""
        return self._product(hidden, "embedding")

    def project(self, name: str, states: str, weight: Floats, adapter: Adapter | None) -> str:
        """States (B, N, I) times weight (O, I), with the adapter as far as ``scale`` says."""
        plain = self._product(states, self.nodes.constant(f"{name}.weight", weight))
        if adapter is None:
            return plain
        down = self.nodes.constant(f"adapter.{name}.down", adapter.down)
        up = self.nodes.constant(f"adapter.{name}.up", adapter.up)
        inner = self.nodes.add("Mul", self._product(states, down), "scale")
        return self.nodes.add("Add", plain, self._product(inner, up))

    def _product(self, states: str, weight: str) -> str:
        attributes: Attributes = {"transB": 1}
        return self.nodes.add(
            "FusedMatMul", states, weight, domain=MICROSOFT, attributes=attributes
        )


class QuantisedProjector:
    """Layers in four bits with offsets, the one table of the tied head in eight.

    ``MatMulNBits`` knows no offsets. They are a product of their own, offsets (O, J) times the sums
    of each block of the input, and share one small product with the adapter's ``up``. That one
    stays in float: the kernels for quantised weights are slow on so few input features.
    """

    def __init__(self, nodes: Nodes, accuracy_level: int = ACCURACY_LEVEL) -> None:
        self.nodes, self.accuracy_level = nodes, accuracy_level
        self._table_sizes = (0, 0)
        self._sums: dict[str, str] = {}

    def embed(self, ids: str, table: Floats) -> str:
        """Rows of the table (V, D) by ids (B, N): the head's eight-bit blocks, dequantised."""
        nodes = self.nodes
        self._table_sizes = (table.shape[0], table.shape[1])
        packed, scales = self._eight_bit("embedding", table)
        codes = nodes.add("Cast", nodes.add("Gather", packed, ids), attributes={"to": FLOAT})
        codes = nodes.add("Sub", codes, nodes.real(128.0, "eight_bit_zero"))
        row_scales = nodes.add("Gather", scales, ids)
        row_scales = nodes.add("Unsqueeze", row_scales, nodes.shape(-1))
        blocks = nodes.add("Mul", codes, row_scales)
        return nodes.add("Reshape", blocks, nodes.shape(0, 0, table.shape[1]))

    def head(self, hidden: str) -> str:
        """Logits (M, V) of hidden (M, D)."""
        num_ids, width = self._table_sizes
        names = ("embedding.packed", "embedding.scales")
        return self._product(hidden, names, 8, num_ids, width)

    def project(self, name: str, states: str, weight: Floats, adapter: Adapter | None) -> str:
        """States (B, N, I) times weight (O, I), with the adapter as far as ``scale`` says."""
        nodes, quantised = self.nodes, four_bit(weight)
        num_out, num_in = weight.shape
        names = (
            nodes.constant(f"{name}.packed", quantised.packed),
            nodes.constant(f"{name}.scales", quantised.scales),
        )
        plain = self._product(states, names, 4, num_out, num_in)
        inner, up = self._block_sums(states, num_in), quantised.offsets
        if adapter is not None:
            down = self._eight_bit(f"adapter.{name}.down", adapter.down)
            adapted = self._product(states, down, 8, *adapter.down.shape)
            adapted = nodes.add("Mul", adapted, "scale")
            inner = nodes.add("Concat", inner, adapted, attributes={"axis": -1})
            up = np.concatenate([up, adapter.up], axis=1)
        # Half the size in the file; the runtime casts it once, when the model is loaded.
        stored = nodes.constant(f"adapter.{name}.up", up.T.astype(np.float16))
        full = nodes.add("Cast", stored, attributes={"to": FLOAT})
        return nodes.add("Add", plain, nodes.add("MatMul", inner, full))

    def _block_sums(self, states: str, width: int) -> str:
        """Sums (B, N, J) of each block of states (B, N, I); once for all that read the same."""
        if states not in self._sums:
            nodes = self.nodes
            blocks = nodes.add("Reshape", states, nodes.shape(0, 0, width // BLOCK, BLOCK))
            self._sums[states] = nodes.add(
                "ReduceSum", blocks, nodes.shape(-1), attributes={"keepdims": 0}
            )
        return self._sums[states]

    def _eight_bit(self, name: str, weight: Floats) -> tuple[str, str]:
        quantised = eight_bit(weight)
        return (
            self.nodes.constant(f"{name}.packed", quantised.packed),
            self.nodes.constant(f"{name}.scales", quantised.scales),
        )

    def _product(
        self, states: str, names: tuple[str, str], bits: int, num_out: int, num_in: int
    ) -> str:
        attributes: Attributes = {
            "K": num_in,
            "N": num_out,
            "bits": bits,
            "block_size": BLOCK,
            "accuracy_level": self.accuracy_level,
        }
        return self.nodes.add(
            "MatMulNBits", states, *names, domain=MICROSOFT, attributes=attributes
        )
