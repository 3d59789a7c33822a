"""Which of several Infillers answers a request: one model, as many requests as it can batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from engine.denoisers.protocol import Batching
from engine.infill import Infiller


class InfillerPool:
    """``first`` and twins of it, lent one request each.

    ``size``: how many; None for as many as the model gains from.
    """

    def __init__(self, first: Infiller, size: int | None = None) -> None:
        self.size = size or _num_streams(first)
        # Each with the path it answered last: its syntax tree of that file is still good.
        self._free: list[tuple[Infiller, str | None]] = [
            (infiller, None) for infiller in (first, *first.twins(self.size - 1))
        ]
        self._changed = threading.Condition()

    @contextmanager
    def lend(self, path: str | None) -> Iterator[Infiller]:
        """One that is free, waiting for it: the one that knows ``path``, or the longest idle."""
        with self._changed:
            self._changed.wait_for(lambda: self._free)
            known = (at for at, (_, last) in enumerate(self._free) if last == path)
            infiller, _ = self._free.pop(next(known, 0))
        try:
            yield infiller
        finally:
            with self._changed:
                self._free.append((infiller, path))
                self._changed.notify()


def _num_streams(infiller: Infiller) -> int:
    denoiser = infiller.denoiser
    return denoiser.num_streams if isinstance(denoiser, Batching) else 1
