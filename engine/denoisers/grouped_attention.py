"""Attention where the query heads of one key stand below one another.

So nothing is repeated for each of them (arXiv:2305.13245), as kernels that take a mask want it.
"""

# R rows, H heads, K key/value heads, G = H / K, N tokens, T tokens seen, D head width

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

GROUPED = "midfill_grouped"


def grouped_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    scaling: float | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attended values (R, N, H, D) of query (R, H, N, D), key and value (R, K, T, D).

    ``attention_mask`` (R, 1, G N, T): ``grouped`` made it of the one for a single head.
    """
    del module
    rows, num_heads, num_tokens, width = query.shape
    stacked = query.reshape(rows, key.shape[1], -1, width)
    attended = F.scaled_dot_product_attention(
        stacked, key, value, attn_mask=attention_mask, scale=scaling
    )
    by_head = attended.reshape(rows, num_heads, num_tokens, value.shape[-1])
    return by_head.transpose(1, 2).contiguous(), None


def grouped(visible: torch.Tensor, config: Any) -> torch.Tensor:
    """Who sees whom (R, 1, N, T), once for each query head of a key: (R, 1, G N, T)."""
    num_groups = config.num_attention_heads // config.num_key_value_heads
    return visible.repeat(1, 1, num_groups, 1)
