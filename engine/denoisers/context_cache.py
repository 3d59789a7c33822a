"""Keys and values of contexts, shared by handles that have a prefix in common.

Rows are only ever appended behind what every living handle sees; whoever wants to write elsewhere
gets a copy. So a handle's rows never change under it.
"""

# S slots, W width of a slot: key/value heads times head_width

from __future__ import annotations

import math
import mmap
import sys
import weakref
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.canvas import Ids
from engine.models import ModelShape
from engine.reading.layout import ContextTokens

# A pass reads slots in these strides: each costs time, used or not. A multiple of 64 keeps the
# runtime's vector loops in phase, so that results do not depend on how many are read.
STRIDE = 64
# Slots that new buffers have to spare for what is typed next. Untouched ones take no memory.
ROOM = 256
PARTS = "key", "value"
Arrays = Mapping[str, NDArray[np.float32]]
_Binding = TypeVar("_Binding")


class Buffers:
    """Per layer a key and a value buffer (S, W) float32, zero where nothing is written.

    Never garbage: a hidden slot still takes part in a product with 0.
    """

    def __init__(self, shape: ModelShape, num_slots: int) -> None:
        self.shape = shape
        self.num_slots = -(-num_slots // STRIDE) * STRIDE
        sizes = (2 * shape.num_layers, self.num_slots, shape.num_kv_heads * shape.head_width)
        pages = _pages(math.prod(sizes) * np.dtype(np.float32).itemsize)
        self._all = np.frombuffer(pages, np.float32, math.prod(sizes)).reshape(sizes)
        names = (f"cache.{layer}.{part}" for layer in range(shape.num_layers) for part in PARTS)
        self.arrays: dict[str, NDArray[np.float32]] = dict(zip(names, self._all, strict=True))
        self._handles: weakref.WeakSet[CachedContext] = weakref.WeakSet()
        self._bound: tuple[int, Any] | None = None

    def bound(self, num_slots: int, bind: Callable[[Arrays], _Binding]) -> _Binding:
        """What ``bind`` makes of the first slots: ``num_slots`` or a few more.

        Kept for the next pass, since binding all arrays takes up to a twentieth of a small one.
        """
        end = -(-num_slots // STRIDE) * STRIDE
        if self._bound is None or self._bound[0] != end:
            self._bound = end, bind({name: array[:end] for name, array in self.arrays.items()})
        binding: _Binding = self._bound[1]
        return binding

    def grown(self, num_kept: int, num_slots: int) -> Buffers:
        """New buffers for ``num_slots`` and more with the first ``num_kept`` rows copied."""
        copy = Buffers(self.shape, num_slots + ROOM)
        copy._all[:, :num_kept] = self._all[:, :num_kept]
        return copy

    def take(self, other: Buffers, start: int, end: int, source: int) -> None:
        """Rows ``start`` to ``end - 1`` from those of ``other`` from ``source`` on.

        Keys are turned by the way between both positions (arXiv:2104.09864), which needs a shape
        with ``rope_theta``.
        """
        theta, width = self.shape.rope_theta, self.shape.head_width
        if theta is None:
            raise ValueError("the shape does not tell what keys were turned with")
        taken = slice(source, source + end - start)
        self._all[1::2, start:end] = other._all[1::2, taken]
        angles = (start - source) * theta ** -(np.arange(0, width, 2) / width)
        cosine, sine = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        halves = self.shape.num_kv_heads, 2, width // 2
        # Layer by layer: what is made on the way stays in the processor's cache.
        for layer in range(0, len(self._all), 2):
            keys = other._all[layer, taken].reshape(-1, *halves)
            first, second = keys[:, :, 0], keys[:, :, 1]
            turned = self._all[layer, start:end].reshape(-1, *halves)
            turned[:, :, 0] = first * cosine - second * sine
            turned[:, :, 1] = second * cosine + first * sine

    def lend(self, handle: CachedContext) -> None:
        """Remember that ``handle`` sees its first tokens' rows for as long as it lives."""
        self._handles.add(handle)

    def is_free_behind(self, num_kept: int) -> bool:
        """Whether no living handle sees a row from ``num_kept`` on."""
        return all(handle.num_tokens <= num_kept for handle in self._handles)


class CachedContext:
    """A context's tokens and where their keys and values are. Never changes.

    ``is_blended``: some were read at other places, behind other tokens.
    """

    __slots__ = ("__weakref__", "buffers", "is_blended", "num_reused", "tokens")

    def __init__(
        self, tokens: ContextTokens, num_reused: int, buffers: Buffers, is_blended: bool = False
    ) -> None:
        self.tokens, self.num_reused, self.buffers = tokens, num_reused, buffers
        self.is_blended = is_blended
        buffers.lend(self)

    @property
    def num_tokens(self) -> int:
        """Context tokens held."""
        return len(self.tokens.ids)

    @property
    def ids(self) -> Ids:
        """Context ids (T,)."""
        return self.tokens.ids


class Tail:
    """Canvas tokens behind a context, whose keys and values stand in its buffers.

    ``ids`` are those that were judged causally: the next causal pass over the same context need not
    compute those it begins with. There is one tail at a time; a context that is written into the
    same rows ends it.
    """

    def __init__(self, context: CachedContext, num_slots: int) -> None:
        """Room for ``num_slots`` in all: in the context's own buffers if nobody sees those rows."""
        own, self.start = context.buffers, context.num_tokens
        self._owner = own
        has_room = num_slots <= own.num_slots and own.is_free_behind(self.start)
        self.buffers = own if has_room else own.grown(self.start, num_slots)
        self.ids: Ids = np.empty(0, np.int64)

    def follows(self, context: CachedContext, num_slots: int) -> bool:
        """Whether it stands right behind ``context`` and has room for ``num_slots`` in all."""
        is_behind = self._owner is context.buffers and self.start == context.num_tokens
        return is_behind and num_slots <= self.buffers.num_slots

    def is_in(self, buffers: Buffers) -> bool:
        """Whether a context written into ``buffers`` takes its rows."""
        return buffers in (self.buffers, self._owner)


def _pages(num_bytes: int) -> mmap.mmap:
    """Zeros in pages of the system's own.

    Those that nobody writes to take no memory, and all go back as soon as nobody needs them, which
    an allocator's heap does not promise.
    """
    if sys.platform == "win32":
        return mmap.mmap(-1, num_bytes)
    # What is not shared is had faster.
    return mmap.mmap(-1, num_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def common_prefix(first: Ids, second: Ids) -> int:
    """How many ids both start with."""
    length = min(len(first), len(second))
    different = np.flatnonzero(first[:length] != second[:length])
    return int(different[0]) if len(different) else length


def buffers_for(
    context: CachedContext | None, num_kept: int, num_slots: int, shape: ModelShape
) -> Buffers:
    """Buffers of ``num_slots`` or more with the first ``num_kept`` rows of ``context``.

    The context's own where nobody sees what would be overwritten and there is room.
    """
    if context is None or not num_kept:
        return Buffers(shape, num_slots + ROOM)
    own = context.buffers
    if num_slots <= own.num_slots and own.is_free_behind(num_kept):
        return own
    return own.grown(num_kept, num_slots)
