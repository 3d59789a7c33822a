"""The training loss: weighted cross entropy through the tied head.

Logits of 49,152 columns are the largest array of a step, so they are made, used and dropped in
chunks, forward and backward in one go (the idea of Liger's fused linear cross entropy,
arXiv:2410.10989).
"""

# M targets, D width, V vocabulary

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

CHUNK = 512


def tied_cross_entropy(
    hidden: Tensor, special_rows: Tensor, embedding: Tensor, targets: Tensor, weights: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Sum of weight x cross entropy; predicted ids and nats of each target (M,), for the log.

    hidden (M, D), special_rows (S, D) standing for the first rows of embedding (V, D), targets and
    weights (M,). Gradients reach ``hidden`` and ``special_rows``.
    """
    answer: tuple[Tensor, Tensor, Tensor] = _TiedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden, special_rows, embedding, targets, weights
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
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Make the gradients along with the loss, chunk by chunk."""
        num_special = special_rows.shape[0]
        table = embedding.clone()
        table[:num_special] = special_rows.to(embedding.dtype)
        grad_hidden = torch.empty_like(hidden)
        grad_special = torch.zeros_like(special_rows)
        total = hidden.new_zeros((), dtype=torch.float32)
        predicted = torch.empty_like(targets)
        nats = torch.empty_like(weights)
        for start in range(0, hidden.shape[0], CHUNK):
            part = slice(start, start + CHUNK)
            logits = (hidden[part] @ table.T).float()
            predicted[part] = logits.argmax(-1)
            log_p = torch.log_softmax(logits, dim=-1)
            chosen = targets[part].unsqueeze(-1)
            nats[part] = -log_p.gather(-1, chosen).squeeze(-1)
            total = total + (weights[part] * nats[part]).sum()
            grad = log_p.exp_()
            grad.scatter_add_(-1, chosen, grad.new_full(chosen.shape, -1.0))
            grad *= weights[part].unsqueeze(-1)
            grad = grad.to(hidden.dtype)
            grad_hidden[part] = grad @ table
            grad_special += (grad[:, :num_special].T @ hidden[part]).to(grad_special.dtype)
        ctx.save_for_backward(grad_hidden, grad_special)
        ctx.mark_non_differentiable(predicted, nats)
        return total, predicted, nats

    @staticmethod
    def backward(ctx: Any, grad_total: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        """Scale the gradients that the forward pass already made."""
        grad_hidden, grad_special = ctx.saved_tensors
        return grad_hidden * grad_total, grad_special * grad_total, None, None, None
