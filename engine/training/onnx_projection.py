"""Projections, embedding and head of the ONNX graph, in full or in quantised weights."""

# D width, V vocabulary, I input features, O output features, R rank, J blocks of the input features

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.training.onnx_nodes import MICROSOFT, Attributes, Branch, Floats, Nodes
from engine.training.quantise import BLOCK, eight_bit, four_bit

# Activations are rounded to eight bits per row and block inside the kernel: the fastest on a CPU,
# and a row's result still depends on that row alone.
ACCURACY_LEVEL = 4
FLOAT, BOOL = 1, 9  # their numbers among ONNX's types


@dataclass(frozen=True, slots=True)
class Adapter:
    """``down`` (R, I) and ``up`` (O, R): ``scale * up @ down @ x`` is added to the projection."""

    down: Floats
    up: Floats


@dataclass(frozen=True, slots=True)
class Projection:
    """A weight (O, I) by its name in the graph."""

    name: str
    weight: Floats
    adapter: Adapter | None


class Projector(Protocol):
    """Writes products with weights into a graph."""

    def embed(self, ids: str, table: Floats) -> str:
        """Rows of the table (V, D) by ids (B, N)."""
        ...

    def head(self, hidden: str) -> str:
        """Logits (M, V) of hidden (M, D) against the table that was embedded with."""
        ...

    def project(self, states: str, projections: Sequence[Projection]) -> list[str]:
        """States (B, N, I) times each weight (O, I), with the adapter when ``scale`` is 1."""
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

    def project(self, states: str, projections: Sequence[Projection]) -> list[str]:
        """States (B, N, I) times each weight (O, I), with the adapter when ``scale`` is 1."""
        return [self._project(states, one) for one in projections]

    def _project(self, states: str, one: Projection) -> str:
        plain = self._product(states, self.nodes.constant(f"{one.name}.weight", one.weight))
        if one.adapter is None:
            return plain
        down = self.nodes.constant(f"adapter.{one.name}.down", one.adapter.down)
        up = self.nodes.constant(f"adapter.{one.name}.up", one.adapter.up)
        inner = self.nodes.add("Mul", self._product(states, down), "scale")
        return self.nodes.add("Add", plain, self._product(inner, up))

    def _product(self, states: str, weight: str) -> str:
        attributes: Attributes = {"transB": 1}
        return self.nodes.add(
            "FusedMatMul", states, weight, domain=MICROSOFT, attributes=attributes
        )


class QuantisedProjector:
    """Layers in four bits with offsets, the one table of the tied head in eight.

    ``MatMulNBits`` knows no offsets: they are a product of their own, offsets (O, J) times the sums
    of each block of the input. It and the adapter's ``up`` stay in float: the kernels for quantised
    weights are slow on so few input features. Adapters run for canvases alone, as a branch: with
    them a context token costs a fifth more.
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

    def project(self, states: str, projections: Sequence[Projection]) -> list[str]:
        """States (B, N, I) times each weight (O, I), with the adapter when ``scale`` is 1."""
        nodes = self.nodes
        plain = [self._without_adapter(states, one) for one in projections]
        # Cast within the branch the runtime would keep them twice.
        ups = [self._up(one) for one in projections]
        if not any(ups):
            return [nodes.add("Add", *terms) for terms in plain]
        with nodes.branch() as adapted:
            sums = [
                nodes.add("Add", product, self._adapted(states, offset, one, up))
                for (product, offset), one, up in zip(plain, projections, ups, strict=True)
            ]
        with nodes.branch() as bare:
            bare_sums = [nodes.add("Add", *terms) for terms in plain]
        return nodes.choose(self._is_adapted(), Branch(adapted, sums), Branch(bare, bare_sums))

    def _without_adapter(self, states: str, one: Projection) -> tuple[str, str]:
        """The product with the packed weight, and that with its offsets."""
        nodes, quantised = self.nodes, four_bit(one.weight)
        num_out, num_in = one.weight.shape
        names = (
            nodes.constant(f"{one.name}.packed", quantised.packed),
            nodes.constant(f"{one.name}.scales", quantised.scales),
        )
        offsets = self._half(f"adapter.{one.name}.offsets", quantised.offsets)
        sums = self._block_sums(states, num_in)
        product = self._product(states, names, 4, num_out, num_in)
        return product, nodes.add("MatMul", sums, offsets)

    def _up(self, one: Projection) -> str:
        """The adapter's ``up``, nothing where there is none."""
        return self._half(f"adapter.{one.name}.up", one.adapter.up) if one.adapter else ""

    def _adapted(self, states: str, offset: str, one: Projection, up: str) -> str:
        """``offset`` and what the adapter adds."""
        if one.adapter is None:
            return offset
        down = self._eight_bit(f"adapter.{one.name}.down", one.adapter.down)
        inner = self._product(states, down, 8, *one.adapter.down.shape)
        return self.nodes.add("Add", self.nodes.add("MatMul", inner, up), offset)

    def _half(self, name: str, matrix: Floats) -> str:
        """``matrix`` (O, K) transposed, half the size in the file: it is cast once, at loading."""
        stored = self.nodes.constant(name, matrix.T.astype(np.float16))
        return self.nodes.add("Cast", stored, attributes={"to": FLOAT})

    def _is_adapted(self) -> str:
        """Whether ``scale`` is not 0, computed once."""
        if self.nodes.has("is_adapted"):
            return "is_adapted"
        return self.nodes.add("Cast", "scale", attributes={"to": BOOL}, name="is_adapted")

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
