"""``midfill bench latency``: typing replayed against a server that really runs."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from engine.errors import BadInput
from lsp_server.latency import LatencyConfig, latency
from lsp_server.replay import Typing, away

NUM_LINES, NUM_KEYS = 2, 3


def test_a_replay_counts_every_key_but_the_cold_one(fixtures: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pip install 'midfill[plots]' to draw")
    out, plot = io.StringIO(), tmp_path / "latency.png"
    config = LatencyConfig(
        fixtures, NUM_LINES, NUM_KEYS, "scripted", plot, num_changes=5, rest_s=0.5
    )
    assert latency(config, is_json=True, out=out) == 0
    report = json.loads(out.getvalue())
    assert NUM_LINES < report["num_keys"] <= NUM_LINES * NUM_KEYS - 1
    assert report["keys_ms"]["num"] == len(report["all_keys_ms"]) == report["num_keys"]
    asked = report["asked_ms"]["num"]
    assert asked + report["num_found"] == report["num_keys"]
    assert report["first_ms"]["num"] == NUM_LINES - 1
    assert {"server", "parse", "plan", "prefill"} <= set(report["stages_ms"])
    assert report["stages_ms"]["server"]["num"] == asked
    assert report["change_ms"]["num"] == report["parse_ms"]["num"] == 5
    assert report["forwards_per_hole"] > 0
    assert report["cold_ms"] > max(report["all_keys_ms"])
    if sys.platform == "linux":
        assert report["resident_mb"] > 20
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_the_cursor_may_come_from_another_line(fixtures: Path) -> None:
    out = io.StringIO()
    config = LatencyConfig(fixtures, NUM_LINES, NUM_KEYS, "scripted", num_changes=1, from_lines=4)
    assert latency(config, is_json=True, out=out) == 0
    report = json.loads(out.getvalue())
    assert report["first_ms"]["num"] == NUM_LINES - 1
    assert NUM_LINES < report["num_keys"] <= NUM_LINES * NUM_KEYS - 1


@pytest.mark.parametrize(("line", "expected"), [(9, (5, 6)), (2, (6, 6)), (8, (4, 6))])
def test_lines_away_are_above_or_below(line: int, expected: tuple[int, int]) -> None:
    typing = Typing("a.py", "python", "\n".join(f"line {n}" for n in range(10)), line, 0, "x")
    position = away(typing, 4)
    assert (position.line, position.character) == expected


def test_a_folder_without_code(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no source|no line"):
        latency(LatencyConfig(tmp_path, model="scripted"), is_json=False, out=io.StringIO())
