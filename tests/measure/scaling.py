"""How latency grows with context, canvas, holes and threads, and a cost model of it. Run by hand.

    python tests/measure/scaling.py --threads 1 2

Random ids: the time of a pass depends on their number alone. Medians; the model is fitted by least
squares on relative errors and printed with its mean error.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np

from engine.canvas import Canvas, HoleCanvas, Ids
from engine.denoisers.context_cache import CachedContext
from engine.denoisers.onnx import OnnxDenoiser
from engine.models import resolve

CONTEXTS = (256, 512, 1024, 2048, 4096)
ROWS = (2, 4, 8, 16, 32)
HOLES = (1, 2, 4, 8)
NUM_REPEATS = 5


def canvas_of(num_context: int, num_rows: int, num_holes: int, first: int) -> Canvas:
    """Holes of ``num_rows`` tokens in all behind a context that starts with ``first``."""
    random = np.random.default_rng(first)
    ids: Ids = random.integers(2000, 40_000, num_context)
    hole = HoleCanvas.masked(num_rows // num_holes, mask_id=16)
    holes = [hole] + [HoleCanvas.masked(len(hole), mask_id=16) for _ in range(num_holes - 1)]
    pieces = (ids, *(np.empty(0, np.int64) for _ in holes))
    return Canvas(np.empty(0, np.int64), pieces, holes, cursor_hole=0, rest_tokens=0)


def median_ms(run: Callable[[int], object], num_repeats: int = NUM_REPEATS) -> float:
    """``run`` gets the number of its call."""
    run(0)
    times = []
    for number in range(1, num_repeats + 1):
        began = time.perf_counter()
        run(number)
        times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def measure(denoiser: OnnxDenoiser) -> None:
    """Print reading and passes by size, and what they cost by the fitted model."""
    reads = [(size, median_ms(lambda n, s=size: _read(denoiser, s, n), 2)) for size in CONTEXTS]
    print("read, tokens: ms   " + "  ".join(f"{size}: {ms:.0f}" for size, ms in reads))
    fit("read", [(1.0, size, size**2 / 2) for size, _ in reads], [ms for _, ms in reads])
    sizes, passes = [], []
    for size in CONTEXTS:
        row = []
        for num_rows in ROWS:
            one = canvas_of(size, num_rows, 1, 0)
            handle = denoiser.prefill(one)
            ms = median_ms(lambda _, c=one, h=handle: _pass(denoiser, h, c))
            sizes.append((1.0, num_rows, num_rows * size))
            passes.append(ms)
            row.append(f"{num_rows}: {ms:.0f}")
        print(f"pass at {size:>5}, rows: ms   " + "  ".join(row))
    fit("pass", sizes, passes)
    row = []
    for num_holes in HOLES:
        one = canvas_of(1024, 32, num_holes, 0)
        handle = denoiser.prefill(one)
        ms = median_ms(lambda _, c=one, h=handle: _pass(denoiser, h, c))
        row.append(f"{num_holes}: {ms:.0f}")
    print("pass of 32 rows at 1024, holes: ms   " + "  ".join(row))


def fit(name: str, sizes: Sequence[tuple[float, ...]], ms: Sequence[float]) -> None:
    """Print the coefficients (ms) of a sum of ``sizes``, and how far it is off on average."""
    design, target = np.array(sizes), np.array(ms)
    weights, *_ = np.linalg.lstsq(design / target[:, None], np.ones(len(target)), rcond=None)
    error = np.abs(design @ weights / target - 1).mean()
    print(f"{name}: " + " + ".join(f"{weight:.3g} * x{i}" for i, weight in enumerate(weights)))
    print(f"{name}: off by {100 * error:.0f} % on average")


def _read(denoiser: OnnxDenoiser, size: int, number: int) -> None:
    denoiser.prefill(canvas_of(size, 8, 1, 1 + number))


def _pass(denoiser: OnnxDenoiser, handle: CachedContext, canvas: Canvas) -> None:
    denoiser.predict(handle, [canvas], [np.arange(canvas.starts[-1])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1])
    for num_threads in parser.parse_args().threads:
        print(f"{num_threads} threads")
        measure(OnnxDenoiser(resolve(None), num_threads))


if __name__ == "__main__":
    main()
