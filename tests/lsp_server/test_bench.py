"""The benchmark's arithmetic, and one run of it on the model that ships."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from lsp_server.bench import bench
from lsp_server.machine import num_cpus, peak_mb, resident_mb
from lsp_server.quantiles import Quantiles


@pytest.mark.parametrize(
    ("values", "p50", "p95", "p99"),
    [
        ([3.0], 3.0, 3.0, 3.0),
        ([2.0, 1.0], 1.0, 2.0, 2.0),
        ([float(number) for number in range(1, 21)], 10.0, 19.0, 20.0),
        ([float(number) for number in range(100, 0, -1)], 50.0, 95.0, 99.0),
    ],
)
def test_quantiles_are_values_that_were_measured(
    values: list[float], p50: float, p95: float, p99: float
) -> None:
    assert Quantiles.of(values) == Quantiles(p50, p95, p99, len(values))


def test_memory_is_in_megabytes_of_this_process() -> None:
    resident, peak = resident_mb(), peak_mb()
    if resident is not None and peak is not None:
        assert 5 < resident <= peak * 1.1
    assert num_cpus() >= 1


def test_one_run_reports_every_stage(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    out = io.StringIO()
    places = (repository / "tests/fixtures/places.txt").read_text(encoding="utf-8").split()[:2]
    assert bench(places, num_repeats=2, model="scripted", is_json=True, out=out) == 0
    report = json.loads(out.getvalue())
    assert report["num_places"] == 2
    assert report["first_ms"]["total"]["num"] == 2
    assert report["again_ms"]["total"]["num"] == 2
    assert len(report["first_ms"]) > 3
    assert report["forwards"]["p50"] >= 1
