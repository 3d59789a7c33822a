"""From a run's checkpoint to named arrays, curves and a card (needs torch)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")
pytest.importorskip("matplotlib", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import TrainingError
from engine.training.card import write_card
from engine.training.checkpoint import read_counts, read_weights
from engine.training.curves import plot_curves
from engine.training.progress import Counts
from engine.training.shape import LlamaShape

ONE_LAYER = LlamaShape(
    num_layers=1, width=8, num_heads=2, num_kv_heads=1, head_width=4, ffn_width=12, vocab_size=30
)


def run_of_one_layer(folder: Path) -> tuple[Path, Path]:
    """A base and a checkpoint as the loop leaves them."""
    from engine.training.model import projection_widths

    base = {"model.embed_tokens.weight": torch.zeros(30, 8), "model.norm.weight": torch.ones(8)}
    model = {"special_rows": torch.arange(5 * 8).reshape(5, 8).float()}
    for name, (width_in, width_out) in projection_widths(ONE_LAYER).items():
        model[f"lora.0_{name}_a"] = torch.full((3, width_in), 0.5)
        model[f"lora.0_{name}_b"] = torch.full((width_out, 3), 1.5)
    state = {"model": model, "counts": [10, 2000, 40, 2], "adapter": {"rank": 3, "scale": 2.0}}
    torch.save(base, folder / "base.pt")
    torch.save(state, folder / "checkpoint.pt")
    return folder / "base.pt", folder / "checkpoint.pt"


def test_special_rows_are_written_and_the_scale_is_folded_in(tmp_path: Path) -> None:
    base, checkpoint = run_of_one_layer(tmp_path)
    weights = read_weights(base, checkpoint, ONE_LAYER)
    table = weights["model.embed_tokens.weight"]
    assert (table[:5].ravel() == np.arange(40)).all() and not table[5:].any()
    assert (weights["layers.0.q_proj.lora_b"] == 3.0).all()
    assert weights["layers.0.down_proj.lora_a"].shape == (3, 12)
    assert weights["layers.0.down_proj.lora_b"].shape == (8, 3)


def test_counts_are_those_of_the_run(tmp_path: Path) -> None:
    _, checkpoint = run_of_one_layer(tmp_path)
    assert read_counts(checkpoint) == Counts(rows=10, tokens=2000, holes=40, steps=2)


def entries(count: int) -> list[dict[str, float | None]]:
    return [
        {
            "rows": 8 * step,
            "autoregressive": 3.0 / (step + 1),
            "autoregressive_accuracy": 0.5,
            "diffusion": None if step < 5 else 4.0,
            "diffusion_accuracy": None if step < 5 else 0.3,
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
    log.write_text(json.dumps(entries(1)[0]) + '\n{"rows": 1')
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
    write_card(manifest, Counts(3200, 2_000_000, 14_000, 400), "exact 12 %", tmp_path / "README.md")
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert (
        "| contexts seen | 3,200 |" in card and "exact 12 %" in card and "| size | 3 MB |" in card
    )
