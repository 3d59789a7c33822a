"""The model that ships, on what it is to run on; what cannot be had is said, not passed over."""

from __future__ import annotations

import logging

from engine.denoisers.device import Device, chosen_device
from engine.denoisers.onnx import OnnxDenoiser
from engine.denoisers.protocol import Denoiser
from engine.errors import BadInput
from engine.models import Model

_LOG = logging.getLogger("midfill.engine")


class OnTheCpu(OnnxDenoiser):
    """As its base; knows why it is here. ``why``: in a few words."""

    def __init__(self, model: Model, why: str) -> None:
        super().__init__(model)
        self._why = why

    @property
    def place(self) -> str:
        """What the session really runs on (starts it), and why."""
        return f"{', '.join(self.providers)} ({self._why})"


def placed_denoiser(model: Model, device: str | None = None) -> Denoiser:
    """A denoiser for ``model`` where ``engine.denoisers.device`` says.

    A GPU that was found and does not work is logged, and the CPU taken. Raises BadInput for a
    device that was asked for and cannot be had.
    """
    chosen = chosen_device(device)
    if chosen.torch is None:
        return OnTheCpu(model, chosen.why)
    try:
        return _on_torch(model, chosen)
    except (ImportError, RuntimeError, AssertionError, OSError) as error:
        reason = f"{chosen.torch} does not work: {' '.join(str(error).split())[:200]}"
        if chosen.is_asked_for:
            raise BadInput(f"{reason}: mend it, or ask for the device cpu") from error
        _LOG.warning("%s; going on with the CPU", reason)
        return OnTheCpu(model, reason)


def _on_torch(model: Model, chosen: Device) -> Denoiser:
    import torch

    from engine.denoisers.shipped import shipped_denoiser

    return shipped_denoiser(model, torch.device(chosen.torch or "cpu"))
