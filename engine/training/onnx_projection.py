"""Projections, embedding and head of the ONNX graph, in full or in quantised weights."""

# D width, V vocabulary, I input features, O output features, R rank, J blocks of the input features

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.training.onnx_nodes import MICROSOFT, Attributes, Floats, Nodes
from engine.training.quantise import BLOCK, EightBit, block_sums, eight_bit, four_bit

# Activations are rounded to eight bits per row and block inside the kernel: the fastest on a CPU,
# and a row's result still depends on that row alone.
ACCURACY_LEVEL = 4


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
    """Layers in four bits with offsets, adapters and the one table of the tied head in eight.

    ``MatMulNBits`` knows no offsets. They are a product of their own, offsets (O, J) times the sums
    of each block of the input, and ride with the adapter: ``down`` gets J rows that sum blocks,
    ``up`` gets the offsets as J columns, and these are never scaled.
    """

    def __init__(self, nodes: Nodes, accuracy_level: int = ACCURACY_LEVEL) -> None:
        self.nodes, self.accuracy_level = nodes, accuracy_level
        self._table_sizes = (0, 0)

    def embed(self, ids: str, table: Floats) -> str:
        """Rows of the table (V, D) by ids (B, N): the head's eight-bit blocks, dequantised."""
        nodes, quantised = self.nodes, eight_bit(table)
        self._table_sizes = (table.shape[0], table.shape[1])
        packed = nodes.constant("embedding.packed", quantised.packed)
        scales = nodes.constant("embedding.scales", quantised.scales)
        codes = nodes.add("Cast", nodes.add("Gather", packed, ids), attributes={"to": 1})
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
        sums = block_sums(num_in)
        down, up, rank = sums, quantised.offsets, 0
        if adapter is not None:
            rank = _round_up(len(adapter.down))
            down = np.concatenate([_padded(adapter.down, rank, 0), sums])
            up = np.concatenate([_padded(adapter.up, rank, 1), quantised.offsets], axis=1)
        inner = self._eight_bit(f"adapter.{name}.down", states, down)
        if rank:
            inner = nodes.add("Mul", inner, self._gate(rank, len(sums)))
        return nodes.add("Add", plain, self._eight_bit(f"adapter.{name}.up", inner, up))

    def _gate(self, rank: int, num_blocks: int) -> str:
        """(R + J,): ``scale`` for the adapter's part, 1 for the offsets' part; computed once."""
        name = f"gate_{rank}_{num_blocks}"
        if self.nodes.has(name):
            return name
        scaled = np.repeat(np.array([1, 0], np.float32), [rank, num_blocks])
        part = self.nodes.add("Mul", "scale", self.nodes.constant(f"{name}.scaled", scaled))
        return self.nodes.add(
            "Add", part, self.nodes.constant(f"{name}.fixed", 1 - scaled), name=name
        )

    def _eight_bit(self, name: str, states: str, weight: Floats) -> str:
        quantised: EightBit = eight_bit(weight)
        names = (
            self.nodes.constant(f"{name}.packed", quantised.packed),
            self.nodes.constant(f"{name}.scales", quantised.scales),
        )
        return self._product(states, names, 8, *weight.shape)

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


def _round_up(rank: int) -> int:
    """A whole number of blocks: the offsets' sums are far larger than what an adapter gives."""
    return -(-rank // BLOCK) * BLOCK


def _padded(matrix: Floats, size: int, axis: int) -> Floats:
    """``matrix`` with zeros behind it along ``axis``."""
    padding = [(0, 0), (0, 0)]
    padding[axis] = (0, size - matrix.shape[axis])
    return np.pad(matrix, padding).astype(np.float32)
