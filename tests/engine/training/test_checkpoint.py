"""From a run's checkpoint to named arrays, curves and a card (needs torch)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")
pytest.importorskip("matplotlib", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import TrainingError
from engine.training.card import write_card
from engine.training.checkpoint import read_weights
from engine.training.curves import plot_curves
from engine.training.progress import Counts


def test_a_checkpoint_of_another_trainer_is_named(tmp_path: Path) -> None:
    torch.save({"model.norm.weight": torch.ones(8)}, tmp_path / "base.pt")
    torch.save({"model": {}, "counts": [10, 2000, 40, 2]}, tmp_path / "checkpoint.pt")
    with pytest.raises(TrainingError, match=r"checkpoint\.pt is of another trainer"):
        read_weights(tmp_path / "base.pt", tmp_path / "checkpoint.pt")


def entries(count: int) -> list[dict[str, float]]:
    return [
        {
            "packs": 16 * step,
            "tokens": 65_536 * step,
            "steps": step,
            "clean": 3.0 / (step + 1),
            "clean_right": 0.5,
            "valid_noisy": 4.0,
        }
        for step in range(count)
    ]


def test_curves_are_a_picture(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps(entry) + "\n" for entry in entries(60)))
    plot_curves(log, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_cut_off_log_line_is_named(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(entries(1)[0]) + '\n{"steps": 1')
    with pytest.raises(TrainingError, match=r"log\.jsonl:2: no JSON"):
        plot_curves(log, tmp_path / "curves.png")


def test_the_card_says_what_was_seen_and_scored(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    facts = {
        "name": "m",
        "base": "b",
        "data": "d",
        "recipe_commit": "abc",
        "calibration": {"scale": 1},
    }
    manifest.write_text(json.dumps({**facts, "files": {"x": {"bytes": 3_000_000}}}))
    write_card(manifest, Counts(500, 2_000_000, 400, 180.0), "exact 12 %", tmp_path / "README.md")
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    for part in (
        "| positions seen (context and canvas) | 2,000,000 |",
        "| minutes of training | 3 |",
        "exact 12 %",
        "| size | 3 MB |",
    ):
        assert part in card
