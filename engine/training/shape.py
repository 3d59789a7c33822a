"""Sizes and tensors of a Llama model. Imports numpy: the training loop needs that and torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Tensors by their Hugging Face names.
Weights = dict[str, NDArray[np.float32]]
EMBEDDING = "model.embed_tokens.weight"


@dataclass(frozen=True, slots=True)
class LlamaShape:
    """Sizes of a Llama model; the defaults are SmolLM2-135M's."""

    num_layers: int = 30
    width: int = 576
    num_heads: int = 9
    num_kv_heads: int = 3
    head_width: int = 64
    ffn_width: int = 1536
    vocab_size: int = 49152
    rope_theta: float = 100_000.0
    norm_epsilon: float = 1e-5

    @property
    def num_groups(self) -> int:
        """Query heads that share one key/value head."""
        return self.num_heads // self.num_kv_heads
