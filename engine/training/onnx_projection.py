"""Projections, embedding and head of the ONNX graph, in full or in quantised weights."""

# N tokens, D width, V vocabulary, I input features, O output features, J blocks of the input

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engine.denoisers.expansion import REACH, ZERO, Place, Stored
from engine.training.onnx_nodes import MICROSOFT, Floats, Nodes
from engine.training.quantise import FourBit, eight_bit, four_bit

TO_FLOAT = {"to": 1}  # its number among ONNX's types


@dataclass(frozen=True, slots=True)
class Projection:
    """A weight (O, I) by its name in the graph.

    ``relief`` (I,): what the states were multiplied with, and the weight is to be divided by; of
    the head 0 for channels that are multiplied in full, 1 for others.
    ``gain`` (O,): what outputs are multiplied with for whoever reads them.
    """

    name: str
    weight: Floats
    relief: Floats
    gain: Floats


class Projector(Protocol):
    """Writes products with weights into a graph."""

    def embed(self, ids: str, table: Projection) -> str:
        """Rows of the table (V, D) by ids (1, N)."""
        ...

    def head(self, hidden: str, table: Projection) -> str:
        """Logits (M, V) of hidden (M, D) against the table that was embedded with."""
        ...

    def project(self, states: str, one: Projection) -> str:
        """States (1, N, I) times the weight (O, I)."""
        ...


class FullProjector:
    """Everything in float32: what the quantised file is compared with."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes

    def embed(self, ids: str, table: Projection) -> str:
        """Rows of the table (V, D) by ids (1, N)."""
        return self.nodes.add("Gather", self.nodes.constant(table.name, table.weight), ids)

    def head(self, hidden: str, table: Projection) -> str:
        """Logits (M, V) of hidden (M, D)."""
        return self._product(hidden, table.name)

    def project(self, states: str, one: Projection) -> str:
        """States (1, N, I) times the weight (O, I)."""
        weight = one.weight / one.relief * one.gain[:, None]
        return self._product(states, self.nodes.constant(one.name, weight))

    def _product(self, states: str, weight: str) -> str:
        attributes = {"transB": 1}
        return self.nodes.add(
            "FusedMatMul", states, weight, domain=MICROSOFT, attributes=attributes
        )


class QuantisedProjector:
    """Layers in ``bits`` (4 or 8) on disk, the tied head's table in eight, all bytes in memory.

    Products are those of bytes (``engine.denoisers.expansion``): one step for a row of activations,
    so that a row's result depends on that row alone. A row is divided by its peak, so that the
    bytes' step is the same for all and the peak comes in again behind the product.
    """

    def __init__(self, nodes: Nodes, bits: int) -> None:
        self.nodes, self.bits = nodes, bits
        self.stored: dict[str, Stored] = {}

    def embed(self, ids: str, table: Projection) -> str:
        """Rows of the table (V, D) by ids (1, N): its eight-bit blocks, dequantised."""
        nodes, quantised = self.nodes, eight_bit(table.weight)
        scales = quantised.scales.astype(np.float16)
        places = {
            "codes": nodes.shared("embedding.codes", quantised.packed),
            "scales": nodes.shared("embedding.scales", scales),
        }
        self._declare(table, 8, places)
        codes = nodes.add("Cast", nodes.add("Gather", "embedding.codes", ids), attributes=TO_FLOAT)
        codes = nodes.add("Sub", codes, nodes.real(float(ZERO), "embedding_zero"))
        steps = nodes.add("Cast", nodes.add("Gather", "embedding.scales", ids), attributes=TO_FLOAT)
        blocks = nodes.add("Mul", codes, nodes.add("Unsqueeze", steps, nodes.shape(-1)))
        return nodes.add("Reshape", blocks, nodes.shape(1, -1, table.weight.shape[1]))

    def head(self, hidden: str, table: Projection) -> str:
        """Logits (M, V) of hidden (M, D), loud channels in full: others would be coarse."""
        nodes, loud = self.nodes, np.flatnonzero(table.relief == 0)
        if not len(loud):
            return self._product(hidden, table.name)
        quiet = nodes.add("Mul", hidden, nodes.constant(f"{table.name}.quiet", table.relief))
        weights = nodes.declare(f"{table.name}.loud", np.float32, (len(loud), len(table.weight)))
        indices = nodes.constant(f"{table.name}.channels", loud)
        picked = nodes.add("Gather", hidden, indices, attributes={"axis": 1})
        return nodes.add("Gemm", picked, weights, self._product(quiet, table.name))

    def project(self, states: str, one: Projection) -> str:
        """States (1, N, I) times the weight (O, I)."""
        nodes = self.nodes
        quantised = four_bit(one.weight) if self.bits == 4 else eight_bit(one.weight)
        places = {
            "codes": nodes.store(f"{one.name}.codes", quantised.packed),
            "scales": nodes.store(f"{one.name}.scales", quantised.scales.astype(np.float16)),
        }
        if isinstance(quantised, FourBit):
            offsets = quantised.offsets.astype(np.float16)
            places["offsets"] = nodes.store(f"{one.name}.offsets", offsets)
        self._declare(one, self.bits, places)
        return self._product(states, one.name)

    def _declare(self, one: Projection, bits: int, places: dict[str, Place]) -> None:
        """A product's weights, which are handed over when the graph is loaded."""
        nodes, (num_out, num_in) = self.nodes, one.weight.shape
        places["relief"] = nodes.store(f"{one.name}.relief", one.relief)
        places["gain"] = nodes.store(f"{one.name}.gain", one.gain)
        self.stored[one.name] = Stored((num_out, num_in), bits, **places)
        nodes.declare(f"{one.name}.bytes", np.int8, (num_in, num_out))
        nodes.declare(f"{one.name}.steps", np.float32, (num_out,))

    def _product(self, states: str, name: str) -> str:
        """States (…, I), rounded to bytes row by row, times declared weights."""
        nodes = self.nodes
        peaks = nodes.add(
            "ReduceMax", nodes.add("Abs", states), nodes.shape(-1), attributes={"keepdims": 1}
        )
        # A row of nothing but zeros gives no numbers here, whose bytes come to nothing below.
        even = nodes.add("Div", states, peaks)
        step = nodes.real(1 / REACH, "byte_step")
        zero = nodes.constant("byte_zero", np.array(ZERO, np.uint8))
        rounded = nodes.add("QuantizeLinear", even, step, zero)
        inputs = rounded, f"{name}.bytes", step, f"{name}.steps", zero
        product = nodes.add("MatMulIntegerToFloat", *inputs, domain=MICROSOFT)
        return nodes.add("Mul", product, peaks)
