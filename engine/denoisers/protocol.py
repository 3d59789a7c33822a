"""The one interface between the sampler and a model."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Canvas, Ids
from engine.tokenizer import Tokenizer

# M wanted positions, V vocabulary
Logits = NDArray[np.float32]


class ContextHandle(Protocol):
    """What a denoiser keeps of a prefilled context; opaque to the sampler."""

    @property
    def num_tokens(self) -> int:
        """Context tokens held."""
        ...

    @property
    def num_reused(self) -> int:
        """Context tokens taken over from the handle given as ``reuse``."""
        ...


class Denoiser(Protocol):
    """Predicts tokens for the holes of a canvas.

    The token layout (suffix first, in place, …) and all special ids belong to the denoiser.
    Every method checks ``cancel`` between pieces of work and raises ``Cancelled``; a running
    call is ended through the runtime where it can be.
    """

    name: str

    @property
    def tokenizer(self) -> Tokenizer:
        """What its ids stand for."""
        ...

    def prefill(
        self,
        canvas: Canvas,
        reuse: ContextHandle | None = None,
        cancel: threading.Event | None = None,
    ) -> ContextHandle:
        """Encode the canvas's context, keeping the longest common token prefix of ``reuse``."""
        ...

    def num_known(self, canvas: Canvas, reuse: ContextHandle | None) -> int:
        """How many tokens of the canvas's context ``prefill`` would not encode."""
        ...

    def predict(
        self,
        handle: ContextHandle,
        canvases: Sequence[Canvas],
        wanted: Sequence[Ids],
        causal: bool = False,
        cancel: threading.Event | None = None,
    ) -> list[Logits]:
        """Logits for the wanted hole positions of each canvas, in one pass where the model can.

        ``wanted[b]`` (M,) indexes the concatenated positions of ``canvases[b].holes``; row j of
        answer b are the (V,) logits for the token *at* ``wanted[b][j]`` (the shift is the
        denoiser's business). ``causal``: each position sees only positions before it, so that
        committed ids get their autoregressive score. An index equal to a hole's length is not
        allowed; whether a hole ends is read from the ``<eom>`` id at its last position.
        """
        ...

    def extend(self, handle: ContextHandle, ids: Ids) -> ContextHandle:
        """Append committed ids of the cursor's hole to the context (block extension)."""
        ...


@runtime_checkable
class Batching(Protocol):
    """A denoiser whose calls of several threads share passes: more requests at once cost less."""

    @property
    def num_streams(self) -> int:
        """Requests at once beyond which nothing more is gained."""
        ...


@runtime_checkable
class Blending(Protocol):
    """A denoiser that can take what it read elsewhere for a context, where the same tokens stand.

    Not what reading would give: these tokens have seen others before them, and new lines at the
    window's ends may be left out.
    """

    def num_unblended(self, canvas: Canvas, source: ContextHandle) -> int:
        """How many tokens of the canvas's context ``blend`` would encode."""
        ...

    def blend(
        self,
        canvas: Canvas,
        source: ContextHandle,
        cancel: threading.Event | None = None,
    ) -> ContextHandle:
        """A context of the tokens that ``source`` has too and of new ones, which are encoded."""
        ...


@runtime_checkable
class Waking(Protocol):
    """A denoiser whose first use takes longer, unless it was woken."""

    def wake(self) -> None:
        """Do now what the first use would. Raises DamagedWeights for weights that are none."""
        ...


@runtime_checkable
class Placed(Protocol):
    """A denoiser that can say where it really runs."""

    @property
    def place(self) -> str:
        """Device and precision; why there and not on something faster."""
        ...
