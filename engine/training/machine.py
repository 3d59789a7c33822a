"""What a training run computes on. Imports torch alone."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

MAX_PACKS = 16
# A pack of 4,096 tokens takes about this much of a GPU's memory, all layers kept for the way back.
PACK_BYTES = 3 << 30


@dataclass(frozen=True, slots=True)
class Machine:
    """Where and how a run computes; changes its speed and nothing else.

    ``packs`` go through the model at a time, ``chunk`` targets through the head. ``log_steps`` and
    ``validation_steps`` lie between two looks at the losses: a look waits for the GPU.
    """

    device: torch.device
    dtype: torch.dtype = torch.float32
    is_compiled: bool = False
    is_dense: bool = True
    num_workers: int = 0
    packs: int = 1
    chunk: int = 512
    log_steps: int = 1
    validation_steps: int = 200

    @staticmethod
    def found() -> Machine:
        """A GPU with everything fused, or the CPU.

        bfloat16 on a CPU only where it has units for it: without, a product takes a hundred times
        as long as in float32, with AVX-512's two fifths, with AMX still less.
        """
        if not torch.cuda.is_available():
            has_units = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
            return Machine(torch.device("cpu"), torch.bfloat16 if has_units else torch.float32)
        fitting = torch.cuda.get_device_properties(0).total_memory // PACK_BYTES
        return Machine(
            torch.device("cuda"),
            torch.bfloat16,
            is_compiled=True,
            is_dense=False,
            num_workers=min(max((os.cpu_count() or 2) - 2, 1), 10),
            packs=min(1 << max(fitting.bit_length() - 1, 0), MAX_PACKS),
            chunk=4096,
            log_steps=20,
        )
