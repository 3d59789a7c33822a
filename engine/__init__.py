r"""Code infilling on a diffusion language model: text, bytes and tokens, never LSP.

    >>> import engine
    >>> infiller = engine.load()                                       # doctest: +SKIP
    >>> infiller.infill(engine.Request("def f(x):\n    ", 14)).text    # doctest: +SKIP

Importing it loads no model and no numpy: what needs them is imported when it is asked for.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from engine.errors import BadInput, Cancelled, DamagedWeights, MidfillError, TooLarge, UnknownModel
from engine.proposal import (
    Edit,
    EditKind,
    EditSet,
    Outcome,
    Proposal,
    Reason,
    Refusal,
    TokenConfidence,
    rebase,
)
from engine.request import Effort, OpenDocument, RecentEdit, Request
from engine.spans import ByteOffset, Span
from engine.step import State, Step

if TYPE_CHECKING:
    from engine.infill import InfillConfig as InfillConfig
    from engine.infill import Infiller as Infiller

__all__ = [
    "BadInput",
    "ByteOffset",
    "Cancelled",
    "DamagedWeights",
    "Edit",
    "EditKind",
    "EditSet",
    "Effort",
    "MidfillError",
    "OpenDocument",
    "Outcome",
    "Proposal",
    "Reason",
    "RecentEdit",
    "Refusal",
    "Request",
    "Span",
    "State",
    "Step",
    "TokenConfidence",
    "TooLarge",
    "UnknownModel",
    "load",
    "rebase",
]

SCRIPTED = "scripted"
# ONNX Runtime from 1.29 on reports to its makers and writes an identifier of the machine into the
# user's cache folder, unless this is set before it is imported (its docs/Privacy.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def load(
    model: str | None = None, config: InfillConfig | None = None, device: str | None = None
) -> Infiller:
    """An Infiller with a model: the default one, one of a name or path, or ``scripted``.

    ``device``: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``torch-cpu``, as
    ``engine.denoisers.device`` has them; None for what ``MIDFILL_DEVICE`` says, else ``auto``.

    Raises UnknownModel, DamagedWeights when a file does not match its hash, BadInput for a device
    that is not there.
    """
    from engine.infill import Infiller

    if model == SCRIPTED:
        from engine.denoisers.scripted import ByteTokenizer, ScriptedDenoiser

        return Infiller(ScriptedDenoiser(ByteTokenizer()), config=config)
    from engine.foreign_models import foreign_folder

    folder = None if model is None else foreign_folder(model)
    if folder is not None:
        from engine.denoisers.foreign import load_foreign

        denoiser = load_foreign(folder, device)
        return Infiller(denoiser, config=config, is_joint=denoiser.is_joint)
    from engine.denoisers.placed import placed_denoiser
    from engine.effort import Decoding
    from engine.judging.confidence import Calibration
    from engine.models import resolve

    found = resolve(model)
    found.verify()
    calibration = Calibration.of(found.manifest.calibration)
    decoding = Decoding.of(found.manifest.defaults)
    has_memory = found.manifest.defaults.get("memory", 0.0) > 0
    is_joint = decoding is Decoding.MASKED or found.manifest.defaults.get("joint", 0.0) > 0
    return Infiller(
        placed_denoiser(found, device),
        calibration,
        config,
        decoding=decoding,
        has_memory=has_memory,
        is_joint=is_joint,
    )


def __getattr__(name: str) -> object:
    """Import what needs numpy on first use (PEP 562)."""
    if name in ("InfillConfig", "Infiller"):
        import engine.infill

        return getattr(engine.infill, name)
    raise AttributeError(f"module 'engine' has no attribute {name!r}")
