"""Other people's models: from a folder to a denoiser, without loading torch before it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.denoisers.device import NEEDED, check_libraries, torch_device

if TYPE_CHECKING:
    from engine.denoisers.torch import TorchDenoiser


def load_foreign(folder: Path, device: str | None = None) -> TorchDenoiser:
    """A denoiser for the Hugging Face model in ``folder``, where ``device`` says.

    Raises BadInput for a device that cannot be had, UnknownModel when a library is missing or the
    folder holds no diffusion model we know, DamagedWeights when its files are not whole.
    """
    place = torch_device(device)
    check_libraries(str(folder), NEEDED)
    from engine.denoisers.families.checkpoint import read_checkpoint
    from engine.denoisers.torch import TorchDenoiser

    return TorchDenoiser.of(read_checkpoint(folder), place)
