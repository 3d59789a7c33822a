"""DiffusionGemma's two halves: causal ones read and keep the context, open ones fill the canvas.

Most layers look back a window alone. All keys are kept, and masks hide what is out of sight.
"""

# R rows, N tokens, C cached tokens

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from engine.denoisers.key_values import KeyValues
from engine.denoisers.passes import Answer, Pass
from engine.denoisers.replays import Tensors
from engine.denoisers.stock_layers import StockLayers
from engine.denoisers.stock_model import StockModel


class GemmaLayers(StockLayers):
    """As its base; a pass that is kept is the causal half's, any other one the open half's."""

    def __init__(self, model: StockModel, device: torch.device) -> None:
        super().__init__(model, device)
        config = self._model.config.get_text_config()
        self._window, self._cap = int(config.sliding_window), float(config.final_logit_softcapping)
        encoder = self._model.model.encoder
        # Nobody shows it pictures.
        encoder.vision_tower = encoder.embed_vision = None

    def _run(self, passes: Sequence[Pass]) -> list[Answer]:
        causal, free = ([one for one in passes if one.keeps is keeps] for keeps in (True, False))
        if not causal or not free:
            return super()._run(passes)
        answers = {True: iter(super()._run(causal)), False: iter(super()._run(free))}
        return [next(answers[one.keeps]) for one in passes]

    def _computed(self, passes: Sequence[Pass], fed: Tensors) -> torch.Tensor:
        """Last hidden states (R, N, H); the causal half's keys and values are kept."""
        ids, visible, positions, seen, *filled = (part.to(self.device) for part in fed)
        past, keeps = _kept(self._key_values, seen, len(ids)), passes[0].keeps
        masks = {
            "full_attention": visible,
            "sliding_attention": self._within_window(visible, positions, keeps),
        }
        cache = {self._cache_name: past}
        if keeps:
            hidden: torch.Tensor = self._model.model.encoder.language_model(
                input_ids=ids, attention_mask=masks, position_ids=positions, **cache
            ).last_hidden_state
            for layer, part in enumerate(past.layers):
                new = [whole[:, :, len(seen) :] for whole in (part.keys, part.values)]
                self._key_values.fill(layer, filled[0], new)
            return hidden
        hidden = self._model.model.decoder(
            decoder_input_ids=ids,
            decoder_attention_mask=masks,
            decoder_position_ids=positions,
            **cache,
        ).last_hidden_state
        return hidden

    def _within_window(
        self, visible: torch.Tensor, positions: torch.Tensor, is_causal: bool
    ) -> torch.Tensor:
        """Of what each token sees (R, 1, N, C + N) what is near, from it or from the canvas."""
        num_rows, num_tokens = positions.shape
        before = torch.arange(visible.shape[-1] - num_tokens, device=positions.device)
        places = torch.cat([before.expand(num_rows, -1), positions], dim=1)
        viewers = positions if is_causal else positions[:, :1]
        is_near = places[:, None, :] > viewers[:, :, None] - self._window
        return visible & is_near[:, None]

    def _head(self, hidden: torch.Tensor) -> torch.Tensor:
        logits = super()._head(hidden).float()
        return torch.tanh(logits / self._cap) * self._cap


def _kept(key_values: KeyValues, seen: torch.Tensor, num_rows: int) -> Any:
    """Keys and values of the slots ``seen`` (C, R) as a cache of the stock layers."""
    past: Any = DynamicCache()
    for layer, pair in enumerate(key_values.layers if len(seen) else ()):
        none = [part.new_empty(num_rows, part.shape[1], 0, part.shape[2]) for part in pair]
        past.update(*key_values.seen(layer, seen, none), layer)
    return past
