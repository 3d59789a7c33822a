"""The model as a policy that samples and learns: its last blocks, in three states.

The *learner*'s weights are trained in full precision and rounded on the way forward, since rounded
ones ship; the *actor* holds them rounded, for sampling; the *start* keeps those of the beginning,
to measure how far the policy has gone. Embeddings and the blocks below are shared and stay as they
are.
"""

# N sequences, R segments of S slots, T slots of context, D width, M targets, V vocabulary

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from engine.training.cache import Contexts, Layer, blocks_of, pass_through
from engine.training.examples import Ids
from engine.training.model import BLOCK, Llama, four_bit_values, rope_angles
from engine.training.packing import SpecialIds
from engine.training.segments import Segments

MAX_NOISE = 0.48  # of a rounding step; offsets and steps are halves, so a little less than a half


class Tail(nn.Module):
    """Blocks above the frozen ones, and the norm behind them."""

    def __init__(self, blocks: Sequence[nn.Module], final_norm: nn.Parameter) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.final_norm = final_norm

    def rounded(self) -> Tail:
        """A copy of it, its matrices rounded to four bits, without gradients."""
        twin = copy.deepcopy(self).requires_grad_(False)
        for block in blocks_of(twin.blocks):
            block.is_rounded = False  # they hold what rounding gives
        twin.take(self)
        return twin

    @torch.no_grad()
    def take(self, other: Tail) -> None:
        """Hold another tail's weights, rounded."""
        for mine, theirs in zip(self.parameters(), other.parameters(), strict=True):
            mine.copy_(four_bit_values(theirs) if theirs.ndim > 1 else theirs)


@dataclass(frozen=True, slots=True)
class Reading:
    """A batch of contexts for the actor: slots, and layers (one a block) that hold the contexts."""

    places: Segments
    layers: list[Layer]


