"""Slots of keys and values: shared, given back, never changed under somebody, more when needed."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from engine.denoisers.key_values import EMPTY, NUM_FIRST_SLOTS, NUM_RESERVED, KeyValues, SlotCache

pytestmark = pytest.mark.torch
HEADS, WIDTH = 2, 4


def states(num_rows: int, num_tokens: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(num_rows, HEADS, num_tokens, WIDTH, generator=generator)


def test_a_layer_sees_what_was_kept_and_behind_it_what_is_new() -> None:
    key_values = KeyValues()
    slots = key_values.take(6)
    first = [states(2, 3, seed) for seed in (0, 1)]
    filled = torch.from_numpy(slots).view(2, 3)
    returned = SlotCache(key_values, torch.empty(0, 2).long(), filled).update(*first, 0)
    assert returned[0] is first[0] and returned[1] is first[1]
    new = [states(2, 2, seed) for seed in (2, 3)]
    # The second row has one token less behind it.
    seen = filled.T.contiguous()
    seen[2, 1] = EMPTY
    found = SlotCache(key_values, seen, None).update(*new, 0)
    for whole, old, own in zip(found, first, new, strict=True):
        expected = torch.cat([old, own], dim=2)
        expected[1, :, 2] = 0
        assert torch.equal(whole, expected)


def test_slots_are_free_again_when_nobody_holds_them() -> None:
    key_values = KeyValues()
    slots = key_values.take(10)
    assert len(set(slots.tolist())) == 10 and slots.min() == NUM_RESERVED
    context = key_values.hold(slots)
    shorter = key_values.hold(context.slots[:4])
    assert not set(key_values.take(20).tolist()) & set(slots.tolist())
    assert key_values.num_held == 10
    del context
    assert key_values.num_held == 4
    assert set(key_values.take(6).tolist()) == set(slots[4:].tolist())
    del shorter
    assert key_values.num_held == 0
    np.testing.assert_array_equal(key_values.take(10), slots)


def test_more_slots_keep_what_is_in_the_old_ones() -> None:
    key_values = KeyValues()
    held = []
    expected = states(1, NUM_FIRST_SLOTS // 4, 0)
    for _ in range(5):
        slots = key_values.take(NUM_FIRST_SLOTS // 4)
        key_values.fill(0, torch.from_numpy(slots)[None], (expected, -expected))
        held.append(key_values.hold(slots))
    assert key_values.num_slots == 2 * NUM_FIRST_SLOTS
    none = states(1, 0, 0)
    for context in held:
        seen = torch.from_numpy(context.slots)[:, None]
        keys, values = key_values.seen(0, seen, (none, none))
        assert torch.equal(keys, expected) and torch.equal(values, -expected)


def test_slots_that_there_is_no_memory_for_are_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    key_values = KeyValues()
    held = key_values.hold(key_values.take(NUM_FIRST_SLOTS - NUM_RESERVED))
    expected = states(1, 3, 0)
    for layer in range(2):
        slots = torch.from_numpy(held.slots[:3])[None]
        key_values.fill(layer, slots, (expected, expected))
    real, made = torch.Tensor.new_zeros, []

    def new_zeros(tensor: torch.Tensor, *sizes: int) -> torch.Tensor:
        if len(made) == 3:
            raise torch.OutOfMemoryError("tried to allocate too much")
        made.append(sizes)
        return real(tensor, *sizes)

    monkeypatch.setattr(torch.Tensor, "new_zeros", new_zeros)
    with pytest.raises(torch.OutOfMemoryError):
        key_values.take(1)
    assert key_values.num_slots == NUM_FIRST_SLOTS
    made.clear()
    assert key_values.take(1) == [NUM_FIRST_SLOTS]
    assert len(made) == 1, "what was made the first time is not made again"
    none = states(1, 0, 0)
    for layer in range(2):
        keys, _ = key_values.seen(layer, slots.T, (none, none))
        assert torch.equal(keys, expected)
