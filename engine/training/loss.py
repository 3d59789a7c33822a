"""The training loss: weighted cross entropy through the tied head.

Logits of 49,152 columns are the largest array of a step, so they are made, used and dropped in
chunks, forward and backward in one go (the idea of Liger's fused linear cross entropy,
arXiv:2410.10989).
"""

# M targets, C of them in a chunk, D width, V vocabulary, S special rows

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

_Parts = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
ChunkLoss = Callable[[Tensor, Tensor, Tensor, Tensor, int], _Parts]


def chunk_loss(
    hidden: Tensor, table: Tensor, targets: Tensor, weights: Tensor, num_special: int
) -> _Parts:
    """Of one chunk: loss (), predicted ids and nats (C,), gradients (C, D) and (S, D)."""
    logits = (hidden @ table.T).float()
    predicted = logits.argmax(-1)
    log_p = torch.log_softmax(logits, dim=-1)
    nats = -log_p.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
    is_target = torch.arange(table.shape[0], device=table.device) == targets.unsqueeze(-1)
    grad = ((log_p.exp() - is_target.float()) * weights.unsqueeze(-1)).to(hidden.dtype)
    grad_special = (grad[:, :num_special].T @ hidden).float()
    return (weights * nats).sum(), predicted, nats, grad @ table, grad_special


def tied_cross_entropy(
    hidden: Tensor,
    special_rows: Tensor,
    embedding: Tensor,
    targets: Tensor,
    weights: Tensor,
    chunk: int,
    of_chunk: ChunkLoss = chunk_loss,
) -> tuple[Tensor, Tensor, Tensor]:
    """Sum of weight x cross entropy; predicted ids and nats of each target (M,), for the log.

    hidden (M, D), special_rows (S, D) standing for the first rows of embedding (V, D), targets and
    weights (M,), of which ``chunk`` are worked on at a time. Gradients reach ``hidden`` and
    ``special_rows``. ``of_chunk``: ``chunk_loss``, compiled perhaps.
    """
    answer: tuple[Tensor, Tensor, Tensor] = _TiedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden, special_rows, embedding, targets, weights, chunk, of_chunk
    )
    return answer


class _TiedCrossEntropy(torch.autograd.Function):
    """See ``tied_cross_entropy``."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        special_rows: Tensor,
        embedding: Tensor,
        targets: Tensor,
        weights: Tensor,
        chunk: int,
        of_chunk: ChunkLoss,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Make the gradients along with the loss, chunk by chunk."""
        num_special = special_rows.shape[0]
        table = torch.cat([special_rows.to(embedding.dtype), embedding[num_special:]])
        grad_hidden = torch.empty_like(hidden)
        grad_special = torch.zeros_like(special_rows)
        total = hidden.new_zeros((), dtype=torch.float32)
        predicted = torch.empty_like(targets)
        nats = torch.empty_like(weights)
        for start in range(0, hidden.shape[0], chunk):
            part = slice(start, start + chunk)
            loss, predicted[part], nats[part], grad_hidden[part], of_special = of_chunk(
                hidden[part], table, targets[part], weights[part], num_special
            )
            total = total + loss
            grad_special += of_special
        ctx.save_for_backward(grad_hidden, grad_special)
        ctx.mark_non_differentiable(predicted, nats)
        return total, predicted, nats

    @staticmethod
    def backward(ctx: Any, grad_total: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        """Scale the gradients that the forward pass already made."""
        grad_hidden, grad_special = ctx.saved_tensors
        return grad_hidden * grad_total, grad_special * grad_total, None, None, None, None, None
