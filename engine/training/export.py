"""From trained weights to the files that ship: the ONNX graph, its data files, the manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from engine.denoisers.expansion import EXPANSION_FILE
from engine.errors import TrainingError
from engine.models import MANIFEST_FORMAT
from engine.training.onnx_graph import LlamaGraph
from engine.training.onnx_nodes import Floats, Nodes
from engine.training.onnx_projection import (
    FullProjector,
    Projector,
    QuantisedProjector,
)
from engine.training.shape import LlamaShape

MODEL_FILE, MANIFEST_FILE, TOKENIZER_FILE = "model.onnx", "manifest.json", "tokenizer.json"
MAX_POSITIONS = 8192
DATA_FILES = {
    "layers.": "layers.bin",
    "embedding": "embedding.bin",
    "head": "embedding.bin",
    "rope.": "embedding.bin",
}
# Layers 1 and 10 to 19, 2 and 20 to 29, the others: as bytes they are too large for one file.
EIGHT_BIT_FILES = {"layers.1": "layers-1.bin", "layers.2": "layers-2.bin", **DATA_FILES}


class Quantisation(str, Enum):
    """How the weights are stored. FULL is for comparing, too large to ship.

    EIGHT_BIT is for weights that were not trained to be rounded to four; in memory both are bytes.
    """

    FULL = "float32"
    FOUR_BIT = "int4"
    EIGHT_BIT = "int8"


_DATA_FILES_OF: Mapping[Quantisation, Mapping[str, str]] = {
    Quantisation.FULL: {},
    Quantisation.FOUR_BIT: DATA_FILES,
    Quantisation.EIGHT_BIT: EIGHT_BIT_FILES,
}


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a manifest says of a model beside its files.

    ``tokens_seen`` counts training tokens, ``quality`` names measured numbers, ``calibration`` and
    ``defaults`` are read by the engine when the model is loaded.
    """

    name: str
    base: str
    data: str
    recipe_commit: str
    tokens_seen: int
    quality: Mapping[str, float] = field(default_factory=dict)
    calibration: Mapping[str, float] = field(default_factory=dict)
    defaults: Mapping[str, float] = field(default_factory=dict)


def export(
    weights: Mapping[str, Floats],
    out_dir: Path,
    quantisation: Quantisation,
    shape: LlamaShape | None = None,
    relief: Mapping[str, Floats] | None = None,
) -> dict[str, dict[str, Any]]:
    """Write the graph and its data files; their manifest entries by file name.

    ``weights``: tensors by Hugging Face names; others are not read. ``relief`` as
    ``engine.training.relief`` measures it. Raises TrainingError for a missing tensor or a file over
    95 MB.
    """
    shape = shape or LlamaShape()
    out_dir.mkdir(parents=True, exist_ok=True)
    data_files = _DATA_FILES_OF[quantisation]
    nodes = Nodes(out_dir, data_files)
    bits = 4 if quantisation is Quantisation.FOUR_BIT else 8
    quantised = QuantisedProjector(nodes, bits) if data_files else None
    projector: Projector = quantised or FullProjector(nodes)
    try:
        LlamaGraph(nodes, projector, weights, relief or {}, shape, MAX_POSITIONS)
    except KeyError as error:
        raise TrainingError(f"tensor {error} is missing from the weights: train again") from error
    nodes.save(out_dir / MODEL_FILE)
    if quantised is not None:
        index = {name: asdict(stored) for name, stored in quantised.stored.items()}
        (out_dir / EXPANSION_FILE).write_text(json.dumps(index), encoding="utf-8")
    names = [MODEL_FILE, EXPANSION_FILE, *dict.fromkeys(data_files.values())]
    return {name: describe(out_dir / name) for name in names if (out_dir / name).exists()}


def write_manifest(
    out_dir: Path,
    entries: Mapping[str, Mapping[str, Any]],
    facts: ModelFacts,
    tokenizer: Path,
    shape: LlamaShape | None = None,
) -> Path:
    """Put the tokenizer beside the model and write ``manifest.json``; its path."""
    beside = out_dir / TOKENIZER_FILE
    if tokenizer.resolve() != beside.resolve():
        shutil.copyfile(tokenizer, beside)
    shape = shape or LlamaShape()
    sizes = {
        "num_layers": shape.num_layers,
        "num_kv_heads": shape.num_kv_heads,
        "head_width": shape.head_width,
        "max_positions": MAX_POSITIONS,
        "rope_theta": shape.rope_theta,
    }
    files = {**entries, TOKENIZER_FILE: describe(beside)}
    manifest = {"format": MANIFEST_FORMAT, **asdict(facts), "shape": sizes, "files": files}
    path = out_dir / MANIFEST_FILE
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path


def describe(path: Path) -> dict[str, Any]:
    """A file's manifest entry: its size in bytes and its SHA-256."""
    return {
        "bytes": path.stat().st_size,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
