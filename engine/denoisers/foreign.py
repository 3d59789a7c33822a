"""Other people's models: from a folder to a denoiser, without loading torch before it is needed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from engine.denoisers.protocol import Denoiser
from engine.errors import UnknownModel

_NEEDED = ("torch", "transformers", "safetensors", "tokenizers")


def load_foreign(folder: Path) -> Denoiser:
    """A denoiser for the Hugging Face model in ``folder``.

    Raises UnknownModel when a library is missing or the folder holds no diffusion model we know,
    DamagedWeights when its files are not whole.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UnknownModel(f"{folder}: needs {' and '.join(missing)}: pip install 'midfill[torch]'")
    from engine.denoisers.families.checkpoint import read_checkpoint
    from engine.denoisers.torch import TorchDenoiser

    return TorchDenoiser(read_checkpoint(folder))
