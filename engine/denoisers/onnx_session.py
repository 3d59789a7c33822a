"""One ONNX Runtime session on the CPU: started late, ended from another thread, in place.

Knows arrays by name; knows nothing of tokens.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from engine.denoisers.expansion import expanded
from engine.errors import Cancelled, DamagedWeights, MidfillError

# On Windows the system collects its events; elsewhere see ``engine``.
onnxruntime.disable_telemetry_events()

MAX_THREADS = 4
_CANCEL_POLL_S = 0.005
_SIBLINGS = "/sys/devices/system/cpu"


class OnnxSession:
    """Runs the graph at ``path``; the session starts with the first run.

    ``num_threads`` None takes the physical cores, up to four.
    """

    def __init__(self, path: Path, num_threads: int | None = None) -> None:
        # Data files must lie beside the graph itself, not beside a link to it.
        self.path = path.resolve()
        self.num_threads = num_threads or min(num_physical_cores(), MAX_THREADS)
        self._session: onnxruntime.InferenceSession | None = None
        self._starting = threading.Lock()

    def start(self) -> onnxruntime.InferenceSession:
        """Start the session unless it was; a run would do so, too."""
        with self._starting:
            if self._session is None:
                self._session = _start(self.path, self.num_threads)
                _give_back()
            return self._session

    @property
    def providers(self) -> list[str]:
        """What the session really runs on (starts it)."""
        return list(self.start().get_providers())

    def bind(self, in_place: Mapping[str, NDArray[np.float32]]) -> onnxruntime.IOBinding:
        """For runs over arrays that are inputs, and outputs named ``….next`` (starts the session).

        These share their memory, so a graph that writes a few rows copies nothing; it must outlive
        the binding.
        """
        binding = self.start().io_binding()
        for name, array in in_place.items():
            buffer = _shared(array)
            binding.bind_ortvalue_input(name, buffer)
            binding.bind_ortvalue_output(f"{name}.next", buffer)
        return binding

    def run(
        self,
        inputs: Mapping[str, NDArray[Any]],
        binding: onnxruntime.IOBinding,
        output: str,
        cancel: threading.Event | None,
    ) -> NDArray[np.float32]:
        """The output of one run over what ``bind`` has bound.

        Raises Cancelled when ``cancel`` is set before or meanwhile, DamagedWeights when the graph
        cannot be read, MidfillError when the run fails.
        """
        if cancel is not None and cancel.is_set():
            raise Cancelled("cancelled before a pass through the model")
        session = self.start()
        for name, array in inputs.items():
            binding.bind_ortvalue_input(name, _shared(np.ascontiguousarray(array)))
        binding.bind_output(output)
        options = onnxruntime.RunOptions()
        try:
            with _terminated_by(cancel, options):
                session.run_with_iobinding(binding, options)
        except Exception as error:  # the runtime's errors have no base of their own
            if cancel is not None and cancel.is_set():
                raise Cancelled("cancelled during a pass through the model") from error
            raise MidfillError(f"{self.path.name} failed: {_first_line(error)}") from error
        outputs = binding.get_outputs_as_ortvaluevector()
        result: NDArray[np.float32] = outputs[len(outputs) - 1].numpy()
        return result


def num_physical_cores() -> int:
    """Cores this process may use, without their hyper-threads; elsewhere than on Linux a guess."""
    num_logical = os.cpu_count() or 1
    if sys.platform == "linux":
        allowed = os.sched_getaffinity(0)
        listed = (Path(f"{_SIBLINGS}/cpu{cpu}/topology/thread_siblings_list") for cpu in allowed)
        siblings = {path.read_text(encoding="ascii") for path in listed if path.exists()}
        return len(siblings) or len(allowed)
    # Apple's processors have no hyper-threads; others mostly have two a core.
    return num_logical if sys.platform == "darwin" else max(num_logical // 2, 1)


def _start(path: Path, num_threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = num_threads
    options.inter_op_num_threads = 1
    # Shapes change from run to run: planned memory would pile up.
    options.enable_mem_pattern = False
    # Threads spin between the operators of a run, not between runs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = 3
    constants = {name: _shared(values) for name, values in expanded(path, num_threads).items()}
    options.add_external_initializers(list(constants), list(constants.values()))
    try:
        return onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors have no base of their own
        raise DamagedWeights(
            f"{path}: ONNX Runtime {onnxruntime.__version__} cannot read it "
            f"({_first_line(error)}): reinstall midfill"
        ) from error


def _give_back() -> None:
    """Return what loading took for a moment, a sixth of the process: glibc keeps it unasked."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def _shared(array: NDArray[Any]) -> onnxruntime.OrtValue:
    """The array's own memory, which lives as long as the value."""
    return onnxruntime.OrtValue.ortvalue_from_numpy(array)


@contextmanager
def _terminated_by(
    cancel: threading.Event | None, options: onnxruntime.RunOptions
) -> Iterator[None]:
    """End the run that ``options`` was given to as soon as ``cancel`` is set."""
    if cancel is None:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            if cancel.wait(_CANCEL_POLL_S):
                options.terminate = True
                return

    # Not joined: that would wait for its last look, and it can end nothing but this run.
    threading.Thread(target=watch, name="midfill-cancel", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
