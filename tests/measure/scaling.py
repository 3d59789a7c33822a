"""How latency grows with context, canvas, holes and threads, and a cost model of it. Run by hand.

    python -m tests.measure.scaling --threads 1 2

Random ids: the time of a pass depends on their number alone. A long context is read once, on from
the one before. Passes are medians; the model is fitted by least squares on relative errors and
printed with its mean error. Some two minutes for each number of threads. One thread is measured in
processor time, which other work hardly touches; more need a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence

import numpy as np

from engine.budget import Clock
from engine.canvas import Canvas, HoleCanvas, Ids
from engine.denoisers.context_cache import CachedContext
from engine.denoisers.onnx import OnnxDenoiser
from engine.models import resolve

# The last is what the model's positions leave room for.
CONTEXTS = (256, 1024, 4096, 8064)
ROWS = (1, 4, 16, 32)
HOLES = (1, 2, 4, 8)
HOLES_CONTEXT, HOLES_ROWS = 1024, 32
NUM_REPEATS = 5


def canvas_of(num_context: int, num_rows: int, num_holes: int = 1) -> Canvas:
    """Holes of ``num_rows`` tokens in all behind a context, the beginning of longer ones."""
    ids: Ids = np.random.default_rng(0).integers(2000, 40_000, CONTEXTS[-1])[:num_context]
    hole = HoleCanvas.masked(num_rows // num_holes, mask_id=16)
    holes = [hole] + [HoleCanvas.masked(len(hole), mask_id=16) for _ in range(num_holes - 1)]
    pieces = (ids, *(np.empty(0, np.int64) for _ in holes))
    return Canvas(np.empty(0, np.int64), pieces, holes, cursor_hole=0, rest_tokens=0)


def measure(denoiser: OnnxDenoiser, clock: Clock) -> None:
    """Print reading and passes by size, and what they cost by the fitted model."""
    handle, read_ms = denoiser.prefill(canvas_of(1, 1)), 0.0
    reads, sizes, passes = [], [], []
    for size in CONTEXTS:
        began = clock()
        handle = denoiser.prefill(canvas_of(size, 1), handle)
        read_ms += 1000 * (clock() - began)
        reads.append(read_ms)
        if size == HOLES_CONTEXT:
            row = [(holes, pass_ms(denoiser, clock, handle, HOLES_ROWS, holes)) for holes in HOLES]
            print(f"pass of {HOLES_ROWS} rows at {size}, holes: ms   {_listed(row)}", flush=True)
        row = [(num_rows, pass_ms(denoiser, clock, handle, num_rows)) for num_rows in ROWS]
        print(f"read {size}: {read_ms:.0f} ms; pass, rows: ms   {_listed(row)}", flush=True)
        sizes += [(1.0, num_rows, size, num_rows * size) for num_rows in ROWS]
        passes += [ms for _, ms in row]
    fit("read", [(size, size**2 / 2) for size in CONTEXTS], reads)
    fit("pass", sizes, passes)


def pass_ms(
    denoiser: OnnxDenoiser,
    clock: Clock,
    handle: CachedContext,
    num_rows: int,
    num_holes: int = 1,
) -> float:
    """Median time of a pass over the whole canvas, in milliseconds."""
    canvas = canvas_of(handle.num_tokens, num_rows, num_holes)
    places = np.arange(canvas.starts[-1])
    times = []
    for _ in range(1 + NUM_REPEATS):
        began = clock()
        denoiser.predict(handle, [canvas], [places])
        times.append(1000 * (clock() - began))
    return statistics.median(times[1:])


def _listed(row: Sequence[tuple[int, float]]) -> str:
    return "  ".join(f"{size}: {ms:.0f}" for size, ms in row)


def fit(name: str, sizes: Sequence[tuple[float, ...]], ms: Sequence[float]) -> None:
    """Print the coefficients (ms) of a sum of ``sizes``, and how far it is off on average."""
    design, target = np.array(sizes), np.array(ms)
    weights, *_ = np.linalg.lstsq(design / target[:, None], np.ones(len(target)), rcond=None)
    error = np.abs(design @ weights / target - 1).mean()
    print(f"{name}: " + " + ".join(f"{weight:.3g} * x{i}" for i, weight in enumerate(weights)))
    print(f"{name}: off by {100 * error:.0f} % on average")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    for num_threads in parser.parse_args().threads:
        print(f"{num_threads} threads")
        clock = time.process_time if num_threads == 1 else time.perf_counter
        measure(OnnxDenoiser(resolve(None), num_threads), clock)


if __name__ == "__main__":
    main()
