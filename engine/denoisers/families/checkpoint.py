"""A model's folder as Hugging Face lays it out: read without a tensor, no code of it is run.

Weights are safetensors alone: a pickle could run anything.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from engine.denoisers.families.catalogue import family_of
from engine.denoisers.families.family import Family
from engine.denoisers.hub_vocabulary import HubVocabulary
from engine.errors import DamagedWeights, UnknownModel

CONFIG_FILE = "config.json"
_MAX_HEADER_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor is and its shape."""

    file: Path
    shape: tuple[int, ...]
    num_bytes: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder's configuration, vocabulary, family and tensors by their stock names."""

    folder: Path
    config: Mapping[str, Any]
    vocabulary: HubVocabulary
    family: Family
    tensors: Mapping[str, Tensor]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def num_parameters(self) -> int:
        """Numbers in all tensors."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors.values())

    @property
    def num_bytes(self) -> int:
        """Bytes of all tensors as stored: about the memory they take."""
        return sum(tensor.num_bytes for tensor in self.tensors.values())

    @property
    def files(self) -> tuple[Path, ...]:
        """Files with weights, sorted."""
        return tuple(sorted({tensor.file for tensor in self.tensors.values()}))

    @property
    def vocab_size(self) -> int:
        """Rows of the embedding: ids from 0 up to here. Raises DamagedWeights."""
        config = self.layer_config
        size = config.get("text_config", config).get("vocab_size")
        if not isinstance(size, int) or size < 1:
            path = self.folder / CONFIG_FILE
            raise DamagedWeights(f"{path}: vocab_size is {size!r}, no size: fetch the model again")
        return size

    @property
    def layer_config(self) -> Mapping[str, Any]:
        """The configuration under the stock layers' names. Raises DamagedWeights."""
        convert = self.family.layer_config
        try:
            return self.config if convert is None else convert(self.config)
        except KeyError as error:
            path = self.folder / CONFIG_FILE
            raise DamagedWeights(f"{path}: {error} is missing: fetch the model again") from error

    def twins(self, name: str) -> Sequence[str]:
        """Other names of a tensor of the stock layers, under which it may be published."""
        return self.family.twins(name) if self.family.twins else ()

    def published(self, name: str) -> Tensor | None:
        """Where a tensor of the stock layers is, under any of its names; None without it."""
        names = (name, *self.twins(name))
        return next((self.tensors[each] for each in names if each in self.tensors), None)

    def special(self, kind: str, names: tuple[str, ...], id_key: str = "") -> int:
        """The id of the first of ``names``, or what the configuration says under ``id_key``.

        Raises UnknownModel when there is neither.
        """
        index = self.config.get(id_key)
        if isinstance(index, int) and 0 <= index < self.vocab_size:
            return index
        for name in names:
            if name in self.vocabulary.ids:
                return self.vocabulary.ids[name]
        raise UnknownModel(
            f"{self.folder}: the tokenizer has no {kind} token ({' or '.join(names)}): "
            "this is no diffusion model, or its tokenizer files are not its own"
        )


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a tensor as found, all without ``end``, and their name in the stock layers."""

    name: str
    start: int = 0
    end: int | None = None

    def of(self, tensor: Tensor) -> Tensor:
        """Where it lies and its shape."""
        if self.end is None:
            return tensor
        # Rows that are not there show in the shape.
        rows = max(min(self.end, tensor.shape[0]) - self.start, 0)
        num_bytes = tensor.num_bytes * rows // max(tensor.shape[0], 1)
        return Tensor(tensor.file, (rows, *tensor.shape[1:]), num_bytes)


def parts_of(name: str, family: Family, config: Mapping[str, Any]) -> list[Part]:
    """What the tensor ``name`` holds of the family's stock layers: itself, but for ``split``."""
    stock = family.rename(name) if family.rename else name
    stem, _, kind = stock.rpartition(".")
    for end, pieces in (family.split(config) if family.split else {}).items():
        if stem.endswith(f".{end}"):
            starts = [0, *accumulate(rows for _, rows in pieces)]
            front = stem.removesuffix(end)
            return [
                Part(f"{front}{piece}.{kind}", start, start + rows)
                for (piece, rows), start in zip(pieces, starts, strict=False)
            ]
    return [Part(stock)]


def is_checkpoint(folder: Path) -> bool:
    """Whether a folder looks like a Hugging Face model."""
    return (folder / CONFIG_FILE).is_file()


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration in ``folder``. Raises DamagedWeights."""
    path = folder / CONFIG_FILE
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedWeights(f"{path} cannot be read ({error}): fetch the model again") from error
    if not isinstance(config, dict):
        raise DamagedWeights(f"{path} is no configuration: fetch the model again")
    return config


def read_checkpoint(folder: Path) -> Checkpoint:
    """What lies in ``folder``. Raises UnknownModel or DamagedWeights."""
    config = read_config(folder)
    vocabulary = HubVocabulary.read(folder)
    family = family_of(config, vocabulary.ids, str(folder))
    found = _tensors(folder)
    tensors = {
        part.name: part.of(tensor)
        for name, tensor in found.items()
        for part in parts_of(name, family, config)
    }
    checkpoint = Checkpoint(folder, config, vocabulary, family, tensors)
    checkpoint.special("mask", family.mask_tokens, "mask_token_id")
    return checkpoint


def _tensors(folder: Path) -> dict[str, Tensor]:
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        has_pickle = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
        reason = "only pickled weights, which could run code" if has_pickle else "no weights"
        raise UnknownModel(f"{folder}: {reason}: give a folder with *.safetensors")
    found: dict[str, Tensor] = {}
    for file in files:
        found.update(_header(file))
    return found


def _header(path: Path) -> dict[str, Tensor]:
    """The tensors of one file. Raises DamagedWeights when it is cut short."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > _MAX_HEADER_BYTES:
                raise ValueError("its header is too long")
            record = json.loads(file.read(length))
        entries = {name: entry for name, entry in record.items() if name != "__metadata__"}
        last = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        size = path.stat().st_size
        if size < 8 + length + last:
            raise ValueError(f"{size} of {8 + length + last} bytes")
        return {
            name: Tensor(path, tuple(entry["shape"]), _num_bytes(entry["data_offsets"]))
            for name, entry in entries.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedWeights(
            f"{path} is damaged or incomplete ({error}): fetch it again"
        ) from error


def _num_bytes(offsets: list[int]) -> int:
    return offsets[1] - offsets[0]
