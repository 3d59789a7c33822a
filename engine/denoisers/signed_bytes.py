"""Which of a model's two graphs this processor runs: unsigned or signed bytes as weights.

x86 processors with byte instructions (VNNI) multiply unsigned bytes by signed ones twice as fast as
by unsigned ones. Those without add such products in pairs of 16 bits, which overflow. Where signed
ones are exact, both graphs give the same bits. Only the runtime knows its kernels, so it is asked:
``probe.onnx`` beside the graph multiplies the largest bytes.
"""

# N rows, I input features, O output features

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime

from engine.errors import DamagedWeights

SIGNED_FILE, PROBE_FILE = "model.signed.onnx", "probe.onnx"
# One row and many have kernels of their own.
ROWS = 1, 16


def signed_graph(graph: Path) -> Path | None:
    """The graph of signed bytes beside ``graph``, if there is one and it is exact here.

    Raises DamagedWeights for a probe that cannot be read.
    """
    signed, probe = graph.with_name(SIGNED_FILE), graph.with_name(PROBE_FILE)
    return signed if signed.exists() and probe.exists() and _is_exact(probe) else None


def _is_exact(probe: Path) -> bool:
    """Whether rows of the largest bytes (N, I) come out as the sums (N, O) that they are."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(str(probe), options, ["CPUExecutionProvider"])
    except Exception as error:  # the runtime's errors have no base of their own
        raise DamagedWeights(f"{probe} cannot be read: reinstall the model") from error
    num_in = session.get_inputs()[0].shape[1]
    for num_rows in ROWS:
        (sums,) = session.run(None, {"bytes": np.full((num_rows, num_in), 255, np.uint8)})
        if not np.all(sums == 255 * 127 * num_in):
            return False
    return True
