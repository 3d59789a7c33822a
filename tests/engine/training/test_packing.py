"""Packs against what each token ought to see, be and predict, said token by token."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from engine.training.corruption import NUM_COPIES, corrupt
from engine.training.examples import (
    ExampleGroup,
    ExampleHole,
    ExampleRow,
    Examples,
    write_examples,
)
from engine.training.packing import (
    BUCKETS,
    CLEAN,
    CONTEXT,
    NOISY,
    Epoch,
    LossWeights,
    Pack,
    PackingConfig,
    SpecialIds,
    _fitted,
)

SPECIAL = SpecialIds(mask=16, eom=15)
EMPTY = np.array([], np.int64)
MID, HOLE = 7, 8
EVEN = LossWeights(1.0, 1.0, 1.0)


def row(num_main: int = 40) -> ExampleRow:
    """Two groups: one hole behind a rest of two tokens, and two joint holes."""
    single = ExampleHole(np.array([101, 102, 103]), True, MID)
    cut_off = ExampleHole(np.arange(200, 232), False, MID)
    joint = ExampleHole(np.array([301]), True, HOLE)
    return ExampleRow(
        np.arange(1000, 1000 + num_main),
        (
            ExampleGroup(np.array([6, 55]), 30, (single,), 0),
            ExampleGroup(EMPTY, num_main, (cut_off, joint), 1),
        ),
    )


def epoch(
    folder: Path, rows: Sequence[ExampleRow], weights: LossWeights = EVEN, length: int = 400
) -> Epoch:
    write_examples(folder / "examples.npz", rows)
    config = PackingConfig(length, weights, seed=3)
    return Epoch(Examples(folder / "examples.npz"), SPECIAL, config, 0)


def segments(pack: Pack) -> list[np.ndarray]:
    """Places of each segment's tokens, what fills the pack up left out."""
    numbers = pack.fields["segment"]
    return [np.flatnonzero(numbers == number) for number in range(numbers.max())]


def sees(pack: Pack) -> np.ndarray:
    """Who sees whom (L, L) by the rule that ``fields`` are written for."""
    of = {name: values.tolist() for name, values in pack.fields.items()}
    length = len(pack.ids)
    seen = np.zeros((length, length), bool)
    for query in range(length):
        for key in range(length):
            is_open = of["free"][query] > 0 or key <= query
            is_own = of["segment"][key] == of["segment"][query] and is_open
            is_before = of["segment"][key] == of["main"][query] and key < of["stop"][query]
            is_rest = of["segment"][key] == of["rest"][query]
            seen[query, key] = is_own or is_before or is_rest
    return seen


def expected_sees(pack: Pack, row: ExampleRow, at: list[np.ndarray]) -> np.ndarray:
    """The same told from the row: context, then for each group its rest and its passes."""
    seen = np.zeros((len(pack.ids), len(pack.ids)), bool)
    parts = iter(at)
    main = next(parts)
    seen[np.ix_(main, main)] = np.tri(len(main), dtype=bool)
    for group in row.groups:
        before = main[: group.num_visible]
        if len(group.rest):
            rest = next(parts)
            seen[np.ix_(rest, before)] = True
            seen[np.ix_(rest, rest)] = np.tri(len(rest), dtype=bool)
            before = np.concatenate([before, rest])
        for copy in range(1 + NUM_COPIES):
            own = next(parts)
            seen[np.ix_(own, before)] = True
            seen[np.ix_(own, own)] = np.tri(len(own), dtype=bool) if copy == 0 else True
    return seen


def test_each_token_sees_its_context_and_its_pass_alone(tmp_path: Path) -> None:
    whole = row()
    pack = epoch(tmp_path, [whole]).build(0, 1.0)
    at = segments(pack)
    found = sees(pack)
    used = sum(map(len, at))
    assert (found[:used] == expected_sees(pack, whole, at)[:used]).all()
    assert found.any(axis=1).all() and not found[:used, used:].any()


def test_rows_of_a_pack_do_not_see_each_other(tmp_path: Path) -> None:
    made = epoch(tmp_path, [row(), row(50)], length=800)
    pack = made.build(0, 1.0)
    (mains,) = np.nonzero(pack.ids == 1000)
    assert len(made) == 1 and len(mains) == 2
    assert not sees(pack)[mains[1] :, : mains[1]].any()


def test_a_clean_pass_spells_the_middle_and_its_end(tmp_path: Path) -> None:
    pack = epoch(tmp_path, [row()]).build(0, 1.0)
    first = segments(pack)[2]
    assert (pack.kinds[first] == CLEAN).all()
    assert pack.ids[first].tolist() == [MID, 101, 102, 103, 15]
    assert pack.targets[first].tolist() == [101, 102, 103, 15, 0]
    assert pack.weights[first].tolist() == [1, 1, 1, 1, 0]


def test_positions_go_on_behind_the_visible_context_and_the_rest(tmp_path: Path) -> None:
    pack = epoch(tmp_path, [row()]).build(0, 1.0)
    at = segments(pack)
    assert pack.positions[at[0]].tolist() == list(range(40))
    assert pack.positions[at[1]].tolist() == [30, 31]
    for one in at[2 : 3 + NUM_COPIES]:
        assert pack.positions[one].tolist() == list(range(32, 32 + len(one)))
    assert pack.positions[at[-1][0]] == 40


