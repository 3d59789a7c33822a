"""The loop itself, on a tiny model: it learns, resumes exactly, and fails clearly (needs torch)."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import TrainingError
from engine.training.batches import Batch
from engine.training.checkpoint import SPECIAL_IDS, read_counts, read_weights
from engine.training.machine import Machine
from engine.training.model import Llama
from engine.training.packing import PackingConfig
from engine.training.schedule import Schedule
from engine.training.tally import Tally
from engine.training.train import TrainingFiles, train
from engine.training.trainer import Trainer
from tiny_training import SPECIAL, TINY, counting, tiny_tensors

CPU = Machine(torch.device("cpu"), chunk=64, validation_steps=1000)
SHORT = Schedule(
    num_steps=8,
    batch_packs=2,
    warmup_steps=2,
    warmth_steps=3,
    learning_rate=1e-2,
    packing=PackingConfig(128),
)


def trainer(folder: Path, schedule: Schedule = SHORT, machine: Machine = CPU) -> Trainer:
    folder.mkdir(exist_ok=True)
    model = Llama(tiny_tensors(), TINY, 17, torch.float32)
    return Trainer(model, [counting(folder)], SPECIAL, schedule, machine, folder)


def logged(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def assert_equal(left: Trainer, right: Trainer) -> None:
    assert replace(left.counts, seconds=0) == replace(right.counts, seconds=0)
    for one, other in zip(left.model.parameters(), right.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_all_losses_fall(tmp_path: Path) -> None:
    run = trainer(tmp_path, replace(SHORT, num_steps=60))
    run.hold_out(tmp_path / "examples.npz")
    run.run()
    before, *log, after = logged(tmp_path)
    for name in ("context", "clean"):
        assert log[59][name] < 0.7 * log[0][name]
    noisy = [entry["noisy"] for entry in log]
    assert np.mean(noisy[-10:]) < 0.8 * np.mean(noisy[:10])
    assert after["valid_clean"] < 0.7 * before["valid_clean"]
    assert after["valid_clean_right"] > 0.3


class Interrupted(Trainer):
    """Stopped by the user while a step is computed."""

    stop_at = 5

    def loss(self, batch: Batch, whole: float, tally: Tally) -> torch.Tensor:
        if self.counts.steps == self.stop_at:
            raise KeyboardInterrupt
        return super().loss(batch, whole, tally)


def test_an_interrupted_and_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    straight = trainer(tmp_path / "whole")
    straight.run()
    first = trainer(tmp_path / "halves")
    first.__class__ = Interrupted
    with pytest.raises(KeyboardInterrupt):
        first.run()
    second = trainer(tmp_path / "halves")
    assert second.resume() and second.counts.steps == 5
    second.run()
    assert_equal(straight, second)
    assert [entry["steps"] for entry in logged(tmp_path / "halves")] == list(range(1, 9))


def test_a_batch_in_parts_is_the_same_batch(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole", machine=replace(CPU, packs=2))
    parts = trainer(tmp_path / "parts")
    for run in (whole, parts):
        run.run()
    for name in ("context", "clean", "noisy"):
        found = [logged(tmp_path / folder)[-1][name] for folder in ("whole", "parts")]
        assert found[0] == pytest.approx(found[1], rel=1e-2)
    assert whole.counts.packs == parts.counts.packs == 16


def test_examples_start_again_in_another_order(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    num_steps = [len(run._epoch(run.paths[0], number)) // 2 for number in (0, 1)]
    steps = list(itertools.islice(run._steps(), sum(num_steps)))
    first, again = (
        {tuple(part.ids[0].tolist()) for parts in some for part in parts}
        for some in (steps[: num_steps[0]], steps[num_steps[0] :])
    )
    assert first and again and not first & again


def test_without_an_end_each_example_is_seen_once(tmp_path: Path) -> None:
    files = TrainingFiles([counting(tmp_path)], tmp_path / "base.pt", tmp_path / "run")
    tensors = tiny_tensors()
    torch.save({**tensors, SPECIAL_IDS: torch.tensor([16, 15])}, files.base)
    run = train(files, replace(SHORT, num_steps=None), TINY, CPU)
    num_packs = len(run._epoch(files.examples[0], 0))
    assert run.counts.packs == num_packs // 2 * 2
    assert logged(files.out)[-1]["progress"] == 1.0
    weights = read_weights(files.base, files.out / "checkpoint.pt")
    assert set(weights) == set(tensors)
    rows = run.model.special_rows.detach().numpy()
    table = weights["model.embed_tokens.weight"]
    assert (table[:17] == rows).all()
    assert (table[17:] == tensors["model.embed_tokens.weight"][17:].numpy()).all()
    assert read_counts(files.out / "checkpoint.pt") == run.counts


def test_a_finished_run_is_not_trained_on(tmp_path: Path) -> None:
    trainer(tmp_path).run()
    again = trainer(tmp_path)
    again.resume()
    again.run()
    assert again.counts.steps == 8 and len(logged(tmp_path)) == 8


def test_too_few_examples_are_named(tmp_path: Path) -> None:
    run = trainer(tmp_path, replace(SHORT, batch_packs=64))
    with pytest.raises(TrainingError, match=r"examples.npz holds less than a batch"):
        run.run()


def test_a_loss_that_is_no_number_is_named(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    with torch.no_grad():
        run.model.final_norm[0] = float("nan")
    with pytest.raises(TrainingError, match="no number at step 1: lower --learning-rate"):
        run.run()


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    (tmp_path / "checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(TrainingError, match=r"checkpoint.pt is damaged.*delete it"):
        run.resume()


def test_another_schedule_does_not_resume_but_a_longer_one_does(tmp_path: Path) -> None:
    trainer(tmp_path).save()
    assert trainer(tmp_path, replace(SHORT, num_steps=9)).resume()
    with pytest.raises(TrainingError, match="another weight_decay: choose another --out"):
        trainer(tmp_path, replace(SHORT, weight_decay=0.5)).resume()


def test_a_full_disk_is_a_clear_error(tmp_path: Path) -> None:
    run = trainer(tmp_path)
    run.out = tmp_path / "missing" / "folder"
    with pytest.raises(TrainingError, match=r"cannot write .*resume"):
        run.save()
