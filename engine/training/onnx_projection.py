"""Projections, embedding and head of the ONNX graph, in full or in quantised weights."""

# D width, V vocabulary, I input features, O output features, R rank, J blocks of the input features

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.denoisers.expansion import REACH, ZERO, Place, Stored
from engine.training.onnx_nodes import MICROSOFT, Attributes, Branch, Floats, Nodes
from engine.training.quantise import BLOCK, eight_bit, four_bit

# Activations are rounded to eight bits per row and block inside the kernel: the fastest on a CPU,
# and a row's result still depends on that row alone.
ACCURACY_LEVEL = 4
# What a row of nothing but zeros is divided by.
LEAST_STEP = 1e-12
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


@dataclass(frozen=True, slots=True)
class _Rows:
    """Activations as bytes (R, I), their steps (R, 1), and where their relief (I,) is."""

    rounded: str
    steps: str
    relief: Place


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
    """Layers in four bits on disk and eight in memory, the one table of the tied head in eight.

    Layers are products of bytes (``engine.denoisers.expansion``): one step for a row of activations
    (R = B * N of them), so that a row's result depends on that row alone. Adapters and head are
    ``MatMulNBits``, the adapter's ``up`` stays in float: the kernels for quantised weights are slow
    on so few input features. Adapters run for canvases alone, as a branch: with them a context
    token costs a fifth more.
    """

    def __init__(self, nodes: Nodes, relief: Mapping[str, Floats] | None = None) -> None:
        """``relief`` (I,) by the name of the first projection that reads an input."""
        self.nodes, self.relief = nodes, relief or {}
        self.stored: dict[str, Stored] = {}
        self._table_sizes = (0, 0)

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
        rows = self._rows(states, projections[0])
        products = [self._byte_product(rows, one) for one in projections]
        # Cast within the branch the runtime would keep them twice.
        ups = [self._up(one) for one in projections]
        # Named before the branches, whose own names end with them.
        is_adapted, sizes = self._is_adapted(), self._token_sizes()
        with nodes.branch() as bare:
            plain = [self._plain(rows, product, sizes) for product in products]
        with nodes.branch() as adapted:
            sums = [
                self._adapted(states, self._plain(rows, product, sizes), one, up)
                for product, one, up in zip(products, projections, ups, strict=True)
            ]
        return nodes.choose(is_adapted, Branch(adapted, sums), Branch(bare, plain))

    def _rows(self, states: str, first: Projection) -> _Rows:
        """States (B, N, I) relieved and rounded to bytes, row by row."""
        nodes, num_in = self.nodes, first.weight.shape[1]
        relief = self.relief.get(first.name, np.ones(num_in, np.float32)).astype(np.float32)
        name = f"relief.{first.name}"
        place = nodes.shared(name, relief)
        relieved = nodes.add("Mul", states, name)
        flat = nodes.add("Reshape", relieved, nodes.shape(-1, num_in))
        peaks = nodes.add(
            "ReduceMax", nodes.add("Abs", flat), nodes.shape(-1), attributes={"keepdims": 0}
        )
        steps = nodes.add("Mul", peaks, nodes.real(1 / REACH, "byte_reach"))
        steps = nodes.add("Max", steps, nodes.real(LEAST_STEP, "least_step"))
        rounded = nodes.add("QuantizeLinear", flat, steps, self._zeros(), attributes={"axis": 0})
        return _Rows(rounded, nodes.add("Unsqueeze", steps, nodes.shape(-1)), place)

    def _byte_product(self, rows: _Rows, one: Projection) -> str:
        """Rows (R, I) times weight (O, I), (R, O) in units of the rows' steps."""
        nodes, (num_out, num_in) = self.nodes, one.weight.shape
        quantised = four_bit(one.weight)
        offsets = quantised.offsets.T.astype(np.float16)
        self.stored[one.name] = Stored(
            (num_out, num_in),
            nodes.store(f"{one.name}.codes", quantised.packed),
            nodes.store(f"{one.name}.scales", quantised.scales),
            nodes.store(f"{one.name}.offsets", offsets),
            rows.relief,
        )
        zero = nodes.constant("byte_zero", np.array(ZERO, np.uint8))
        return nodes.add(
            "MatMulIntegerToFloat",
            rows.rounded,
            nodes.declare(f"{one.name}.bytes", np.uint8, (num_in, num_out)),
            nodes.real(1.0, "one"),
            nodes.declare(f"{one.name}.steps", np.float32, (num_out,)),
            zero,
            zero,
            domain=MICROSOFT,
        )

    def _plain(self, rows: _Rows, product: str, sizes: str) -> str:
        """A product (R, O) in full, (B, N, O)."""
        return self.nodes.add("Reshape", self.nodes.add("Mul", product, rows.steps), sizes)

    def _up(self, one: Projection) -> str:
        """The adapter's ``up``, nothing where there is none."""
        return self._half(f"adapter.{one.name}.up", one.adapter.up) if one.adapter else ""

    def _adapted(self, states: str, plain: str, one: Projection, up: str) -> str:
        """``plain`` and what the adapter adds."""
        if one.adapter is None:
            return plain
        down = self._eight_bit(f"adapter.{one.name}.down", one.adapter.down)
        inner = self._product(states, down, 8, *one.adapter.down.shape)
        return self.nodes.add("Add", plain, self.nodes.add("MatMul", inner, up))

    def _zeros(self) -> str:
        """The zero of every row (R,), computed once."""
        nodes = self.nodes
        if nodes.has("byte_zeros"):
            return "byte_zeros"
        sizes = nodes.add("Shape", nodes.add("Reshape", "ids", nodes.shape(-1)))
        zero = nodes.constant("byte_zero", np.array(ZERO, np.uint8))
        return nodes.add("Expand", zero, sizes, name="byte_zeros")

    def _token_sizes(self) -> str:
        """[B, N, -1], computed once."""
        nodes = self.nodes
        if nodes.has("token_sizes"):
            return "token_sizes"
        sizes = nodes.add("Shape", "ids")
        return nodes.add(
            "Concat", sizes, nodes.shape(-1), attributes={"axis": 0}, name="token_sizes"
        )

    def _half(self, name: str, matrix: Floats) -> str:
        """``matrix`` (O, K) transposed, half the size in the file: it is cast once, at loading."""
        stored = self.nodes.constant(name, matrix.T.astype(np.float16))
        return self.nodes.add("Cast", stored, attributes={"to": FLOAT})

    def _is_adapted(self) -> str:
        """Whether ``scale`` is not 0, computed once."""
        if self.nodes.has("is_adapted"):
            return "is_adapted"
        return self.nodes.add("Cast", "scale", attributes={"to": BOOL}, name="is_adapted")

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
            "accuracy_level": ACCURACY_LEVEL,
        }
        return self.nodes.add(
            "MatMulNBits", states, *names, domain=MICROSOFT, attributes=attributes
        )