def test_the_context_predicts_its_next_token_and_no_mark(tmp_path: Path) -> None:
    pack = epoch(tmp_path, [row()], LossWeights(context=0.25)).build(0, 1.0)
    main, rest = segments(pack)[:2]
    assert (pack.kinds[main] == CONTEXT).all()
    assert pack.targets[main][:-1].tolist() == pack.ids[main][1:].tolist()
    assert pack.weights[main].tolist() == [0.25] * 39 + [0]
    assert pack.weights[rest].tolist() == [0.25, 0]


def test_what_is_masked_is_the_target_of_a_noisy_copy(tmp_path: Path) -> None:
    pack = epoch(tmp_path, [row()]).build(0, 1.0)
    at = segments(pack)
    for one in at:
        if pack.kinds[one[0]] != NOISY:
            continue
        is_target = pack.weights[one] > 0
        assert is_target.any() and not is_target[-1]
        assert (pack.ids[one][1:] == SPECIAL.mask).tolist() == is_target[:-1].tolist()
    clean, *copies = at[2 : 3 + NUM_COPIES]
    spelt = pack.ids[clean][1:]
    for one in copies:
        assert (pack.targets[one][: len(spelt)] == spelt).all()
        assert (pack.targets[one][len(spelt) : -1] == SPECIAL.eom).all()
    tails = [pack.weights[one][4:].sum() for one in copies if pack.weights[one][4:].all()]
    assert all(tail == pytest.approx(1.0) for tail in tails)  # the tail's ends are one target


def test_all_of_a_pack_is_as_long_as_was_planned(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [row(int(size)) for size in random.integers(31, 400, 60)]
    made = epoch(tmp_path, rows, length=2000)
    assert sorted(np.concatenate(made.packs).tolist()) == list(range(60))
    for index in range(len(made)):
        pack = made.build(index, 1.0)
        assert {len(array) for array in (pack.ids, pack.positions, pack.targets)} == {2000}
        assert (pack.ids == 1000).sum() == len(made.packs[index])


def test_a_row_longer_than_a_pack_is_left_out(tmp_path: Path) -> None:
    made = epoch(tmp_path, [row(), row(1000), row()])
    assert sorted(np.concatenate(made.packs).tolist()) == [0, 2]


@pytest.mark.parametrize("length", [31, 32, 33, 47])
def test_a_complete_hole_longer_than_the_largest_canvas_is_cut(tmp_path: Path, length: int) -> None:
    middle = np.arange(500, 500 + length)
    group = ExampleGroup(EMPTY, 3, (ExampleHole(middle, True, MID),), 0)
    pack = epoch(tmp_path, [ExampleRow(np.arange(1000, 1003), (group,))]).build(0, 1.0)
    _, clean, *noisy = segments(pack)
    spelt = [*middle.tolist(), SPECIAL.eom][: BUCKETS[-1]]
    assert pack.targets[clean].tolist() == [*spelt, 0]
    assert {len(one) for one in noisy} == {BUCKETS[-1] + 1}
    assert all(pack.targets[one].tolist() == [*spelt, 0] for one in noisy)


def test_a_pack_is_the_same_whenever_it_is_built(tmp_path: Path) -> None:
    rows = [row(size) for size in range(31, 60)]
    first, second = epoch(tmp_path, rows), epoch(tmp_path, rows)
    for index in reversed(range(len(first))):
        left, right = first.build(index, 0.5), second.build(index, 0.5)
        assert (left.ids == right.ids).all() and (left.weights == right.weights).all()
    other = Epoch(first.examples, SPECIAL, first.config, 1)
    assert [pack.tolist() for pack in other.packs] != [pack.tolist() for pack in first.packs]


def test_packs_are_filled_well() -> None:
    sizes = np.random.default_rng(0).integers(200, 2600, 3000)
    packs = _fitted(sizes, 4096, np.random.default_rng(1))
    fills = np.array([sizes[pack].sum() for pack in packs])
    assert sorted(np.concatenate(packs).tolist()) == list(range(3000))
    assert fills.max() <= 4096 and fills.mean() > 0.94 * 4096


@pytest.mark.parametrize("lengths", [[1], [2], [17], [8, 16, 32]])
def test_copies_complement_each_other_or_are_the_steps_of_inference(lengths: list[int]) -> None:
    random = np.random.default_rng(0)
    num_complements = num_beginnings = 0
    for _ in range(200):
        first, second = corrupt(lengths, 1.0, random)
        assert first.any() and second.any()
        if not first.all():
            num_complements += 1
            assert (second == ~first).all()
            continue
        parts = np.split(second, np.cumsum(lengths)[:-1])
        num_beginnings += all(part[-1] and (np.diff(part.astype(int)) >= 0).all() for part in parts)
    assert num_beginnings > 100
    assert num_complements > 30 or sum(lengths) <= 2


def test_warmth_keeps_the_rate_low() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        assert max(mask.mean() for mask in corrupt([100], 0.0, random)) < 0.3
