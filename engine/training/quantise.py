"""Weights in blocks of 32 along their input axis, as the files of the default model hold them.

Four bits with a scale and an offset per block reproduce GGUF's Q4_1
exactly, eight bits with a scale its Q8_0: each block's extremes are among its values, so scale and
offset can be read back from dequantised weights.
"""

# O output features, I input features, J = ceil(I / 32) blocks

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BLOCK = 32


@dataclass(frozen=True, slots=True)
class FourBit:
    """``w = (q - 8) * scales + offsets``: packed (O, J, 16) uint8, scales and offsets (O, J)."""

    packed: NDArray[np.uint8]
    scales: Floats
    offsets: Floats


@dataclass(frozen=True, slots=True)
class EightBit:
    """``w = (q - 128) * scales``: packed (O, J, 32) uint8, scales (O, J)."""

    packed: NDArray[np.uint8]
    scales: Floats


def four_bit(weights: Floats) -> FourBit:
    """Quantise (O, I) between each block's smallest and largest value; I a multiple of 32.

    Raises ValueError for another I.
    """
    blocks = _blocks(weights)
    if blocks.shape[1] * BLOCK != weights.shape[1]:
        raise ValueError(f"{weights.shape[1]} input features are no multiple of {BLOCK}")
    low = blocks.min(axis=2)
    scales = ((blocks.max(axis=2) - low) / 15).astype(np.float32)
    codes = np.rint((blocks - low[..., None]) / _divisor(scales)).clip(0, 15).astype(np.uint8)
    packed = codes[..., 0::2] | codes[..., 1::2] << 4
    return FourBit(packed, scales, low + 8 * scales)


def eight_bit(weights: Floats) -> EightBit:
    """Quantise (O, I) symmetrically; the last block is padded with zeros."""
    blocks = _blocks(weights)
    scales = (np.abs(blocks).max(axis=2) / 127).astype(np.float32)
    codes = np.rint(blocks / _divisor(scales)).clip(-127, 127) + 128
    return EightBit(codes.astype(np.uint8), scales)


def dequantise_four_bit(quantised: FourBit) -> Floats:
    """The weights (O, I) that a ``FourBit`` stands for."""
    codes = np.stack([quantised.packed & 15, quantised.packed >> 4], axis=-1)
    codes = codes.reshape(*quantised.scales.shape, BLOCK).astype(np.float32) - 8
    blocks = codes * quantised.scales[..., None] + quantised.offsets[..., None]
    return blocks.reshape(len(blocks), -1).astype(np.float32)


def dequantise_eight_bit(quantised: EightBit, width: int) -> Floats:
    """The weights (O, width) that an ``EightBit`` stands for."""
    blocks: Floats = (quantised.packed.astype(np.float32) - 128) * quantised.scales[..., None]
    flat: Floats = blocks.reshape(len(blocks), -1)
    return flat[:, :width]


def _blocks(weights: Floats) -> Floats:
    padding = -weights.shape[1] % BLOCK
    padded = np.pad(weights.astype(np.float32), ((0, 0), (0, padding)))
    return padded.reshape(len(weights), -1, BLOCK)


def _divisor(scales: Floats) -> Floats:
    """Scales (O, J, 1) to divide by; a block of equal values has none."""
    return np.where(scales == 0, np.float32(1), scales)[..., None]
