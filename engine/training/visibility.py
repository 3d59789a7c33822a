"""Which tokens of a packed sequence see which, and attention under it.

Five whole numbers a token say it (``FIELDS``): a token sees its own segment, causally unless it is
``free``, the tokens before ``stop`` in the segment ``main``, and all of the segment ``rest``.
On a GPU block-sparse FlexAttention (arXiv:2412.05496) skips what nobody sees; elsewhere the mask is
dense.
"""

# B sequences, H heads, L tokens

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.nn.attention.flex_attention import BlockMask, create_block_mask, flex_attention

from engine.training.packing import FIELDS

Mask = Tensor | BlockMask
Sees = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


class Visibility:
    """Buffers of (B, L) for the fields, always the same, so that a compiled step stays valid."""

    def __init__(self, batch: int, length: int, device: torch.device, is_dense: bool) -> None:
        self.is_dense, self.device = is_dense, device
        self.fields = {
            name: torch.zeros(batch, length, dtype=torch.int32, device=device) for name in FIELDS
        }
        self.sees = _sees(*(self.fields[name] for name in FIELDS))

    def mask(self, fields: Mapping[str, Tensor]) -> Mask:
        """The mask of a batch with these fields (B, L)."""
        for name, buffer in self.fields.items():
            buffer.copy_(fields[name], non_blocking=True)
        batch, length = self.fields["segment"].shape
        if not self.is_dense:
            return create_block_mask(
                self.sees, batch, None, length, length, device=self.device, _compile=True
            )
        every = torch.arange(batch, device=self.device)[:, None, None, None]
        places = torch.arange(length, device=self.device)
        return self.sees(every, every, places[:, None], places)


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Mask) -> Tensor:
    """Attention of (B, H, L, head_width) under the mask."""
    if isinstance(mask, BlockMask):
        attended: Tensor = flex_attention(query, key, value, block_mask=mask)
        return attended
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask)


def _sees(segment: Tensor, main: Tensor, stop: Tensor, rest: Tensor, free: Tensor) -> Sees:
    """FlexAttention's mask function, over tensors that it captures."""

    def sees(sequence: Tensor, _: Tensor, query: Tensor, key: Tensor) -> Tensor:
        of_key = segment[sequence, key]
        is_open = (free[sequence, query] > 0) | (key <= query)
        own = (of_key == segment[sequence, query]) & is_open
        before = (of_key == main[sequence, query]) & (key < stop[sequence, query])
        return own | before | (of_key == rest[sequence, query])

    return sees
