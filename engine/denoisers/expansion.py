"""Weights that are stored in four bits and multiplied in eight.

Four bits in blocks of 32 are small on disk, but products of whole bytes are up to twice as fast:
one step for an output's weights, one for a row of activations, an exact sum of integers between
them. So the blocks become bytes when a model is loaded. What large activations a channel is known
for is taken off them and given to the weights (SmoothQuant, arXiv:2211.10438).

x86 processors multiply unsigned bytes by signed ones fastest. Those without VNNI add such products
in pairs of 16 bits, which must not overflow: an output's step is as large as its loudest pair
needs, so every processor comes to the same sums.

``expansion.json`` beside the graph says where each projection's parts are::

    {"layers.0.qkv_proj": {"shape": [O, I], "bits": 4, "codes": ["layers.bin", 0], …}, …}
"""

# O output features, I input features, J = I / 32 blocks

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DamagedWeights

EXPANSION_FILE = "expansion.json"
BLOCK = 32
# An activation's zero; how far it goes on either side, and a pair of weights, which rounding makes
# 128 at most: 255 * 128 < 2 ** 15.
ZERO, REACH = 128, 127
# Weights that are expanded at a time.
STRIPE = 1 << 17
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a projection's parts are: file and offset in bytes of each.

    ``codes`` (O, I * bits / 8) uint8, of four bits the lower half first; ``scales`` (O, J) float16;
    ``offsets`` (O, J) float16, None where a code's middle stands for zero; ``relief`` (I,) float32,
    what activations were multiplied with, 0 for channels that are multiplied in full instead;
    ``gain`` (O,) float32, what outputs are multiplied with.
    """

    shape: tuple[int, int]
    bits: int
    codes: Place
    scales: Place
    relief: Place
    gain: Place
    offsets: Place | None = None


def expanded(graph: Path, num_threads: int) -> dict[str, NDArray[Any]]:
    """``<name>.bytes``, ``.steps`` and ``.loud`` of what the graph declares and no file holds.

    Empty for a graph without an expansion. Raises DamagedWeights when a file is not what it should.
    """
    index = graph.parent / EXPANSION_FILE
    if not index.exists():
        return {}
    try:
        stored = _read(json.loads(index.read_text(encoding="utf-8")))
        rooms = _rooms(stored)
        with ThreadPoolExecutor(num_threads) as pool:
            parts = pool.map(lambda name: expand(graph.parent, stored[name], rooms[name]), stored)
            found = {
                f"{name}.{part}": values
                for name, each in zip(stored, parts, strict=True)
                for part, values in each.items()
            }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedWeights(f"{index}: {error}: reinstall the model") from error
    return found | {f"{name}.bytes": room for name, room in rooms.items()}


def expand(folder: Path, stored: Stored, room: NDArray[np.int8]) -> dict[str, NDArray[Any]]:
    """Write one projection's weights into ``room`` (I, O); what else the graph needs of them.

    ``room.T * steps`` are the weights, relieved; ``steps`` (O,). ``loud`` (L, O), if there are any:
    the weights of channels that are kept out of the bytes. Raises ValueError for a file that ends
    early.
    """
    num_out, num_in = stored.shape
    relief = _array(folder, stored.relief, np.float32, (num_in,))
    loud = np.flatnonzero(relief == 0)
    relief[loud] = 1
    apart = np.empty((len(loud), num_out), np.float32)
    steps = _array(folder, stored.gain, np.float32, (num_out,))
    for stripe, rows in _stripes(folder, stored):
        apart[:, stripe] = rows[:, loud].T
        rows[:, loud] = 0
        rows /= relief
        steps_here = _peaks(rows) / np.float32(REACH)
        rows /= np.where(steps_here > 0, steps_here, np.float32(1))[:, None]
        np.rint(rows, out=rows)
        room[:, stripe] = rows.astype(np.int8).T
        steps[stripe] *= steps_here
    return {"steps": steps, "loud": apart} if len(loud) else {"steps": steps}


def _stripes(folder: Path, stored: Stored) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """A projection's weights (O, I), as many outputs at a time as stay in the processor's cache."""
    num_out, num_in = stored.shape
    sizes = (num_out, num_in // BLOCK)
    codes = _array(folder, stored.codes, np.uint8, (*sizes, BLOCK * stored.bits // 8))
    scales = _array(folder, stored.scales, np.float16, sizes).astype(np.float32)
    middle = scales * np.float32(-(2 ** (stored.bits - 1)))
    if stored.offsets is not None:
        middle += _array(folder, stored.offsets, np.float16, sizes)
    height = max(STRIPE // num_in, 1)
    for start in range(0, num_out, height):
        stripe = slice(start, min(start + height, num_out))
        weights = np.empty((stripe.stop - start, sizes[1], BLOCK), np.float32)
        if stored.bits == 4:
            weights[..., 0::2], weights[..., 1::2] = codes[stripe] & 15, codes[stripe] >> 4
        else:
            weights[...] = codes[stripe]
        weights *= scales[stripe, :, None]
        weights += middle[stripe, :, None]
        yield stripe, weights.reshape(-1, num_in)


def _peaks(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each row (O, I) goes (O,): its largest weight, or sum of a pair, without the sign.

    Of two weights with different signs the larger one counts, and it is larger than their sum.
    """
    sums = rows[:, 0::2] + rows[:, 1::2]
    ends = [rows.max(axis=1), -rows.min(axis=1), sums.max(axis=1), -sums.min(axis=1)]
    peaks: NDArray[np.float32] = np.max(ends, axis=0)
    return peaks


def _rooms(stored: Mapping[str, Stored]) -> dict[str, NDArray[np.int8]]:
    """Where each projection's bytes go, (I, O): one stretch of memory, so that it is given back."""
    sizes = [one.shape[0] * one.shape[1] for one in stored.values()]
    pieces = np.split(np.empty(sum(sizes), np.int8), np.cumsum(sizes)[:-1])
    return {
        name: piece.reshape(one.shape[::-1])
        for (name, one), piece in zip(stored.items(), pieces, strict=True)
    }


def _read(index: Mapping[str, Any]) -> dict[str, Stored]:
    parts = ("codes", "scales", "relief", "gain", "offsets")
    return {
        name: Stored(
            tuple(entry["shape"]),
            int(entry["bits"]),
            **{part: tuple(entry[part]) for part in parts if entry[part] is not None},
        )
        for name, entry in index.items()
    }


def _array(
    folder: Path, place: Place, dtype: type[np.generic], shape: tuple[int, ...]
) -> NDArray[Any]:
    name, offset = place
    size = int(np.prod(shape))
    values = np.fromfile(folder / name, dtype, size, offset=offset)
    return values.reshape(shape)
