"""What is accepted becomes likelier, what is rejected less so (needs torch)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="pip install 'midfill[train]' to test the recipe")

from engine.errors import BadInput, TrainingError
from engine.tokenizer import BPETokenizer
from engine.training.judged_texts import JudgedSequence, JudgedText, split_judged
from engine.training.low_rank import LowRankConfig, LowRankLlama
from engine.training.machine import Machine
from engine.training.preferences import PreferenceConfig, PreferenceTrainer, log_likelihood_of
from tiny_training import TINY, tiny_tensors

CPU = Machine(torch.device("cpu"))
CONFIG = PreferenceConfig(num_epochs=6, batch=4, learning_rate=1e-2)
TOKENIZER = BPETokenizer(Path(__file__).parents[3] / "engine" / "weights" / "tokenizer.json")


def model() -> LowRankLlama:
    torch.manual_seed(1)
    return LowRankLlama(tiny_tensors(), TINY, 17, torch.float32, LowRankConfig(rank=4))


def sequences() -> list[JudgedSequence]:
    """Accepted texts count up, rejected ones down, behind contexts of any kind."""
    random = np.random.default_rng(0)
    found = []
    for number in range(24):
        start = int(random.integers(30, 60))
        step = 1 if number % 2 else -1
        context, text = random.integers(17, 97, 6), start + step * np.arange(4)
        found.append(JudgedSequence(np.concatenate([context, text]), 4, step > 0))
    return found


def trained(folder: Path, config: PreferenceConfig = CONFIG) -> PreferenceTrainer:
    folder.mkdir(exist_ok=True)
    trainer = PreferenceTrainer(model(), sequences(), config, CPU, folder)
    trainer.run()
    return trainer


def test_accepted_texts_become_likelier_and_rejected_ones_less_so(tmp_path: Path) -> None:
    trainer = trained(tmp_path)
    changes: dict[bool, list[float]] = {True: [], False: []}
    for one, before in zip(sequences(), trainer.progress.reference, strict=True):
        changes[one.is_accepted].append(log_likelihood_of(trainer.model, one, CPU) - before)
    assert np.mean(changes[True]) > 0.5
    assert np.mean(changes[False]) < -0.5


def test_the_likelihood_is_that_of_the_texts_tokens_alone() -> None:
    one = sequences()[0]
    shorter = replace(one, num_targets=1)
    whole, last = (log_likelihood_of(model(), each, CPU) for each in (one, shorter))
    ids = torch.from_numpy(one.ids)
    visible = torch.ones(len(ids), len(ids)).tril().bool()[None, None]
    with torch.no_grad():
        hidden = model()(ids[None], torch.arange(len(ids))[None], visible)[0]
        log_p = torch.log_softmax(hidden @ tiny_tensors()["model.embed_tokens.weight"].T, -1)
    wanted = [float(log_p[at - 1, one.ids[at]]) for at in range(len(ids) - 4, len(ids))]
    assert last == pytest.approx(wanted[-1], abs=1e-4)
    assert whole == pytest.approx(sum(wanted), abs=1e-3)


class Interrupted(PreferenceTrainer):
    """Stopped by the user at the fifth step."""

    def _step(self, batch: list[int]) -> None:  # type: ignore[override]
        if self.progress.num_steps == 5:
            raise KeyboardInterrupt
        super()._step(batch)


def test_an_interrupted_and_resumed_run_equals_an_uninterrupted_one(tmp_path: Path) -> None:
    straight = trained(tmp_path / "whole")
    (tmp_path / "halves").mkdir()
    first = Interrupted(model(), sequences(), CONFIG, CPU, tmp_path / "halves")
    with pytest.raises(KeyboardInterrupt):
        first.run()
    second = trained(tmp_path / "halves")
    assert second.progress.num_steps == straight.progress.num_steps
    pairs = zip(straight.model.parameters(), second.model.parameters(), strict=True)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in pairs)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"half")
    with pytest.raises(TrainingError, match=r"checkpoint.pt is damaged.*delete it"):
        PreferenceTrainer(model(), sequences(), CONFIG, CPU, tmp_path)


def judged(number: int, is_accepted: bool) -> JudgedText:
    before = f"def f_{number}(value):\n    return va"
    return JudgedText("a.py", before, "lue + 1", ")\n\nprint(1)\n", is_accepted)


def test_a_sequence_is_laid_out_as_a_canvas_with_the_cursors_word_healed() -> None:
    one = JudgedSequence.of(judged(1, True), TOKENIZER)
    context, text = one.ids[: -one.num_targets], one.ids[-one.num_targets :]
    assert context[-1] == TOKENIZER.mid_id
    assert b"".join(map(TOKENIZER.token_bytes, text.tolist())) == b" value + 1"
    order = [list(context).index(each) for each in (TOKENIZER.suf_id, TOKENIZER.pre_id)]
    assert order == sorted(order) and TOKENIZER.rest_id in context


def test_too_few_of_a_kind_are_refused_with_how_many_there_are() -> None:
    texts = [judged(number, number % 10 > 0) for number in range(200)]
    with pytest.raises(BadInput, match=r"too few texts .*accepted and \d+ rejected.*takes 30 of"):
        split_judged(texts, TOKENIZER)
    training, held_out = split_judged([judged(n, n % 2 > 0) for n in range(200)], TOKENIZER)
    assert 100 < len(training) < 190 and len(training) + len(held_out) == 200
