"""The default model's weights on PyTorch: what its files stand for, in stock Llama layers."""

from __future__ import annotations

import torch
from transformers import LlamaConfig

from engine.denoisers.families.converted import converted
from engine.denoisers.sequence import SuffixFirstSequence
from engine.denoisers.stock_layers import StockLayers, dtype_on
from engine.denoisers.stock_model import StockModel, filled
from engine.denoisers.torch import TorchDenoiser
from engine.errors import DamagedWeights, TrainingError
from engine.models import Model
from engine.reading.layout import SuffixFirst
from engine.tokenizer import BPETokenizer
from engine.training.shape import LlamaShape
from engine.training.shipped import shipped_shape, shipped_weights


def shipped_denoiser(
    model: Model, device: torch.device, dtype: torch.dtype | None = None
) -> TorchDenoiser:
    """A denoiser on ``device`` that reads and predicts as the model's graph does on the CPU.

    Activations are not rounded to bytes there, so probabilities differ by that rounding. ``dtype``
    None: what the device is fastest in. Raises DamagedWeights when the files hold no model.
    """
    try:
        shape = shipped_shape(model.folder)
        weights = shipped_weights(model.folder, shape)
    except TrainingError as error:
        raise DamagedWeights(f"{error}: reinstall the model") from error
    tensors = {name: torch.from_numpy(values) for name, values in weights.items()}
    config = _config(shape, model.manifest.shape.max_positions)
    layers = StockLayers(StockModel(filled(config, tensors, dtype or dtype_on(device))), device)
    tokenizer = BPETokenizer(model.tokenizer)
    layout = SuffixFirstSequence(SuffixFirst.of(tokenizer))
    return TorchDenoiser(model.name, converted("llama"), tokenizer, layout, layers)


def _config(shape: LlamaShape, max_positions: int) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.width,
        intermediate_size=shape.ffn_width,
        num_hidden_layers=shape.num_layers,
        num_attention_heads=shape.num_heads,
        num_key_value_heads=shape.num_kv_heads,
        head_dim=shape.head_width,
        max_position_embeddings=max_positions,
        rms_norm_eps=shape.norm_epsilon,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
