"""Weights of 8 or 4 bits: a model in half or a quarter of the memory; activations stay exact.

``"midfill_bits": 8`` in a folder's ``config.json`` asks for it. Needs ``torchao``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import torch

from engine.errors import BadInput, UnknownModel

KEY = "midfill_bits"
FULL = 16


def bits_of(config: Mapping[str, Any], where: str) -> int:
    """Bits a weight that a configuration asks for, 16 if none. Raises BadInput naming ``where``."""
    bits = config.get(KEY, FULL)
    if bits not in (4, 8, FULL):
        raise BadInput(f"{where}: {KEY} is {bits!r}: write 8 or 4, or leave it out")
    return int(bits)


def quantise(model: Any, bits: int, device: torch.device) -> None:
    """Replace the weights of all linear layers on their way to ``device``, layer by layer.

    Raises UnknownModel when the library for it is missing or cannot do it there.
    """
    if bits == FULL:
        return
    if importlib.util.find_spec("torchao") is None:
        raise UnknownModel(f"{KEY}: {bits} needs torchao: pip install torchao, or leave it out")
    from torchao.quantization import Int4WeightOnlyConfig, Int8WeightOnlyConfig, quantize_

    try:
        config = Int8WeightOnlyConfig() if bits == 8 else Int4WeightOnlyConfig()
        quantize_(model, config, device=device)
    except (ImportError, NotImplementedError, AssertionError) as error:
        raise UnknownModel(
            f"torchao has no {bits} bits on {device} ({error}): write {KEY}: 8, or leave it out"
        ) from error
