"""A function of tensors, recorded once for each set of shapes and replayed from then on.

On a GPU that is a CUDA graph: one launch instead of hundreds, which is most of the time of a small
batch. Elsewhere the function itself runs on the same fixed inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

Tensors = tuple[torch.Tensor, ...]
MAX_RECORDINGS = 128
_NUM_WARM_UPS = 2


@dataclass(frozen=True, slots=True)
class _Recording:
    """Inputs and outputs at fixed addresses, and what computes the ones from the others."""

    inputs: Tensors
    outputs: list[torch.Tensor]
    replay: Callable[[], None]


class Replays:
    """Calls ``function`` by its recordings, at most ``MAX_RECORDINGS``; then as it is.

    Inputs may be anywhere and go to ``device``. What a call returns is overwritten by the next call
    with the same shapes. Whatever else ``function`` reads or writes must stay where it is, or
    ``clear`` be called.
    """

    def __init__(self, function: Callable[[Tensors], Tensors], device: torch.device) -> None:
        self._function, self._device = function, device
        self._recordings: dict[tuple[torch.Size, ...], _Recording] = {}
        self._pool: Any = None

    @property
    def num_recordings(self) -> int:
        """Sets of shapes that are recorded."""
        return len(self._recordings)

    def clear(self) -> None:
        """Forget all recordings, and give back their memory."""
        self._recordings.clear()
        self._pool = None

    def __call__(self, inputs: Tensors) -> Sequence[torch.Tensor]:
        """What ``function`` returns for ``inputs``."""
        key = tuple(tensor.shape for tensor in inputs)
        if key not in self._recordings:
            if self.num_recordings >= MAX_RECORDINGS:
                return self._function(tuple(tensor.to(self._device) for tensor in inputs))
            self._recordings[key] = self._record(inputs)
        recording = self._recordings[key]
        for fixed, given in zip(recording.inputs, inputs, strict=True):
            fixed.copy_(given)
        recording.replay()
        return recording.outputs

    def _record(self, inputs: Tensors) -> _Recording:
        fixed = tuple(tensor.to(self._device, copy=True) for tensor in inputs)
        if self._device.type == "cuda":
            return self._graph(fixed)
        outputs = list(self._function(fixed))

        def replay() -> None:
            outputs[:] = self._function(fixed)

        return _Recording(fixed, outputs, replay)

    def _graph(self, fixed: Tensors) -> _Recording:
        """A CUDA graph; all share one pool of memory, since they run one after the other."""
        cuda: Any = torch.cuda
        stream = cuda.Stream(self._device)
        stream.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(stream):
            for _ in range(_NUM_WARM_UPS):
                self._function(fixed)
        torch.cuda.current_stream(self._device).wait_stream(stream)
        self._pool = self._pool or torch.cuda.graph_pool_handle()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            outputs = list(self._function(fixed))
        return _Recording(fixed, outputs, graph.replay)
