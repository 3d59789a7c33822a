"""A Llama of two layers and examples that it can learn, for tests of training (needs torch)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engine.training.examples import ExampleGroup, ExampleHole, ExampleRow, write_examples
from engine.training.model import projection_widths
from engine.training.packing import SpecialIds
from engine.training.shape import LlamaShape

TINY = LlamaShape(
    num_layers=2, width=32, num_heads=4, num_kv_heads=2, head_width=8, ffn_width=64, vocab_size=97
)
SPECIAL = SpecialIds(mask=16, eom=15)
EMPTY = np.array([], np.int64)
MID, HOLE = 7, 8


def tiny_tensors(shape: LlamaShape = TINY) -> dict[str, torch.Tensor]:
    """Random weights by Hugging Face names."""
    random = torch.Generator().manual_seed(5)

    def draw(*sizes: int) -> torch.Tensor:
        return torch.randn(*sizes, generator=random)

    tensors = {
        "model.embed_tokens.weight": draw(shape.vocab_size, shape.width),
        "model.norm.weight": 1 + draw(shape.width) / 9,
    }
    for layer in range(shape.num_layers):
        prefix = f"model.layers.{layer}"
        for name, (width_in, width_out) in projection_widths(shape).items():
            part = "mlp" if name in ("gate_proj", "up_proj", "down_proj") else "self_attn"
            tensors[f"{prefix}.{part}.{name}.weight"] = draw(width_out, width_in) / 6
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{prefix}.{name}.weight"] = 1 + draw(shape.width) / 9
    return tensors


def counting(folder: Path, num_rows: int = 40) -> Path:
    """Middles that continue the context by counting: learnable by copying."""
    random = np.random.default_rng(0)
    rows = []
    for _ in range(num_rows):
        start = int(random.integers(20, 60))
        hole = ExampleHole(np.arange(start + 1, start + 5), True, MID)
        main = np.array([4, start - 2, start - 1, start])
        rows.append(ExampleRow(main, (ExampleGroup(EMPTY, 4, (hole,), 0),)))
    write_examples(folder / "examples.npz", rows)
    return folder / "examples.npz"
