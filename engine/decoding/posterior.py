"""From logits to what the sampler decides on: best token, its probability.

One place for everything that changes logits: forbidden ids, bans, forced bytes, the bias against
ending early, newlines that end a line. Knows nothing of canvases' states or schedules.
"""

# M wanted positions, V vocabulary

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Ids
from engine.denoisers.protocol import Logits
from engine.lexicon import Lexicon

# exp() of it is 0, and 0 times it is still 0, as -inf would not be
IMPOSSIBLE = np.float32(-1e30)


@dataclass(frozen=True, slots=True)
class Posterior:
    """tokens (M,), their probabilities (M,)."""

    tokens: Ids
    p: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Filter:
    """What one row's logits must obey.

    ``banned`` ids are impossible; ``allowed`` ids alone are possible when given; ``ends_line``:
    newlines count as <eom>.
    """

    banned: Sequence[int] = ()
    allowed: Ids | None = None
    ends_line: bool = False


def apply_filters(
    logits: Logits, filters: Sequence[Filter], lexicon: Lexicon, eom_bias: float = 0.0
) -> None:
    """Change ``logits`` (M, V) in place, one filter a row; ``eom_bias`` is taken off <eom>."""
    eom = lexicon.tokenizer.eom_id
    logits[:, lexicon.forbidden] = IMPOSSIBLE
    logits[:, eom] -= np.float32(eom_bias)
    for row, rule in zip(logits, filters, strict=True):
        if rule.ends_line and len(lexicon.line_ends):
            ends = np.append(row[lexicon.line_ends], row[eom])
            row[lexicon.line_ends] = IMPOSSIBLE
            row[eom] = np.logaddexp.reduce(ends)
        if rule.allowed is not None:
            kept = row[rule.allowed].copy()
            row[:] = IMPOSSIBLE
            row[rule.allowed] = kept
        if rule.banned:
            row[list(rule.banned)] = IMPOSSIBLE


def greedy(logits: Logits) -> Posterior:
    """The argmax of each row of ``logits`` (M, V), which is overwritten."""
    best = logits.argmax(axis=1)
    logits -= np.take_along_axis(logits, best[:, None], axis=1)
    p = (1.0 / np.exp(logits).sum(axis=1)).astype(np.float32)
    return Posterior(best, p)


def runners_up(logits: Logits, best: Posterior) -> tuple[Ids, NDArray[np.float32]]:
    """The second best tokens (M,) and their p (M,), of ``logits`` as ``greedy`` has left them."""
    rows = np.arange(len(logits))
    logits[rows, best.tokens] = IMPOSSIBLE
    second = logits.argmax(axis=1)
    return second, (best.p * np.exp(logits[rows, second])).astype(np.float32)


def sampled(logits: Logits, temperature: float, random: np.random.Generator) -> Posterior:
    """A draw from each row at ``temperature`` (Gumbel-max), with its probability at 1."""
    noise = random.gumbel(size=logits.shape).astype(np.float32)
    tokens = (logits + np.float32(temperature) * noise).argmax(axis=1)
    return Posterior(tokens, probabilities_of(logits, tokens))


def probabilities_of(logits: Logits, ids: Ids) -> NDArray[np.float32]:
    """What ``ids`` (M,) have under ``logits`` (M, V), which is overwritten."""
    chosen = np.take_along_axis(logits, ids[:, None], axis=1)[:, 0]
    highest = logits.max(axis=1)
    p: NDArray[np.float32] = greedy(logits).p * np.exp(chosen - highest)
    return p.astype(np.float32)
