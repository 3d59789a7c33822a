"""Nodes, constants, inputs and outputs of an ONNX graph while it is being written.

Constants of any size stay out of the protobuf: they go to data files beside the model, which ONNX
Runtime maps into memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from engine.errors import TrainingError

MICROSOFT = "com.microsoft"
# ONNX Runtime 1.22 reads both.
OPSET, IR_VERSION = 20, 10
MAX_DATA_BYTES = 95_000_000
INLINE_BYTES = 4096
ALIGNMENT = 4096
# Stands for a file where there is none.
HANDED_OVER = "expanded"

Floats = NDArray[np.float32]
Attributes = Mapping[str, Any]
_TYPES = {
    np.dtype(np.float16): TensorProto.FLOAT16,
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.int8): TensorProto.INT8,
    np.dtype(np.int64): TensorProto.INT64,
    np.dtype(np.uint8): TensorProto.UINT8,
}


@dataclass(slots=True)
class _DataFile:
    """One data file while it grows."""

    path: Path
    size: int = 0

    def append(self, data: bytes) -> int:
        """Write behind the next aligned offset; that offset."""
        padding = b"\0" * (-self.size % ALIGNMENT)
        offset = self.size + len(padding)
        if offset + len(data) > MAX_DATA_BYTES:
            raise TrainingError(
                f"{self.path.name} is over {MAX_DATA_BYTES} bytes: spread it over more files"
            )
        with self.path.open("ab") as file:
            file.write(padding + data)
        self.size = offset + len(data)
        return offset


class Nodes:
    """Collects a graph. Names of constants decide their data file: see ``data_file``."""

    def __init__(self, folder: Path, data_files: Mapping[str, str]) -> None:
        """``data_files``: name prefix -> file name; the first prefix that matches wins."""
        self._folder, self._prefixes = folder, data_files
        self._files = {name: _DataFile(folder / name) for name in data_files.values()}
        for file in self._files.values():
            file.path.unlink(missing_ok=True)
        self._nodes: list[onnx.NodeProto] = []
        self._num_nodes = 0
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def add(
        self,
        kind: str,
        *inputs: str,
        domain: str = "",
        attributes: Attributes | None = None,
        name: str = "",
    ) -> str:
        """Add a node with one output; the output's name (``name``, or one that is free)."""
        output = name or f"{kind}_{self._num_nodes}"
        self._append(kind, inputs, [output], domain, attributes)
        return output

    def add_many(
        self,
        kind: str,
        kept: Sequence[int],
        *inputs: str,
        domain: str = "",
        attributes: Attributes | None = None,
    ) -> list[str]:
        """Add a node with several outputs; the names of those ``kept``, others are not made."""
        names = [f"{kind}_{self._num_nodes}_{index}" for index in range(max(kept) + 1)]
        outputs = [name if index in kept else "" for index, name in enumerate(names)]
        self._append(kind, inputs, outputs, domain, attributes)
        return [names[index] for index in kept]

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """Add a constant (once); its name."""
        if name in self._constants:
            return name
        values = np.ascontiguousarray(values)
        if self._file_of(name) is None or values.nbytes < INLINE_BYTES:
            self._constants[name] = numpy_helper.from_array(values, name)
        else:
            self._constants[name] = _external(name, values, *self.store(name, values))
        return name

    def shared(self, name: str, values: NDArray[Any]) -> tuple[str, int]:
        """Add a constant that others read too, however small; its file and offset."""
        values = np.ascontiguousarray(values)
        place = self.store(name, values)
        self._constants[name] = _external(name, values, *place)
        return place

    def store(self, name: str, values: NDArray[Any]) -> tuple[str, int]:
        """Write what the graph itself does not read to the name's data file; file and offset."""
        file_name = self._file_of(name)
        if file_name is None:
            raise TrainingError(f"{name} belongs to no data file")
        return file_name, self._files[file_name].append(np.ascontiguousarray(values).tobytes())

    def declare(self, name: str, dtype: type[np.generic], sizes: Sequence[int]) -> str:
        """A constant that is handed over when the graph is loaded; its name."""
        values = np.broadcast_to(np.zeros((), dtype), sizes)
        self._constants[name] = _external(name, values, HANDED_OVER, 0)
        return name

    def _file_of(self, name: str) -> str | None:
        return next(
            (file for start, file in self._prefixes.items() if name.startswith(start)), None
        )

    def shape(self, *sizes: int) -> str:
        """A constant vector of int64."""
        return self.constant("shape_" + "_".join(map(str, sizes)), np.array(sizes, np.int64))

    def scalar(self, value: int) -> str:
        """A constant int64 without dimensions."""
        return self.constant(f"scalar_{value}", np.array(value, np.int64))

    def real(self, value: float, name: str) -> str:
        """A constant float32 without dimensions."""
        return self.constant(name, np.array(value, np.float32))

    def input(self, name: str, dtype: type[np.generic], sizes: Sequence[int | str]) -> None:
        """Declare an input."""
        kind = _TYPES[np.dtype(dtype)]
        self._inputs.append(helper.make_tensor_value_info(name, kind, sizes))

    def output(self, name: str, source: str, sizes: Sequence[str]) -> None:
        """Declare ``source`` (float32) as output ``name``; ``sizes``: a letter per dimension."""
        if name != source:
            self.add("Identity", source, name=name)
        names = [f"{name}.{size}" for size in sizes]
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, names))

    def save(self, path: Path) -> None:
        """Write the graph; the data files are written already."""
        graph = helper.make_graph(
            self._nodes, "midfill", self._inputs, self._outputs, list(self._constants.values())
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)
        model.producer_name = "midfill"
        path.write_bytes(model.SerializeToString())

    def _append(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        domain: str,
        attributes: Attributes | None,
    ) -> None:
        node = helper.make_node(
            kind, inputs, outputs, name=outputs[0], domain=domain, **(attributes or {})
        )
        self._nodes.append(node)
        self._num_nodes += 1


def _external(name: str, values: NDArray[Any], file_name: str, offset: int) -> onnx.TensorProto:
    tensor = TensorProto(name=name, data_type=_TYPES[values.dtype], dims=values.shape)
    tensor.data_location = TensorProto.EXTERNAL
    fields = {"location": file_name, "offset": str(offset), "length": str(values.nbytes)}
    for key, value in fields.items():
        tensor.external_data.add(key=key, value=value)
    return tensor
