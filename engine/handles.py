"""The contexts of the last files, kept so that the next request encodes only what is new."""

from __future__ import annotations

import threading
from collections import OrderedDict

from engine.canvas import Canvas
from engine.denoisers.protocol import ContextHandle, Denoiser

# Tokens at the start of a text by which it is told from others.
NUM_TELLING = 64
# A file's path, the size of the window, and whether it is another hole's than the cursor's.
HandleKey = tuple[str | None, float, bool]
_ExactKey = tuple[str | bytes, float, bool]


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
        known = self._denoiser.num_known(canvas, self._handles.get(_exact(key, canvas)))
        pieces = (canvas.snippets, *canvas.context)
        return max(sum(map(len, pieces)) - known, 0)

    def prefill(
        self, key: HandleKey, canvas: Canvas, cancel: threading.Event | None
    ) -> ContextHandle:
        """Encode a canvas's context, starting from what is kept under the same key."""
        exact = _exact(key, canvas)
        handle = self._denoiser.prefill(canvas, self._handles.get(exact), cancel)
        with self._lock:
            self._handles[exact] = handle
            self._handles.move_to_end(exact)
            while len(self) > 1 and sum(size for _, size, _ in self._handles) > self.capacity:
                self._handles.popitem(last=False)
        return handle


def _exact(key: HandleKey, canvas: Canvas) -> _ExactKey:
    path, size, is_further = key
    return path or canvas.context[0][:NUM_TELLING].tobytes(), size, is_further
