"""Stock layers of ``transformers`` with a checkpoint's tensors; no code of the checkpoint runs."""

# R rows, N tokens, P cached tokens, H hidden size, V vocabulary

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, DynamicCache
from transformers.utils import logging

from engine.canvas import Ids
from engine.denoisers.families.checkpoint import Checkpoint
from engine.denoisers.protocol import Logits
from engine.errors import DamagedWeights

# Keys and values per layer, each (1, K, P, head_width).
Cache = tuple[tuple[torch.Tensor, torch.Tensor], ...]
_NOT_OURS = ("model_type", "architectures", "auto_map", "torch_dtype", "dtype", "midfill_family")


class StockLayers:
    """One model on one device: bfloat16 on a GPU, float32 on a CPU.

    Raises DamagedWeights when a tensor is missing or has another shape.
    """

    def __init__(self, checkpoint: Checkpoint, device: str | None = None) -> None:
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.dtype = torch.bfloat16 if self.device.type == "cuda" else torch.float32
        config = _config(checkpoint)
        self.max_positions = int(config.max_position_embeddings)
        _compare(checkpoint, config)
        self._model = _load(checkpoint, config, self.dtype)
        self._model.to(self.device).eval()
        # transformers 5.24 renamed the argument.
        known = inspect.signature(self._model.base_model.forward).parameters
        self._cache_name = "cache" if "cache" in known else "past_key_values"

    @torch.inference_mode()
    def logits(
        self, ids: Ids, visible: Ids, rows: list[Ids], start: int = 0, cache: Cache = ()
    ) -> list[Logits]:
        """Logits (M, V) of the wanted ``rows`` of each sequence.

        ids (R, N) stand from position ``start`` on, behind what ``cache`` holds; visible
        (R, N, start + N): which tokens each sees.
        """
        hidden = self._run(ids, visible, start, _filled(cache, len(ids)))
        head = self._model.get_output_embeddings()
        return [
            head(hidden[index, torch.from_numpy(wanted).to(self.device)]).float().cpu().numpy()
            for index, wanted in enumerate(rows)
        ]

    @torch.inference_mode()
    def encode(self, ids: Ids, visible: Ids, start: int, cache: Cache) -> Cache:
        """Keys and values of what ``cache`` holds and of ids (N,) behind it."""
        filled = _filled(cache, 1)
        self._run(ids[None], visible[None], start, filled)
        return tuple((layer.keys, layer.values) for layer in filled.layers)

    def _run(self, ids: Ids, visible: Ids, start: int, past: Any) -> torch.Tensor:
        """Last hidden states (R, N, H); what they saw is in ``past`` afterwards."""
        positions = torch.arange(start, start + ids.shape[1], device=self.device)
        shown: torch.Tensor = self._model.base_model(
            input_ids=torch.from_numpy(ids).to(self.device),
            attention_mask=torch.from_numpy(visible[:, None]).to(self.device),
            position_ids=positions.expand(len(ids), -1),
            use_cache=True,
            **{self._cache_name: past},
        ).last_hidden_state
        return shown


def _filled(cache: Cache, num_rows: int) -> Any:
    """The library's cache with the same keys and values for each of ``num_rows`` sequences."""
    past = DynamicCache()
    for layer, (keys, values) in enumerate(cache):
        size = (num_rows, -1, -1, -1)
        past.update(keys.expand(size), values.expand(size), layer)
    return past


def cropped(cache: Cache, num_tokens: int) -> Cache:
    """The first ``num_tokens`` of a cache."""
    return tuple((keys[:, :, :num_tokens], values[:, :, :num_tokens]) for keys, values in cache)


def _config(checkpoint: Checkpoint) -> Any:
    stock, record = checkpoint.family.stock, checkpoint.layer_config
    kept = {name: value for name, value in record.items() if name not in _NOT_OURS}
    try:
        return AutoConfig.for_model(stock, **kept)
    except (TypeError, ValueError, KeyError) as error:
        raise DamagedWeights(
            f"{checkpoint.folder}: config.json does not fit {stock} layers ({error}): "
            "fetch the model again"
        ) from error


def _compare(checkpoint: Checkpoint, config: Any) -> None:
    """Every tensor the layers need is there in its shape, before one is read."""
    expected = _empty(config).state_dict()
    for name, tensor in expected.items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        found = checkpoint.tensors.get(name)
        if found is None:
            raise DamagedWeights(
                f"{checkpoint.folder}: tensor {name} is missing from the weights: fetch them again,"
                f" or the model is not of the family {checkpoint.family.name}"
            )
        if found.shape != tuple(tensor.shape):
            raise DamagedWeights(
                f"{found.file}: tensor {name} is {found.shape}, config.json says "
                f"{tuple(tensor.shape)}: fetch the model again"
            )


def _load(checkpoint: Checkpoint, config: Any, dtype: torch.dtype) -> Any:
    rename = checkpoint.family.rename or str
    tensors: Mapping[str, torch.Tensor] = {
        rename(name): tensor
        for file in checkpoint.files
        for name, tensor in load_file(file).items()
    }
    kind = type(_empty(config))
    bars: Any = logging
    was_shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        model = kind.from_pretrained(None, config=config, state_dict=dict(tensors), dtype=dtype)
    finally:
        if was_shown:
            bars.enable_progress_bar()
    return model


def _empty(config: Any) -> Any:
    build: Any = AutoModelForCausalLM.from_config
    with torch.device("meta"):
        return build(config)


def visible_from(rank: Ids, start: int) -> Ids:
    """Which tokens (columns, all N) each token from ``start`` on sees (N - start, N) bool."""
    return np.less_equal(rank[None, :], rank[start:, None])
