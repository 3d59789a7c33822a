"""The contexts of the last files, kept so that the next request encodes only what is new."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from engine.canvas import Canvas
from engine.denoisers.protocol import Blending, ContextHandle, Denoiser

# Tokens at the start of a text by which it is told from others.
NUM_TELLING = 64


class HandleKey(NamedTuple):
    """What a context is kept under.

    ``size`` of the window; ``is_further``: for another hole than the cursor's; ``is_blended``: put
    together from what was read at other places of the file, where the denoiser can.
    """

    path: str | None
    size: float = 1.0
    is_further: bool = False
    is_blended: bool = False


_ExactKey = tuple[str | bytes, HandleKey]


class Handles:
    """At most ``capacity`` whole windows in handles by key, the least recently used goes first.

    A handle holds megabytes of keys and values, so the capacity bounds the memory of a server. A
    text without a path goes by how it begins. Several threads may ask at once.
    """

    def __init__(self, denoiser: Denoiser, capacity: float) -> None:
        self._denoiser, self.capacity = denoiser, capacity
        self._handles: OrderedDict[_ExactKey, ContextHandle] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._handles)

    def num_new(self, key: HandleKey, canvas: Canvas) -> int:
        """About how many tokens of the canvas's context would have to be encoded."""
        return self._start(key, canvas)[0]

    def prefill(
        self, key: HandleKey, canvas: Canvas, cancel: threading.Event | None
    ) -> ContextHandle:
        """Encode a canvas's context, starting from what is kept under the same key.

        One that may be blended starts from another of the same path where that leaves less.
        """
        exact, (_, source) = _exact(key, canvas), self._start(key, canvas)
        if source is None:
            handle = self._denoiser.prefill(canvas, self._handles.get(exact), cancel)
        else:
            handle = source[0].blend(canvas, source[1], cancel)
        with self._lock:
            self._handles[exact] = handle
            self._handles.move_to_end(exact)
            while len(self) > 1 and sum(kept.size for _, kept in self._handles) > self.capacity:
                self._handles.popitem(last=False)
        return handle

    def _start(
        self, key: HandleKey, canvas: Canvas
    ) -> tuple[int, tuple[Blending, ContextHandle] | None]:
        """How many tokens are new, and who blends them with what; None: what is kept goes on."""
        exact, denoiser = _exact(key, canvas), self._denoiser
        known = denoiser.num_known(canvas, self._handles.get(exact))
        pieces = (canvas.snippets, *canvas.context)
        num_new, source = max(sum(map(len, pieces)) - known, 0), None
        if key.is_blended and isinstance(denoiser, Blending):
            with self._lock:
                handles = [
                    handle for (whose, _), handle in self._handles.items() if whose == exact[0]
                ]
            for handle in reversed(handles):
                num_unblended = denoiser.num_unblended(canvas, handle)
                if num_unblended < num_new:
                    num_new, source = num_unblended, (denoiser, handle)
        return num_new, source


def _exact(key: HandleKey, canvas: Canvas) -> _ExactKey:
    return key.path or canvas.context[0][:NUM_TELLING].tobytes(), key