class Policy:
    """A model's last ``num_trained`` blocks as learner, actor and start; ``prompts`` by name.

    Answers end with <eom>; those to the prompts in ``lines`` also with a token of ``breaks``, the
    ids that hold a line break, as a hole of a single line does when served.
    """

    def __init__(
        self,
        model: Llama,
        special: SpecialIds,
        prompts: Mapping[str, Ids],
        num_trained: int,
        temperature: float = 1.0,
        seed: int = 0,
        lines: Collection[str] = (),
        breaks: Sequence[int] = (),
    ) -> None:
        self.model, self.special, self.temperature = model, special, temperature
        self.num_frozen = model.shape.num_layers - num_trained
        self.trunk = blocks_of(model.blocks)[: self.num_frozen]
        model.requires_grad_(False)
        for block in self.trunk:
            block.is_rounded = False  # as it was read
        self.learner = Tail(list(model.blocks)[self.num_frozen :], model.final_norm)
        self.learner.requires_grad_(True)
        self.start, self.actor = self.learner.rounded(), self.learner.rounded()
        dither(self.learner, seed)
        self.contexts = Contexts(model, self.num_frozen, prompts)
        num_special = model.special_rows.shape[0]
        rows = model.special_rows.to(model.dtype)
        self.table = torch.cat([rows, model.embedding[num_special:]])
        self._lines = frozenset(lines)
        self._is_break = torch.zeros(len(self.table), dtype=torch.bool, device=self.table.device)
        self._is_break[list(breaks)] = True
        self._forbidden = torch.tensor(
            [token for token in range(num_special) if token != special.eom],
            device=self.table.device,
        )

    def read(self, names: Sequence[str], num: int, size: int, free: bool) -> Reading:
        """Contexts as the actor sees them, with room for ``num`` segments of ``size`` slots."""
        places = self.contexts.segments(names, num, size, free)
        hidden, layers = self.contexts.batch(names, places)
        above = self.contexts.layers(places, len(self.actor.blocks))
        pass_through(blocks_of(self.actor.blocks), above, hidden, places.context_slots(), places)
        return Reading(places, layers + above)

    def act(self, reading: Reading, ids: Tensor, slots: Tensor) -> Tensor:
        """The actor's states (N, Q, D) for ids in ``slots`` (N, Q); kept in the reading."""
        blocks = [*self.trunk, *blocks_of(self.actor.blocks)]
        embedded = self.model.embed(ids)
        hidden = pass_through(blocks, reading.layers, embedded, slots, reading.places)
        return self._normed(hidden, self.actor)

    def below(self, names: Sequence[str], ids: Tensor, places: Segments) -> Tensor:
        """States (N, T + R * S, D) under the trained blocks: contexts, then ids (N, R * S)."""
        contexts, layers = self.contexts.batch(names, places)
        with torch.no_grad():
            embedded = self.model.embed(ids)
        hidden = pass_through(self.trunk, layers, embedded, places.canvas_slots(), places)
        return torch.cat([contexts, hidden], dim=1)

    def above(self, tail: Tail, below: Tensor, places: Segments) -> Tensor:
        """States (N, R * S, D) of the segments through all of a tail, contexts with them."""
        slots = torch.cat([places.context_slots(), places.canvas_slots()], dim=1)
        cosine, sine = rope_angles(places.positions(slots), self.model.shape)
        mask, hidden = places.mask(slots), below
        rounding = torch.full((), float(tail is self.learner), device=below.device)
        for block in tail.blocks:
            hidden = block(hidden, cosine, sine, rounding, mask)
        return self._normed(hidden[:, places.num_context :], tail)

    def log_p(self, hidden: Tensor, targets: Tensor, chunk: int = 512) -> Tensor:
        """Log-probabilities (M,) of targets (M,) from the states (M, D) that predict them."""
        parts = [
            checkpoint(self._chunk_log_p, *part, use_reentrant=False)
            for part in zip(torch.split(hidden, chunk), torch.split(targets, chunk), strict=True)
        ]
        return torch.cat(parts) if parts else hidden.new_zeros(0, dtype=torch.float32)

    def distribution(self, hidden: Tensor) -> Tensor:
        """Log-probabilities (M, V) at the policy's temperature; marks but ``<eom>`` have none."""
        logits = F.linear(hidden, self.table).float() / self.temperature
        return logits.index_fill(-1, self._forbidden, float("-inf")).log_softmax(-1)

    def are_ends(self, names: Sequence[str], ids: Tensor) -> Tensor:
        """Which of ids (N, …) end an answer to the prompt of their row."""
        is_line = torch.tensor([name in self._lines for name in names], device=ids.device)
        is_line = is_line.view(-1, *[1] * (ids.ndim - 1))
        return (ids == self.special.eom) | (self._is_break[ids] & is_line)

    def sync(self) -> None:
        """Sample with what was learned from now on."""
        self.actor.take(self.learner)

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Go on with a learner's weights, as its ``state_dict`` gave them."""
        self.learner.load_state_dict(weights)
        self.sync()

    def _chunk_log_p(self, hidden: Tensor, targets: Tensor) -> Tensor:
        return self.distribution(hidden).gather(-1, targets.unsqueeze(-1)).squeeze(-1)

    def _normed(self, hidden: Tensor, tail: Tail) -> Tensor:
        shape = self.model.shape
        weight = tail.final_norm.to(self.model.dtype)
        return F.rms_norm(hidden, (shape.width,), weight, shape.norm_epsilon)


@torch.no_grad()
def dither(tail: Tail, seed: int) -> None:
    """Move each matrix's rounded weights to random places that round to the same values.

    Weights that ship lie on the grid of their four bits: small steps would never reach another
    value. From random places a step changes as many values as it is long, so that the rounded
    weights move as the full ones do, on average (stochastic rounding, arXiv:1502.02551).
    """
    random = torch.Generator().manual_seed(seed)
    for weight in tail.parameters():
        if weight.ndim < 2:
            continue
        blocks = four_bit_values(weight).view(weight.shape[0], -1, BLOCK)
        low, high = blocks.amin(-1, keepdim=True), blocks.amax(-1, keepdim=True)
        noise = torch.rand(blocks.shape, generator=random).to(weight.device) * 2 - 1
        moved = (blocks + noise * MAX_NOISE * (high - low) / 15).clamp(low, high)
        # The extremes span the grid.
        is_extreme = (blocks == low) | (blocks == high)
        weight.copy_(torch.where(is_extreme, blocks, moved).view_as(weight))
