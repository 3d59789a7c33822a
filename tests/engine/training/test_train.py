"""The loop itself, on a tiny model: it learns, resumes exactly, and fails clearly (needs torch)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import TrainingError
from engine.training.batch import SpecialIds
from engine.training.examples import (
    ExampleGroup,
    ExampleHole,
    ExampleRow,
    Examples,
    write_examples,
)
from engine.training.model import AdapterConfig, TwoStream
from engine.training.shape import LlamaShape
from engine.training.train import TrainConfig, Trainer

TINY = LlamaShape(
    num_layers=2, width=32, num_heads=4, num_kv_heads=2, head_width=8, ffn_width=48, vocab_size=97
)


def base() -> dict[str, torch.Tensor]:
    torch.manual_seed(5)
    shapes = {
        "self_attn.q_proj": (32, 32),
        "self_attn.k_proj": (16, 32),
        "self_attn.v_proj": (16, 32),
    }
    shapes |= {"self_attn.o_proj": (32, 32), "mlp.gate_proj": (48, 32), "mlp.up_proj": (48, 32)}
    shapes |= {"mlp.down_proj": (32, 48)}
    tensors = {
        "model.embed_tokens.weight": torch.randn(97, 32),
        "model.norm.weight": torch.ones(32),
    }
    for layer in range(TINY.num_layers):
        prefix = f"model.layers.{layer}"
        tensors |= {f"{prefix}.{n}.weight": torch.randn(*s) / 6 for n, s in shapes.items()}
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"{prefix}.{name}.weight"] = torch.ones(32)
    return tensors


def examples(folder: Path) -> Examples:
    """Middles that continue the context's last id by counting: learnable by copying."""
    random = np.random.default_rng(0)
    rows = []
    for _ in range(64):
        start = int(random.integers(20, 60))
        hole = ExampleHole(np.arange(start + 1, start + 5), True, 7)
        rows.append(
            ExampleRow(
                np.array([4, start - 1, start]),
                (ExampleGroup(np.array([], np.int64), 3, (hole,), 0),),
            )
        )
    write_examples(folder / "examples.npz", rows)
    return Examples(folder / "examples.npz")


def trainer(folder: Path, num_rows: int, **changes: float) -> Trainer:
    torch.manual_seed(0)
    config = TrainConfig(num_rows, batch_rows=8, warmup_steps=5, learning_rate=1e-2, **changes)
    model = TwoStream(base(), TINY, AdapterConfig(rank=8), 17, dtype=torch.float32)
    out = folder / "run"
    out.mkdir(exist_ok=True)
    return Trainer(model, examples(folder), SpecialIds(16, 15), config, out)


def logged(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "run" / "log.jsonl").read_text().splitlines()]


def test_the_losses_fall(tmp_path: Path) -> None:
    trainer(tmp_path, 480).run()
    log = logged(tmp_path)
    noisy = [entry["diffusion"] for entry in log if entry["diffusion"] is not None]
    assert log[-1]["autoregressive"] < 0.6 * log[0]["autoregressive"]
    assert np.mean(noisy[-5:]) < 0.8 * np.mean(noisy[:5])


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    whole.mkdir(), halves.mkdir()
    straight = trainer(whole, 80)
    straight.run()
    first = trainer(halves, 80)
    while first.counts.rows < 40:
        first.train_step()
    first.save()
    second = trainer(halves, 80)
    assert second.resume()
    second.run()
    for left, right in zip(straight.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(left, right)
    assert second.counts == straight.counts


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run = trainer(tmp_path, 16)
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(TrainingError, match=r"checkpoint.pt is damaged.*delete it"):
        run.resume()


def test_another_configuration_does_not_resume(tmp_path: Path) -> None:
    trainer(tmp_path, 16).save()
    with pytest.raises(TrainingError, match="another autoregressive_share"):
        trainer(tmp_path, 16, autoregressive_share=0.5).resume()


def test_a_full_disk_is_a_clear_error(tmp_path: Path) -> None:
    run = trainer(tmp_path, 16)
    run.out = tmp_path / "missing" / "folder"
    with pytest.raises(TrainingError, match=r"cannot write .*resume"):
        run.save()
