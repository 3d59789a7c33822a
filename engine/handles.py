"""The contexts of the last files, kept so that the next request encodes only what is new."""

from __future__ import annotations

import threading
from collections import OrderedDict

from engine.canvas import Canvas
from engine.denoisers.protocol import ContextHandle, Denoiser

# Tokens at the start of a text by which it is told from others.
NUM_TELLING = 64


class Handles:
    """At most ``capacity`` handles by path, the least recently used goes first.

    A handle holds megabytes of keys and values, so the capacity bounds the memory of a server. A
    text without a path goes by how it begins. Several threads may ask at once.
    """

    def __init__(self, denoiser: Denoiser, capacity: int) -> None:
        self._denoiser, self.capacity = denoiser, capacity
        self._handles: OrderedDict[str | bytes, ContextHandle] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._handles)

    def prefill(
        self, path: str | None, canvas: Canvas, cancel: threading.Event | None
    ) -> ContextHandle:
        """Encode a canvas's context, starting from what is kept of the same file."""
        key = path or canvas.context[0][:NUM_TELLING].tobytes()
        handle = self._denoiser.prefill(canvas, self._handles.get(key), cancel)
        with self._lock:
            self._handles[key] = handle
            self._handles.move_to_end(key)
            while len(self._handles) > self.capacity:
                self._handles.popitem(last=False)
        return handle
