"""The contexts of the last files, kept so that the next request encodes only what is new."""

from __future__ import annotations

import threading
from collections import OrderedDict

from engine.canvas import Canvas
from engine.denoisers.protocol import ContextHandle, Denoiser


class Handles:
    """At most ``capacity`` handles by path, the least recently used goes first.

    A handle holds megabytes of keys and values, so the capacity bounds the memory of a server.
    """

    def __init__(self, denoiser: Denoiser, capacity: int) -> None:
        self._denoiser, self._capacity = denoiser, capacity
        self._handles: OrderedDict[str | None, ContextHandle] = OrderedDict()

    def __len__(self) -> int:
        return len(self._handles)

    def prefill(
        self, path: str | None, canvas: Canvas, cancel: threading.Event | None
    ) -> ContextHandle:
        """Encode a canvas's context, starting from what is kept of the same file."""
        handle = self._denoiser.prefill(canvas, self._handles.get(path), cancel)
        self._handles[path] = handle
        self._handles.move_to_end(path)
        while len(self._handles) > self._capacity:
            self._handles.popitem(last=False)
        return handle
