"""A checkpoint's tensors in stock layers of ``transformers``; no code of the checkpoint runs."""

# E experts, H outer and I inner units

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from huggingface_hub.errors import StrictDataclassError
from safetensors.torch import load_file
from transformers import CONFIG_MAPPING, AttentionInterface, AutoConfig, AutoModelForCausalLM
from transformers.utils import logging as transformers_logging

from engine.denoisers.families.checkpoint import Checkpoint, parts_of
from engine.denoisers.few_bits import FULL, KEY, bits_of
from engine.denoisers.grouped_attention import GROUPED, grouped_attention
from engine.errors import DamagedWeights, UnknownModel

Tensors = Mapping[str, torch.Tensor]
_NOT_OURS = (
    "model_type",
    "architectures",
    "auto_map",
    "torch_dtype",
    "dtype",
    "midfill_family",
    "midfill_bits",
)
AttentionInterface.register(GROUPED, grouped_attention)


@dataclass(frozen=True, slots=True)
class StockModel:
    """Layers on the CPU in the precision they will have; ``bits`` a weight once they are placed.

    ``is_mixture``: of experts, so that a row's rounding depends on the others of its pass.
    """

    layers: Any
    bits: int = FULL
    is_mixture: bool = False

    @property
    def max_positions(self) -> int:
        """Tokens that a sequence may have."""
        return int(self.layers.config.get_text_config().max_position_embeddings)


def read_stock_model(checkpoint: Checkpoint, dtype: torch.dtype) -> StockModel:
    """The layers with what the checkpoint holds.

    Raises DamagedWeights when a tensor is missing or has another shape, UnknownModel for layers or
    bits that cannot be had.
    """
    config = _config(checkpoint)
    _compare(checkpoint, config)
    bits = bits_of(checkpoint.config, str(checkpoint.folder))
    if checkpoint.family.is_mixture and bits != FULL:
        raise UnknownModel(
            f"{checkpoint.folder}: {KEY} is {bits}: the experts of a mixture are no linear layers "
            "and would stay as they are: leave it out"
        )
    layers = filled(config, _tensors(checkpoint, config), dtype)
    return StockModel(layers, bits, checkpoint.family.is_mixture)


def check_tensors(checkpoint: Checkpoint) -> None:
    """Raise DamagedWeights for a tensor that is missing or has another shape; none is read."""
    _compare(checkpoint, _config(checkpoint))


def filled(config: Any, tensors: Tensors, dtype: torch.dtype) -> Any:
    """Layers of a configuration with tensors by their names."""
    bars: Any = transformers_logging
    was_shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    # DiffusionGemma's halves mask in their own way.
    attention = "sdpa" if config.model_type == "diffusion_gemma" else GROUPED
    try:
        return type(_empty(config)).from_pretrained(
            None,
            config=config,
            state_dict=dict(tensors),
            dtype=dtype,
            attn_implementation=attention,
        )
    finally:
        if was_shown:
            bars.enable_progress_bar()


def _config(checkpoint: Checkpoint) -> Any:
    stock, record = checkpoint.family.stock, checkpoint.layer_config
    if stock not in CONFIG_MAPPING:
        raise UnknownModel(
            f"{checkpoint.folder}: {checkpoint.family.title} needs a newer transformers than "
            f"{transformers.__version__}: pip install -U transformers"
        )
    kept = {name: value for name, value in record.items() if name not in _NOT_OURS}
    try:
        return AutoConfig.for_model(stock, **kept)
    except (TypeError, ValueError, KeyError, StrictDataclassError) as error:
        said = " ".join(str(error).split())
        raise DamagedWeights(
            f"{checkpoint.folder}: config.json does not fit {stock} layers ({said}): "
            "fetch the model again"
        ) from error


def _compare(checkpoint: Checkpoint, config: Any) -> None:
    """Every tensor the layers need is there in its shape, before one is read."""
    expected = _empty(config).state_dict()
    shapes = {name: tuple(tensor.shape) for name, tensor in expected.items()}
    for name, shape in _published(shapes, checkpoint):
        is_tied = name == "lm_head.weight" and config.tie_word_embeddings
        if is_tied or name.startswith(checkpoint.family.unused):
            continue
        found = checkpoint.published(name)
        if found is None:
            raise DamagedWeights(
                f"{checkpoint.folder}: tensor {name} is missing from the weights: fetch them again,"
                f" or the model is not of the family {checkpoint.family.name}"
            )
        if found.shape != shape:
            raise DamagedWeights(
                f"{found.file}: tensor {name} is {found.shape}, config.json says "
                f"{shape}: fetch the model again"
            )


def _published(
    shapes: Mapping[str, tuple[int, ...]], checkpoint: Checkpoint
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The same tensors as a checkpoint holds them: of each expert its own, where it has no whole.

    The layers keep (E, 2 I, H) and (E, H, I).
    """
    for name, shape in shapes.items():
        stem, _, last = name.rpartition(".")
        is_fused = stem.endswith(".experts") and len(shape) == 3
        if not is_fused or checkpoint.published(name) is not None:
            yield name, shape
            continue
        for number in range(shape[0]):
            if last == "gate_up_proj":
                half = (shape[1] // 2, shape[2])
                yield f"{stem}.{number}.gate_proj.weight", half
                yield f"{stem}.{number}.up_proj.weight", half
            else:
                yield f"{stem}.{number}.{last}.weight", shape[1:]


def _tensors(checkpoint: Checkpoint, config: Any) -> dict[str, torch.Tensor]:
    """What is in the files, by the layers' names."""
    family = checkpoint.family
    tensors: dict[str, torch.Tensor] = {
        part.name: tensor[part.start : part.end] if part.end is not None else tensor
        for file in checkpoint.files
        for name, tensor in load_file(file).items()
        for part in parts_of(name, family, checkpoint.config)
    }
    for name in _empty(config).state_dict():
        twin = next((each for each in checkpoint.twins(name) if each in tensors), None)
        if name not in tensors and twin is not None:
            tensors[name] = tensors[twin]
    return tensors


def _empty(config: Any) -> Any:
    build: Any = AutoModelForCausalLM.from_config
    if config.model_type == "diffusion_gemma":
        build = transformers.DiffusionGemmaForBlockDiffusion
    with torch.device("meta"):
        return build(config)
