from __future__ import annotations

import numpy as np
import pytest

from engine.training.batch import Batch, SpecialIds, collate
from engine.training.corruption import CorruptionConfig, corrupt
from engine.training.examples import ExampleGroup, ExampleHole, ExampleRow

SPECIAL = SpecialIds(mask=16, eom=15)
MID, HOLE = 7, 8


def row(num_main: int = 40) -> ExampleRow:
    """Two groups: one hole behind a rest of two tokens, and two joint holes."""
    single = ExampleHole(np.array([101, 102, 103]), True, MID)
    cut_off = ExampleHole(np.arange(200, 232), False, MID)
    joint = ExampleHole(np.array([301]), True, HOLE)
    return ExampleRow(
        np.arange(1000, 1000 + num_main),
        (
            ExampleGroup(np.array([6, 55]), 30, (single,), 0),
            ExampleGroup(np.array([], np.int64), num_main, (cut_off, joint), 1),
        ),
    )


NOISY = CorruptionConfig()


def batch(corruption: CorruptionConfig | None = NOISY) -> Batch:
    return collate([row(), row(50)], SPECIAL, corruption, 1.0, np.random.default_rng(3))


def test_the_clean_pass_spells_the_middle_and_its_end() -> None:
    made = batch(None)
    assert made.is_causal[0, : 5 + 34].all()
    assert made.ids[0, :5].tolist() == [MID, 101, 102, 103, 15]
    assert made.targets[0, :4].tolist() == [101, 102, 103, 15]
    assert made.weights[0, :5].tolist() == [1, 1, 1, 1, 0]


def test_positions_go_on_behind_the_visible_context_and_the_rest() -> None:
    made = batch()
    assert made.positions[0, :4].tolist() == [32, 33, 34, 35]
    assert made.context_positions[0, 40:42].tolist() == [30, 31]


def test_no_token_sees_past_its_own_group_and_pass() -> None:
    made = batch()
    width = made.context_ids.shape[1]
    visible = made.visible[0]
    assert visible[0, :30].all() and not visible[0, 30:40].any()
    assert visible[0, 40:42].all() and not visible[0, 42:width].any()
    starts = np.flatnonzero(made.ids[0] == MID)
    second = slice(starts[1], starts[2])
    assert not visible[second, width : width + starts[1]].any()
    assert visible[second, width + starts[1] : width + starts[2]].all()
    assert not visible[second, width + starts[2] :].any()


def test_the_causal_pass_sees_only_backwards() -> None:
    made = batch(None)
    width = made.context_ids.shape[1]
    own = made.visible[0, :5, width : width + 5]
    assert (own == np.tril(np.ones((5, 5), bool))).all()


def test_a_rest_sees_its_prefix_and_itself_alone() -> None:
    made = batch()
    assert made.context_visible is not None
    seen = made.context_visible[0, 41]
    assert seen[:30].all() and not seen[30:40].any() and seen[40:42].all()


def test_every_row_sees_something() -> None:
    made = batch()
    assert made.visible.any(axis=-1).all()
    assert made.context_visible is not None and made.context_visible.any(axis=-1).all()


def test_masked_positions_alone_are_targets_of_a_noisy_pass() -> None:
    made = batch()
    noisy = ~made.is_causal & (made.weights > 0)
    shifted = np.roll(made.ids, -1, axis=1)
    assert (shifted[noisy] == SPECIAL.mask).all() and noisy.any()


@pytest.mark.parametrize("length", [1, 2, 17, 64])
def test_two_passes_supervise_every_position_or_start_fully_masked(length: int) -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        first, second = corrupt(length, CorruptionConfig(), 1.0, random)
        assert first.any() and second.any()
        assert (first | second).all()


def test_warmth_keeps_the_rate_low() -> None:
    random = np.random.default_rng(0)
    config = CorruptionConfig(low=0.1)
    rates = [corrupt(100, config, 0.0, random)[0].mean() for _ in range(100)]
    assert max(rates) < 0.3
